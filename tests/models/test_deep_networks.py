"""Networks whose depth is a setting: what a layer computes, depths, and what is refused."""

import pytest
import torch
from torch import nn

from revisit.errors import ConfigError
from revisit.models import registry
from revisit.models.cifar_densenet import Layer
from revisit.models.cifar_resnet import Block


def layers(network):
    return [module for module in network.modules() if isinstance(module, nn.Conv2d | nn.Linear)]


@pytest.mark.parametrize("depth", [8, 20, 56, 110])
@pytest.mark.parametrize("residual", [True, False])
def test_a_residual_network_has_as_many_layers_as_it_says(layout, depth, residual):
    network = layout("cifar_resnet", (32, 32, 3), 10, depth=depth, residual=residual)
    assert len(layers(network)) == depth
    maps = network[:-3](torch.empty(2, 3, 32, 32, device="meta"))
    assert maps.shape == (2, 64, 8, 8)


@pytest.mark.parametrize(("depth", "bottleneck"), [(40, False), (100, False), (100, True), (16, True)])
def test_a_densenet_has_as_many_layers_as_it_says(layout, depth, bottleneck):
    network = layout("cifar_densenet", (32, 32, 3), 10, depth=depth, bottleneck=bottleneck, growth=8)
    assert len(layers(network)) == depth
    assert network[:-5](torch.empty(2, 3, 32, 32, device="meta")).shape[2:] == (8, 8)


def test_a_shortcut_takes_every_second_pixel_and_fills_channels_with_zeros():
    block = Block(2, 4, residual=True, batch_norm=False)
    maps = torch.arange(2 * 3 * 3.0).reshape(1, 2, 3, 3)
    short = block.shortcut(maps)
    assert short[0, 0].tolist() == [[0, 2], [6, 8]]
    assert short[0, 1].tolist() == [[9, 11], [15, 17]]
    assert not short[0, 2:].any()
    assert torch.equal(Block(2, 2, residual=True, batch_norm=True).shortcut(maps), maps)


def test_a_block_that_learnt_nothing_passes_on_its_input_if_it_is_residual():
    maps = torch.rand(2, 4, 5, 5)
    for residual, expected in ((True, maps), (False, torch.zeros_like(maps))):
        block = Block(4, 4, residual, batch_norm=False)
        nn.init.zeros_(block.conv2.weight)
        nn.init.zeros_(block.conv2.bias)
        assert torch.equal(block(maps), expected)


@pytest.mark.parametrize("bottleneck", [True, False])
def test_a_dense_layer_keeps_what_it_was_given_and_adds_its_own(bottleneck):
    layer, maps = Layer(6, 3, bottleneck, batch_norm=True).eval(), torch.randn(2, 6, 4, 4)
    output = layer(maps)
    assert torch.equal(output[:, :6], maps)
    assert output.shape == (2, 9, 4, 4)
    if not bottleneck:
        assert torch.allclose(output[:, 6:], layer.parts.conv1(maps.relu() / (1 + 1e-5) ** 0.5), atol=1e-5)


def test_transitions_of_densenet_average_and_compress(layout):
    network = layout("cifar_densenet", (32, 32, 3), 10, depth=40, growth=12, bottleneck=True, compression=0.5)
    assert (network.transition1.conv.in_channels, network.transition1.conv.out_channels) == (24 + 6 * 12, 48)
    assert isinstance(network.transition1.pool, nn.AvgPool2d)


@pytest.mark.parametrize(
    ("name", "settings", "problem"),
    [
        ("cifar_resnet", {"depth": 21}, r"^network\.depth: 21 layers are not 6n \+ 2; choose 8, 14, 20"),
        ("cifar_densenet", {"depth": 41}, r"^network\.depth: 41 layers are not 3n \+ 4; choose 7, 10"),
        ("cifar_densenet", {"depth": 43, "bottleneck": True}, r"^network\.depth: 43 layers are not 6n \+ 4; choose 10"),
        ("cifar_densenet", {"compression": 0.001}, r"^network\.compression: 0\.001 of 160 maps leaves none"),
        ("cifar_densenet", {"compression": 0}, r"^network\.compression: 0 is not allowed"),
        ("cifar_resnet", {"depth": 2}, r"^network\.depth: 2 is not allowed"),
    ],
)
def test_what_there_is_not_is_refused(name, settings, problem):
    with pytest.raises(ConfigError, match=problem):
        registry.build(name, (32, 32, 3), 10, settings)
