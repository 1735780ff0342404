"""Inception without reductions, with filters of one size, with fewer modules: channels and operations by hand."""

import pytest
import torch
from torch.utils.flop_counter import FlopCounterMode
from torchvision.models.googlenet import BasicConv2d, Inception

from revisit.errors import ConfigError
from revisit.models import inception, registry
from revisit.models.parts import initialise
from revisit.models.parts.width import rescale

MODULES = ("3a", "3b", "4a", "4b", "4c", "4d", "4e", "5a", "5b")
FILTERS = {  # table 1: 1x1, 3x3 and 5x5 filters of each module
    "3a": 64 + 128 + 32,
    "3b": 128 + 192 + 96,
    "4a": 192 + 208 + 48,
    "4b": 160 + 224 + 64,
    "4c": 128 + 256 + 64,
    "4d": 112 + 288 + 64,
    "4e": 256 + 320 + 128,
    "5a": 256 + 320 + 128,
    "5b": 384 + 384 + 128,
}
OUTPUTS = dict(zip(MODULES, (256, 480, 512, 512, 512, 528, 832, 832, 1024), strict=True))
SINGLE = ("1x1", "3x3", "5x5")


def outputs(network, size):
    """The channels that every module gives."""
    found = {}
    for name in MODULES:
        network.get_submodule(f"inception{name}").register_forward_hook(
            lambda _m, _i, output, name=name: found.update({name: output.shape[1]})
        )
    network.eval()(torch.empty(2, 3, size, size, device="meta"))
    return found


def operations(network, size):
    with FlopCounterMode(display=False) as counter:
        network.eval()(torch.empty(1, 3, size, size, device="meta"))
    return counter.get_total_flops()


def test_the_published_network_is_what_it_was():
    """Laid out, drawn and in training as without the settings."""
    with torch.device("meta"):
        blocks = [BasicConv2d, Inception, inception.AuxiliaryHead]
        plain = inception.InceptionNetwork(5, transform_input=False, init_weights=False, blocks=blocks)
        rescale(plain, 0.25, 3, inception.OUTPUTS)
    torch.manual_seed(3)
    initialise.materialise(plain, inception._initialise)
    torch.manual_seed(3)
    network = registry.build("inception", (32, 32, 3), 5, {"width": 0.25, "reductions": True, "branches": "mixed"})
    expected, found = plain.state_dict(), network.state_dict()
    assert list(found) == list(expected)
    assert all(torch.equal(found[key], expected[key]) for key in expected)
    given = []
    for each in (plain, network):
        torch.manual_seed(4)
        output = each.train()(torch.rand(2, 3, 32, 32))
        given.append([output.main, *output.auxiliary])
    assert all(torch.equal(*pair) for pair in zip(*given, strict=True))


def test_without_reductions_outputs_grow_by_inputs(layout):
    """Figure 2a: a module gives what its filters give, and what pooling leaves of its input."""
    expected, channels = {}, 192
    for name in MODULES:
        expected[name] = channels = FILTERS[name] + channels
    network = layout("inception", (64, 64, 3), 12, reductions=False)
    assert outputs(network, 64) == expected
    assert network.fc.in_features == channels == 4944
    assert sum(p.numel() for p in network.inception3a.parameters()) == 192 * (64 + 9 * (128 + 32)) + 2 * FILTERS["3a"]


@pytest.mark.parametrize("branches", SINGLE)
def test_filters_of_one_size_have_the_published_outputs_and_operations(layout, branches):
    single, mixed = (layout("inception", (224, 224, 3), 12, branches=each) for each in (branches, "mixed"))
    assert outputs(single, 224) == OUTPUTS
    assert operations(single, 224) == pytest.approx(operations(mixed, 224), rel=0.03)
    side = int(branches[0])
    for name in MODULES:
        reduction, filters = single.get_submodule(f"inception{name}")
        assert reduction.conv.kernel_size == (1, 1)
        assert filters.conv.kernel_size == (side, side)
        assert reduction.conv.out_channels == filters.conv.in_channels


def test_filters_of_one_size_without_a_reduction(layout):
    network = layout("inception", (64, 64, 3), 12, branches="3x3", reductions=False)
    assert outputs(network, 64) == OUTPUTS
    (filters,) = network.inception3b
    assert filters.conv.weight.shape == (480, 256, 3, 3)


def test_reductions_lower_the_cost(layout):
    """Section 4: fewer operations, the more the deeper the module."""
    with_them, without = (layout("inception", (224, 224, 3), 1000, reductions=on) for on in (True, False))
    assert operations(without, 224) > 5 * operations(with_them, 224)


@pytest.mark.parametrize(
    ("depth", "kept", "heads"),
    [
        (22, MODULES, (512, 528)),
        (16, ("3a", "3b", "4a", "4b", "5a", "5b"), (512, 512)),
        (10, ("3a", "4a", "5a"), (512, 512)),
    ],
)
def test_fewer_modules_have_the_filters_of_the_published_ones(layout, depth, kept, heads):
    network = layout("inception", (64, 64, 3), 12, depth=depth)
    found = {name: network.get_submodule(f"inception{name}") for name in MODULES}
    assert [name for name, module in found.items() if isinstance(module, Inception)] == list(kept)
    assert {name: outputs(network, 64)[name] for name in kept} == {name: OUTPUTS[name] for name in kept}
    weighted = 3 + 2 * len(kept) + 1  # three convolutions before the modules, two in a row in each, one layer behind
    assert weighted == depth
    assert (network.aux1.conv.conv.in_channels, network.aux2.conv.conv.in_channels) == heads
    assert network.fc.in_features == OUTPUTS[kept[-1]]


def test_a_single_filter_size_and_no_reductions_go_with_fewer_modules(layout):
    naive = layout("inception", (64, 64, 3), 12, depth=10, reductions=False)
    assert naive.fc.in_features == 192 + FILTERS["3a"] + FILTERS["4a"] + FILTERS["5a"]
    reduction, filters = layout("inception", (64, 64, 3), 12, depth=10, branches="3x3").inception4a
    assert (reduction.conv.in_channels, filters.conv.out_channels) == (OUTPUTS["3a"], OUTPUTS["4a"])


@pytest.mark.parametrize("depth", [9, 21, 28])
def test_other_depths_are_refused(depth):
    with pytest.raises(ConfigError, match=f"depth: {depth} is not allowed with inception; allowed: 10, 16, 22"):
        registry.build("inception", (64, 64, 3), 12, {"depth": depth})


@pytest.mark.parametrize("size", [32, 48, 64, 72])
@pytest.mark.parametrize(
    "settings", [{}, {"depth": 10}, {"depth": 16}, {"reductions": False}, *({"branches": each} for each in SINGLE)]
)
def test_small_images_at_a_quarter_of_the_width(layout, size, settings):
    network = layout("inception", (size, size, 3), 12, width=0.25, **settings)
    output = network.train()(torch.empty(2, 3, size, size, device="meta"))
    assert [logits.shape for logits in (output.main, *output.auxiliary)] == [(2, 12)] * 3


@pytest.mark.parametrize("settings", [{"depth": 10}, {"reductions": False}, *({"branches": each} for each in SINGLE)])
def test_every_part_learns(settings):
    torch.manual_seed(0)
    network = registry.build("inception", (32, 32, 3), 4, {"width": 0.125} | settings)
    output = network.train()(torch.rand(4, 3, 32, 32))
    (output.main.square().sum() + sum(logits.square().sum() for logits in output.auxiliary)).backward()
    assert all(p.grad is not None and p.grad.isfinite().all() for p in network.parameters())
