import dataclasses
from collections import OrderedDict

import numpy as np
import pytest
import torch
from torch import nn

from revisit.analyses import forward
from revisit.analyses.inspect import first_layer
from revisit.models import registry


def with_filters(view, filters, *behind, bias=0.0, **settings):
    """A view of a network whose first convolution has these filters (F, C, h, w)."""
    filters = torch.as_tensor(np.asarray(filters), dtype=torch.float32)
    conv = nn.Conv2d(filters.shape[1], filters.shape[0], tuple(filters.shape[2:]), **settings)
    with torch.no_grad():
        conv.weight.copy_(filters)
        conv.bias.fill_(bias)
    layers = OrderedDict([("conv", conv), *((f"behind{i}", layer) for i, layer in enumerate(behind))])
    return dataclasses.replace(view, network=nn.Sequential(layers).eval())


def waves(height, width, down, right):
    """A cosine of `down` and `right` cycles over the filter."""
    y, x = np.mgrid[:height, :width]
    return np.cos(2 * np.pi * (down * y / height + right * x / width))


def test_high_frequencies_by_hand():
    checkerboard = waves(4, 4, 2, 2)
    assert np.unique(checkerboard.round(9)).tolist() == [-1, 1]
    filters = {
        "constant": (np.full((4, 4), 0.3), 0),
        "zero": (np.zeros((4, 4)), 0),
        "checkerboard": (checkerboard, 1),
        "checkerboard on a pedestal": (0.1 * checkerboard + 5, 1),
        "stripes": (waves(4, 4, 0, 2), 1),
        "half the Nyquist frequency": (waves(4, 4, 1, 0), 0),
        "half of it along both axes": (waves(4, 4, 1, 1), 1),  # a length of 0.35
        "both alike": (waves(4, 4, 2, 1) + waves(4, 4, 0, 1), 0.5),
        "three to one in amplitude": (3 * waves(4, 4, 2, 1) + waves(4, 4, 0, 1), 0.9),
    }
    found = first_layer.high_frequency(np.stack([values for values, _ in filters.values()])[:, None])
    assert dict(zip(filters, found, strict=True)) == pytest.approx({k: v for k, (_, v) in filters.items()}, abs=1e-9)


def test_channels_are_meant():
    filters = np.stack([waves(8, 8, 1, 0), 2 * waves(8, 8, 0, 3)])[None]
    assert first_layer.high_frequency(filters).tolist() == pytest.approx([0.8])


def test_rounding_is_no_frequency():
    filters = np.full((1, 3, 11, 11), 0.1, np.float32) + np.float32(1e-9)
    assert first_layer.high_frequency(filters.astype(np.float64)).tolist() == [0]


def energy(filters, ky, kx):
    """Of the answers of a filter to waves of these frequencies (in 64ths of a cycle per pixel), summed up."""
    y, x = np.arange(filters.shape[2]), np.arange(filters.shape[3])
    waves_y, waves_x = (np.exp(-2j * np.pi * np.outer(k, n) / 64) for k, n in ((ky, y), (kx, x)))
    return (np.abs(np.einsum("ky,fcyx,kx->fck", waves_y, filters, waves_x)) ** 2).sum(axis=(1, 2))


@pytest.mark.parametrize(("height", "width"), [(5, 5), (7, 7), (11, 11), (3, 6)])
def test_low_frequencies_agree_with_the_answers_to_waves(height, width):
    filters = np.random.default_rng(0).normal(size=(4, 3, height, width)) + 0.2
    ky, kx = (k.ravel() for k in np.mgrid[-32:32, -32:32])
    low = np.hypot(ky, kx) < 8  # a quarter of the Nyquist frequency, 32
    found = first_layer.low_frequency(filters)
    np.testing.assert_allclose(found, energy(filters, ky[low], kx[low]) / energy(filters, ky, kx))


def test_low_frequencies_by_hand():
    one = np.zeros((11, 11))
    one[4, 7] = -2
    gauss = np.exp(-(np.hypot(*np.mgrid[-5:6, -5:6]) ** 2) / 8)
    filters = {
        "zero": (np.zeros((11, 11)), 0, 0),
        "a single pixel has all frequencies alike": (one, 193 / 4096, 193 / 4096),
        "a single level": (np.full((11, 11), 0.3), 0.8, 1),
        "a blob": (gauss, 0.9, 1),
        "a checkerboard": (waves(11, 11, 5, 5), 0, 0.01),
        "stripes of the middle": (waves(11, 11, 0, 2), 0, 0.1),
    }
    found = first_layer.low_frequency(np.stack([values for values, _, _ in filters.values()])[:, None])
    for share, (name, (_, least, most)) in zip(found, filters.items(), strict=True):
        assert least - 1e-9 <= share <= most + 1e-9, name


@pytest.mark.parametrize("side", [5, 7, 11])
def test_low_frequencies_of_white_noise_do_not_depend_on_the_size(side):
    noise = np.random.default_rng(0).normal(size=(4000, 1, side, side))
    assert first_layer.low_frequency(noise).mean() == pytest.approx(0.047, abs=0.003)


def test_low_frequencies_of_a_filter_larger_than_the_grid():
    assert first_layer.low_frequency(np.ones((1, 1, 70, 70))) > 0.9


@pytest.mark.parametrize("side", [5, 7, 11])
def test_agrees_with_the_transform_written_out(side):
    filters = np.random.default_rng(0).normal(size=(6, 3, side, side))
    n = np.arange(side)
    matrix = np.exp(-2j * np.pi * np.outer(n, n) / side)
    cycles = np.minimum(n, side - n) / side
    energy = np.abs(np.einsum("uy,fcyx,vx->fcuv", matrix, filters, matrix)) ** 2
    length = np.sqrt(cycles[:, None] ** 2 + cycles**2)
    high = energy[..., length > 0.25].sum(axis=(1, 2))
    rest = energy[..., length > 0].sum(axis=(1, 2))
    np.testing.assert_allclose(first_layer.high_frequency(filters), high / rest)
    # White noise: 5 of 6 frequencies are high for each of these sides, so that they compare.
    assert (length > 0.25).sum() / (length > 0).sum() == pytest.approx(5 / 6)


def test_dead_filters_and_the_largest_activations(view, monkeypatch):
    centre = np.zeros((5, 1, 3, 3))
    centre[:, 0, 1, 1] = [1, 0.011, 0.009, -1, 0]
    view.images[3, 5, 5] = 255  # the brightest
    looked_at = with_filters(view, centre, nn.ReLU())
    summary, files = first_layer.look(looked_at)
    table = files["first_layer.csv"]
    assert list(table) == ["filter", "norm", "largest_activation", "dead", "high_frequency", "low_frequency"]
    inside = view.batch(np.arange(24))[:, 0, 1:-1, 1:-1].numpy()
    largest = [inside.max(), 0.011 * inside.max(), 0.009 * inside.max(), -inside.min(), 0]
    np.testing.assert_allclose(table["largest_activation"], largest, rtol=1e-6)
    assert table["dead"].tolist() == [False, False, True, False, True]
    np.testing.assert_allclose(table["norm"], [1, 0.011, 0.009, 1, 0], rtol=1e-6)
    assert summary == {
        "filters": 5,
        "dead": 2,
        "dead_share": 0.4,
        "high_frequency": pytest.approx(table["high_frequency"].mean()),
        "kernel": [3, 3],
        "stride": 1,
        "low_frequency": pytest.approx(table["low_frequency"].mean()),
        "coarseness": pytest.approx(0.4 + table["high_frequency"].mean() + table["low_frequency"].mean()),
    }
    monkeypatch.setattr(forward, "BATCH", 5)
    assert first_layer.look(looked_at)[1]["first_layer.csv"].equals(table)


def test_a_filter_that_never_passes_the_relu_is_dead(view):
    filters = np.stack([np.ones((1, 3, 3)), -np.ones((1, 3, 3))])
    bright = dataclasses.replace(view, images=np.maximum(view.images, 100))  # all inputs above 0
    rectified = first_layer.look(with_filters(bright, filters, nn.ReLU()))[1]["first_layer.csv"]
    assert rectified["dead"].tolist() == [False, True]
    assert rectified["largest_activation"][1] == 0
    for behind in ([], [nn.Tanh()], [nn.BatchNorm2d(2), nn.ReLU()]):  # what is negative passes these
        table = first_layer.look(with_filters(bright, filters, *behind))[1]["first_layer.csv"]
        assert table["dead"].tolist() == [False, False]
        assert table["largest_activation"][0] == pytest.approx(table["largest_activation"][1])


def test_coarseness_by_hand(view):
    """A checkerboard is all high frequencies and no low ones; a level none and nearly all."""
    board, level = waves(4, 4, 2, 2)[None], np.ones((1, 4, 4))
    found = [first_layer.look(with_filters(view, [each, 0 * each], nn.ReLU()))[0] for each in (board, level)]
    assert [each["dead_share"] for each in found] == [0.5, 0.5]
    low = [each["low_frequency"] for each in found]
    assert low[0] < 0.01
    assert low[1] > 0.25  # half of the filters are 0
    assert [each["coarseness"] for each in found] == pytest.approx([0.5 + 0.5 + low[0], 0.5 + 0 + low[1]])


def test_kernel_and_stride(view):
    summary, _ = first_layer.look(with_filters(view, np.ones((2, 1, 5, 4)), stride=3))
    assert (summary["kernel"], summary["stride"]) == ([5, 4], 3)


def test_networks_of_the_registry(view):
    cases = {
        ("caffenet", (72, 72, 3)): ("conv1", True),
        ("alexnet", (64, 64, 3)): ("features.0", True),
        ("lenet", (28, 28, 3)): ("conv1", False),
        ("densenet", (32, 32, 3)): ("features.conv0", False),
    }
    for (name, shape), expected in cases.items():
        network = registry.build(name, shape, 3, {"width": 0.25})
        found, convolution, rectified = first_layer.first_convolution(network)
        assert (found, rectified) == expected
        assert convolution is network.get_submodule(found)


def test_first_filters_are_the_weights_of_the_first_convolution():
    network = nn.Sequential(nn.Conv2d(3, 4, 3), nn.Conv2d(4, 2, 3))
    filters = first_layer.first_filters(network)
    assert filters.dtype == np.float32
    np.testing.assert_array_equal(filters, network[0].weight.detach().numpy())


def test_a_network_without_a_convolution(view):
    network = nn.Sequential(nn.Flatten(), nn.Linear(144, 3)).eval()
    assert first_layer.first_filters(network) is None
    assert first_layer.look(dataclasses.replace(view, network=network)) == ({}, {})


def test_a_diverged_network(view):
    summary, files = first_layer.look(with_filters(view, np.full((2, 1, 3, 3), np.nan), nn.ReLU()))
    assert summary["high_frequency"] is summary["low_frequency"] is summary["coarseness"] is None
    assert files["first_layer.csv"]["norm"].isna().all()
