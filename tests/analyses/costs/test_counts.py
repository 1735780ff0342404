"""Parameters, operations and kept bytes, against counts by hand."""

import pytest
import torch
from torch import nn

from revisit.analyses.costs import counts
from revisit.models import registry
from revisit.training import flops

FLOAT = 4  # bytes


@pytest.fixture
def two_layers():
    """3 channels of 4x4 pixels; 3x3 filters to 5 channels, ReLU, two outputs."""
    torch.manual_seed(0)
    layers = {"conv": nn.Conv2d(3, 5, 3), "relu": nn.ReLU(), "flatten": nn.Flatten(), "fc": nn.Linear(5 * 2 * 2, 2)}
    network = nn.Sequential()
    for name, layer in layers.items():
        network.add_module(name, layer)
    return network


def positive(counter):
    return {name: count for name, count in counter.items() if count}


def test_two_layers_by_hand(two_layers):
    images = torch.rand(7, 3, 4, 4)
    assert counts.order(two_layers, images) == ["conv", "relu", "flatten", "fc"]
    assert positive(counts.parameters(two_layers)) == {"conv": 3 * 5 * 9 + 5, "fc": 20 * 2 + 2}
    assert positive(counts.operations(two_layers, images[:1])) == {"conv": 2 * 4 * 5 * 27, "fc": 2 * 2 * 20}
    # the convolution keeps the images, the ReLU what it gives, which is what the linear layer would keep
    assert positive(counts.kept_bytes(two_layers, images)) == {"conv": 7 * 48 * FLOAT, "relu": 7 * 20 * FLOAT}


def test_normalisation_keeps_its_input_and_two_numbers_per_channel():
    network = nn.Sequential(nn.Conv2d(2, 3, 1, bias=False), nn.BatchNorm2d(3), nn.ReLU(), nn.Conv2d(3, 1, 1))
    images = torch.rand(4, 2, 5, 5)
    kept = positive(counts.kept_bytes(network, images))
    maps = 4 * 3 * 25 * FLOAT
    assert kept == {"0": 4 * 2 * 25 * FLOAT, "1": maps + 2 * 3 * FLOAT, "2": maps}


class Sum(nn.Module):
    """Two linear layers, and a product between them."""

    def __init__(self):
        super().__init__()
        self.one, self.two = nn.Linear(4, 6), nn.Linear(4, 6)

    def forward(self, images):
        return (self.one(images) * self.two(images)) @ torch.ones(6, 3)


def test_what_a_module_does_between_its_parts_is_its_own():
    network, images = nn.Sequential(Sum()), torch.rand(5, 4)
    operations = positive(counts.operations(network, images[:1]))
    assert operations == {"0": 2 * 6 * 3, "0.one": 2 * 24, "0.two": 2 * 24}
    kept = positive(counts.kept_bytes(network, images))
    assert kept == {"0": 2 * 5 * 6 * FLOAT + 18 * FLOAT, "0.one": 5 * 4 * FLOAT}  # both share the images


@pytest.mark.parametrize(
    ("name", "settings"),
    [
        ("cifar_resnet", {"depth": 8, "width": 0.25}),
        ("cifar_densenet", {"depth": 10, "growth": 4}),
        ("inception", {"width": 0.125}),
        ("mobilenet_v2", {"width": 0.125}),
        ("lenet", {"width": 0.125}),
    ],
)
def test_all_layers_together_are_what_training_reports(name, settings):
    network = registry.build(name, (32, 32, 3), 10, settings).to(memory_format=torch.channels_last)
    image = torch.rand(1, 3, 32, 32).to(memory_format=torch.channels_last)
    with torch.inference_mode():
        whole = flops.counted(lambda: network.eval()(image))[1]
    assert sum(counts.operations(network, image).values()) == whole
    assert sum(counts.parameters(network).values()) == sum(p.numel() for p in network.parameters())
    images = torch.rand(4, 3, 32, 32)
    first, second = (counts.kept_bytes(network, images) for _ in range(2))
    assert first == second
    assert set(positive(first)) <= {"", *counts.order(network, images)}


def kept(name, **settings):
    network = registry.build(name, (32, 32, 3), 10, settings).to(memory_format=torch.channels_last)
    images = torch.rand(2, 3, 32, 32).to(memory_format=torch.channels_last)
    return sum(counts.kept_bytes(network, images).values()) / 2


def test_a_residual_network_keeps_what_the_plain_one_keeps():
    """The sum of a shortcut needs nothing of its inputs for its gradient."""
    plain, residual = (kept("cifar_resnet", depth=8, width=0.25, residual=on) for on in (False, True))
    assert plain == residual


def test_a_densenet_keeps_more_than_a_residual_network_with_as_many_parameters():
    dense, residual = {"depth": 40, "growth": 12}, {"depth": 74}
    sizes = [
        sum(p.numel() for p in registry.build(name, (32, 32, 3), 10, settings).parameters())
        for name, settings in (("cifar_densenet", dense), ("cifar_resnet", residual))
    ]
    assert sizes[0] < sizes[1]
    assert kept("cifar_densenet", **dense) > 1.5 * kept("cifar_resnet", **residual)
