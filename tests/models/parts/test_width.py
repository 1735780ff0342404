import pytest
import torch
from torch import nn

from revisit.errors import ConfigError
from revisit.models.parts.width import rescale, scaled


@pytest.mark.parametrize(("count", "width", "expected"), [(64, 1.0, 64), (64, 0.125, 8), (24, 0.375, 9), (96, 2, 192)])
def test_counts(count, width, expected):
    assert scaled(count, width) == expected


@pytest.mark.parametrize(("count", "width"), [(64, 0.1), (4, 0.125), (64, 0.0), (8, -1.0)])
def test_counts_that_are_no_whole_numbers_are_refused(count, width):
    with pytest.raises(ConfigError, match=r"network\.width: .* use a multiple of 1/8"):
        scaled(count, width)


def test_layers_keep_all_but_their_counts():
    network = nn.Sequential(
        nn.Conv2d(3, 8, (3, 5), stride=2, padding=1, dilation=2, bias=False),
        nn.BatchNorm2d(8, eps=0.5, momentum=0.3),
        nn.Conv2d(8, 8, 3, groups=8),
        nn.Flatten(),
        nn.Linear(8, 16),
        nn.Linear(16, 5, bias=False),
    )
    rescale(network, 0.5, channels=1, outputs={"5"})
    first, normalisation, depthwise, _, hidden, last = network
    assert first.weight.shape == (4, 1, 3, 5)
    assert (first.stride, first.padding, first.dilation, first.bias) == ((2, 2), (1, 1), (2, 2), None)
    assert (normalisation.num_features, normalisation.eps, normalisation.momentum) == (4, 0.5, 0.3)
    assert (depthwise.groups, depthwise.weight.shape) == (4, torch.Size([4, 1, 3, 3]))
    assert hidden.weight.shape == (8, 4)
    assert last.weight.shape == (5, 8)
    assert last.bias is None
