"""Sizes of maps, found by arithmetic, are those that PyTorch finds."""

import pytest
import torch
from torch import nn

from revisit.models.parts import sizes


class Doubled(nn.Module):
    """A layer whose sizes only running it tells."""

    def forward(self, maps):
        return maps.repeat(1, 1, 2, 2)


LAYERS = {
    "valid": lambda: [nn.Conv2d(3, 8, 5)],
    "strided and padded": lambda: [nn.Conv2d(3, 8, 7, stride=2, padding=3), nn.BatchNorm2d(8), nn.ReLU()],
    "same": lambda: [nn.Conv2d(3, 8, 5, padding="same")],
    "dilated, by axis": lambda: [nn.Conv2d(3, 8, (3, 5), stride=(1, 2), padding=(2, 0), dilation=(2, 1))],
    "pooling": lambda: [nn.MaxPool2d(3, stride=2), nn.Conv2d(3, 4, 3, padding=1), nn.MaxPool2d(2)],
    "pooling that reaches beyond": lambda: [nn.MaxPool2d(3, stride=2, ceil_mode=True)],
    "padded pooling that reaches beyond": lambda: [nn.MaxPool2d(3, stride=2, padding=1, ceil_mode=True)],
    "pooling with gaps that reaches beyond": lambda: [nn.MaxPool2d(2, stride=3, ceil_mode=True)],
    "unknown": lambda: [nn.Conv2d(3, 8, 3), Doubled()],
}


@pytest.mark.parametrize("height", [24, 25, 26, 29])
@pytest.mark.parametrize("name", LAYERS)
def test_sizes_are_those_of_the_maps(name, height):
    shape = (height, 33, 3)
    with torch.device("meta"):
        layers = nn.Sequential(*LAYERS[name]())
        maps = layers(torch.empty(2, 3, height, 33))
    assert sizes.leaving(layers, shape) == tuple(maps.shape[1:])
    assert sizes.flattened(layers, shape) == maps.numel() // 2


def test_what_flattens_the_maps_is_passed_over():
    with torch.device("meta"):
        layers = nn.Sequential(nn.Conv2d(3, 8, 3), nn.Flatten())
    assert sizes.flattened(layers, (12, 10, 3)) == layers(torch.empty(1, 3, 12, 10, device="meta")).numel()
