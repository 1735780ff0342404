import copy
import dataclasses
import warnings
from collections import OrderedDict

import numpy as np
import pytest
import torch
from torch import nn
from torch.nn import functional

from revisit.analyses import forward
from revisit.analyses.inspect import fields, projections, tiles
from revisit.analyses.inspect.looks.deconvnet import look as deconvnet
from revisit.data.tensors import Preprocessing
from revisit.errors import ArtifactError, ConfigError
from revisit.models import registry


def projection(network, layer, images, place):
    """Of one place (map, y, x) in each image."""
    indices = [torch.full((len(images),), index) for index in place]
    return projections.project(network, layer, images, *indices)


def test_by_hand_one_filter_and_a_pooling():
    network = nn.Sequential(
        OrderedDict(conv=nn.Conv2d(1, 1, 2), relu=nn.ReLU(inplace=True), pool=nn.MaxPool2d(2))
    ).eval()
    network.conv.weight.data = torch.tensor([[[[1.0, -2.0], [0.0, 3.0]]]])
    network.conv.bias.data = torch.tensor([0.5])
    image = torch.tensor([[[[1.0, 0.0, 2.0], [0.0, 1.0, 0.0], [2.0, 3.0, 0.0]]]])
    # conv: [[4.5, -3.5], [7.5, 1.5]], so that the pooling looks at (1, 0); the filter appears there, 7.5 times
    expected = [[0, 0, 0], [7.5, -15, 0], [0, 22.5, 0]]
    for layer in ("pool", "relu", "conv"):
        place = (0, 0, 0) if layer == "pool" else (0, 1, 0)
        assert projection(network, layer, image, place)[0, 0].tolist() == expected
    # the other activations of the layer count for nothing
    assert projection(network, "relu", image, (0, 1, 1))[0, 0].tolist() == [[0, 0, 0], [0, 1.5, -3], [0, 0, 4.5]]
    assert not projection(network, "relu", image, (0, 0, 1)).any()


@pytest.mark.parametrize(
    ("weights", "expected"),
    [
        ([1.0, 5.0], 6 * 2 - 30 * 1),  # the second unit was silent, but the signal is positive (its gradient is 0)
        ([1.0, -5.0], 6 * 2),  # rectified on the way down
    ],
)
def test_by_hand_the_signal_is_rectified_not_masked(weights, expected):
    network = nn.Sequential(
        OrderedDict(conv1=nn.Conv2d(1, 2, 1, bias=False), relu=nn.ReLU(), conv2=nn.Conv2d(2, 1, 1, bias=False))
    ).eval()
    network.conv1.weight.data = torch.tensor([2.0, -1.0]).view(2, 1, 1, 1)
    network.conv2.weight.data = torch.tensor(weights).view(1, 2, 1, 1)
    found = projection(network, "conv2", torch.full((1, 1, 1, 1), 3.0), (0, 0, 0))  # activation 6
    assert found.item() == expected


def slowly(image, filters1, filters2, place):
    """conv 3x3, ReLU, pooling 3/2 and conv 3x3 with border 1, up and down again in loops: (C, H, W) float64."""

    def up(maps, filters):
        padded = np.pad(maps, ((0, 0), (1, 1), (1, 1)))
        height, width = maps.shape[1:]
        return np.array(
            [
                [[(padded[:, y : y + 3, x : x + 3] * f).sum() for x in range(width)] for y in range(height)]
                for f in filters
            ]
        )

    def down(signal, filters):
        padded = np.zeros((filters.shape[1], signal.shape[1] + 2, signal.shape[2] + 2))
        for k, y, x in np.ndindex(signal.shape):
            padded[:, y : y + 3, x : x + 3] += signal[k, y, x] * filters[k]
        return padded[:, 1:-1, 1:-1]

    maps = np.maximum(up(image, filters1), 0)
    side = (maps.shape[1] - 3) // 2 + 1
    pooled, switches = np.zeros((len(maps), side, side)), {}
    for k, y, x in np.ndindex(pooled.shape):
        window = maps[k, 2 * y : 2 * y + 3, 2 * x : 2 * x + 3]
        dy, dx = np.unravel_index(window.argmax(), window.shape)
        pooled[k, y, x], switches[k, y, x] = window[dy, dx], (k, 2 * y + dy, 2 * x + dx)
    top = up(pooled, filters2)
    signal = np.zeros_like(top)
    signal[place] = top[place]
    signal = down(signal, filters2)
    unpooled = np.zeros_like(maps)
    for position, switch in switches.items():
        unpooled[switch] += signal[position]
    return down(np.maximum(unpooled, 0), filters1)


@pytest.mark.parametrize("place", [(0, 0, 0), (3, 2, 1), (1, 4, 4)])
def test_equals_switches_rectification_and_transposed_filters_in_loops(place):
    rng = np.random.default_rng(0)
    image, filters1, filters2 = (rng.normal(size=shape) for shape in ((2, 11, 11), (5, 2, 3, 3), (4, 5, 3, 3)))
    network = nn.Sequential(
        OrderedDict(
            conv1=nn.Conv2d(2, 5, 3, padding=1, bias=False),
            relu=nn.ReLU(inplace=True),
            pool=nn.MaxPool2d(3, 2),
            conv2=nn.Conv2d(5, 4, 3, padding=1, bias=False),
        )
    ).double()
    network.conv1.weight.data, network.conv2.weight.data = torch.from_numpy(filters1), torch.from_numpy(filters2)
    found = projection(network.eval(), "conv2", torch.from_numpy(image[None]), place)[0]
    np.testing.assert_allclose(found, slowly(image, filters1, filters2, place), atol=1e-12)


@pytest.mark.parametrize(
    ("name", "layer", "shape"),
    [
        ("fashion_cnn", "pool2", (28, 28, 1)),
        ("cifar_convnet", "conv2", (24, 24, 3)),
        ("vgg16", "features.14", (32, 32, 3)),  # nested, ReLUs in place
    ],
)
def test_equals_captum(name, layer, shape):
    from captum.attr import NeuronDeconvolution

    torch.manual_seed(0)
    network = registry.build(name, shape, 3, {"width": 0.25}).eval()
    for module in network.modules():
        if isinstance(module, nn.Conv2d):
            nn.init.kaiming_normal_(module.weight)
    for image in torch.randn(3, 1, shape[2], *shape[:2]):
        output = fields.tapped(network, layer, image).detach()
        place = tuple(int(i) for i in np.unravel_index(output.argmax().item(), output.shape)[1:])
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # that it sets hooks
            reference = NeuronDeconvolution(network, network.get_submodule(layer)).attribute(image, place)
        found = projection(network, layer, image, place)
        assert found.abs().max() > 0.1
        torch.testing.assert_close(found, reference * output.max(), rtol=1e-4, atol=1e-5)


def test_the_signal_passes_tanh_unchanged():
    torch.manual_seed(0)
    network = registry.build("lenet", (28, 28, 3), 10, {"width": 0.25}).eval()
    linear = copy.deepcopy(network)
    linear.tanh2 = nn.Identity()  # the switches are the same, as tanh grows
    images = 3 * torch.randn(2, 3, 28, 28)
    found, expected = (
        projection(n, "pool2", images, (4, 3, 3)) / fields.tapped(n, "pool2", images)[:, 4, 3, 3].view(2, 1, 1, 1)
        for n in (network, linear)
    )
    torch.testing.assert_close(found, expected)
    assert (expected < 0).any()


@pytest.mark.parametrize(
    ("module", "function"),
    [
        (nn.ReLU(), functional.relu),
        (nn.ReLU(), lambda x: functional.relu(x, inplace=True)),
        (nn.ReLU(), torch.relu),
        (nn.ReLU6(), functional.relu),  # no value here reaches 6
        (nn.ReLU(), functional.relu6),
        (nn.Tanh(), torch.tanh),
        (nn.Tanh(), lambda x: x.tanh()),
    ],
)
def test_functions_count_as_modules_do(module, function):
    class Functional(nn.Module):
        def __init__(self, conv1, conv2):
            super().__init__()
            self.conv1, self.conv2 = conv1, conv2

        def forward(self, x):
            return self.conv2(function(self.conv1(x)))

    torch.manual_seed(0)
    network = nn.Sequential(OrderedDict(conv1=nn.Conv2d(1, 4, 3), between=module, conv2=nn.Conv2d(4, 2, 3))).eval()
    images = torch.randn(2, 1, 9, 9)
    expected = projection(network, "conv2", images, (1, 2, 3))
    torch.testing.assert_close(
        projection(Functional(network.conv1, network.conv2), "conv2", images, (1, 2, 3)), expected
    )


def test_the_network_stays_as_it_is(view):
    before = copy.deepcopy(view.network.state_dict())
    deconvnet.look(view, {"layers": ["conv2"], "maps": 2, "top": 3})
    assert not any(module._forward_hooks for module in view.network.modules())
    assert all(parameter.requires_grad and parameter.grad is None for parameter in view.network.parameters())
    for name, value in view.network.state_dict().items():
        torch.testing.assert_close(value, before[name], rtol=0, atol=0)
    x = torch.tensor([-1.0, 2.0], requires_grad=True)
    functional.relu(x).backward(torch.tensor([1.0, -1.0]))
    assert x.grad.tolist() == [0, -1]  # outside, ReLU has its gradient


@pytest.mark.parametrize("batch", [256, 5])
def test_peaks_by_brute_force(view, batch, monkeypatch):
    monkeypatch.setattr(forward, "BATCH", batch)
    with torch.inference_mode():
        values = view.network[:4](view.batch(np.arange(24))).numpy()  # conv2: (24, 6, 6, 6)
    peaks = projections.all_peaks(view, ["conv2", "conv1"])["conv2"]
    strongest = values.max(axis=(2, 3))
    np.testing.assert_allclose(peaks.values, strongest, rtol=1e-5)
    maps = peaks.strongest_maps(3)
    assert maps.tolist() == sorted(range(6), key=lambda k: -strongest[:, k].max())[:3]
    rows = peaks.strongest_rows(maps, 5)
    assert rows.tolist() == [sorted(range(24), key=lambda i, k=k: -strongest[i, k])[:5] for k in maps]
    places = peaks.places(np.repeat(maps, 5), rows.ravel())
    found = values[places.row, places.map, places.y, places.x]
    np.testing.assert_allclose(found, strongest[places.row, places.map], rtol=1e-5)
    np.testing.assert_allclose(places.activation, found, rtol=1e-5)


def test_maps_are_chosen_by_their_single_strongest_activation():
    values = np.array([[1, 5, 4, 0], [9, 5, 4, 0], [1, 6, 8, 0]], np.float32)
    peaks = projections.Peaks(values, np.full(values.shape, 7), width=3)
    assert peaks.strongest_maps(3).tolist() == [0, 2, 1]
    assert peaks.strongest_rows(np.array([0, 1]), 2).tolist() == [[1, 0], [2, 0]]
    places = peaks.places(np.array([2, 0]), np.array([1, 2]))
    assert [values.tolist() for values in places] == [[2, 0], [1, 2], [2, 2], [1, 1], [4, 1]]


def test_ties_go_to_what_comes_first(view):
    same = dataclasses.replace(view, images=np.full((24, 12, 12, 1), 9, np.uint8))
    nn.init.constant_(same.network.conv1.weight, 0)
    nn.init.constant_(same.network.conv1.bias, 1)
    peaks = projections.all_peaks(same, ["conv1"])["conv1"]
    assert peaks.strongest_maps(3).tolist() == [0, 1, 2]
    assert peaks.strongest_rows(np.array([2, 0]), 3).tolist() == [[0, 1, 2]] * 2
    assert not peaks.positions.any()


@pytest.mark.parametrize("crop", [None, 9])
def test_the_files_agree_with_each_other_and_with_the_network(view, crop):
    view = dataclasses.replace(view, preprocessing=Preprocessing([0.25], [0.25], view.device, crop))
    side = crop or 12
    if crop:  # a network for 9 pixels
        view = dataclasses.replace(view, network=view.network[:6])
    summary, files = deconvnet.look(view, {"layers": ["conv1", "pool2"], "maps": 3, "top": 4})
    table = files["deconvnet.csv"]
    assert table.columns.tolist() == [
        "layer", "map", "rank", "row", "label", "y", "x", "activation", "top", "left", "bottom", "right"
    ]  # fmt: skip
    assert table["rank"].tolist() == [1, 2, 3, 4] * 6
    assert table["label"].tolist() == view.labels[table["row"]].tolist()
    seen = tiles.seen(view, np.arange(24))
    for layer, size, stride, before in (("conv1", 3, 1, 1), ("pool2", 10, 4, 3)):
        rows = table[table["layer"] == layer]
        assert summary["layers"][layer]["receptive_field"] == size
        assert rows["map"].tolist() == np.repeat(summary["layers"][layer]["maps"], 4).tolist()
        distinct = rows.groupby("map", sort=False)["label"].nunique() / 4
        assert summary["layers"][layer]["mean_distinct_classes"] == pytest.approx(distinct.mean())
        tile = min(side, size)
        pictures, patches = files[f"deconvnet_{layer}.npy"], files[f"deconvnet_patches_{layer}.npy"]
        assert pictures.shape == patches.shape == (3, 4, tile, tile, 1)
        assert pictures.dtype == patches.dtype == np.uint8
        for i, row in enumerate(rows.itertuples()):
            top, left = row.y * stride - before, row.x * stride - before
            box = [max(0, top), max(0, left), min(side, top + size), min(side, left + size)]
            assert [row.top, row.left, row.bottom, row.right] == box
            place = torch.tensor([[row.map], [row.y], [row.x]])
            signal = projections.project(view.network, layer, view.batch(np.array([row.row])), *place)[0, 0].numpy()
            outside = np.ones((side, side), bool)
            outside[row.top : row.bottom, row.left : row.right] = False
            assert not signal[outside].any()  # a projection lies in its receptive field
            origin = (0, 0) if size > side else (top, left)
            expected, patch = np.full((2, tile, tile), 128.0)
            for y in range(row.top, row.bottom):
                for x in range(row.left, row.right):
                    at = y - origin[0], x - origin[1]
                    expected[at] = 128 + 127 * signal[y, x] / np.abs(signal).max()
                    patch[at] = seen[row.row, y, x, 0]
            np.testing.assert_array_equal(patches[i // 4, i % 4, ..., 0], patch)
            assert np.abs(pictures[i // 4, i % 4, ..., 0] - expected).max() <= 0.51


def test_batches_do_not_matter_and_bytes_are_the_same(view, monkeypatch):
    settings = {"layers": ["conv2"], "maps": 3, "top": 9}
    found = [deconvnet.look(view, settings)[1]["deconvnet_conv2.npy"] for _ in range(2)]
    assert found[0].tobytes() == found[1].tobytes()
    monkeypatch.setattr(projections, "BATCH_PIXELS", 1000)
    batched = deconvnet.look(view, settings)[1]["deconvnet_conv2.npy"]
    assert np.abs(batched.astype(int) - found[0]).max() <= 1


def test_several_labels_per_image(view):
    several = np.where(np.arange(3) == view.labels[:, None], 1, -1).astype(np.int8)
    several[view.labels == 2] = -1
    settings = {"layers": ["conv1"], "maps": 4, "top": 24}
    summary, files = deconvnet.look(dataclasses.replace(view, labels=several), settings)
    assert set(files["deconvnet.csv"]["label"]) == {0, 1, -1}
    assert summary["layers"]["conv1"]["mean_distinct_classes"] == pytest.approx(2 / 24)  # no class is not a class


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"layers": ["conv1", "fc1"]}, r"deconvnet\.layers: layer 'fc1' has no feature maps; .*: conv1, relu1"),
        ({"maps": 5}, r"deconvnet\.maps: layer 'conv1' has 4 feature maps; use 1 to 4, not 5"),
        ({"top": 25}, r"deconvnet\.top: 25 images of 24 do not exist; use fewer, or raise `images`"),
    ],
)
def test_mistakes_are_told(view, change, message):
    with pytest.raises(ConfigError, match=rf"^analyses\.inspect\.{message}"):
        deconvnet.look(view, {"layers": ["conv2", "conv1"], "maps": 2, "top": 2} | change)


def test_a_diverged_network_is_told(view):
    nn.init.constant_(view.network.conv2.bias, torch.nan)
    with pytest.raises(ArtifactError, match="'conv2' are not finite, so the training has diverged"):
        deconvnet.look(view, {"layers": ["conv2"], "maps": 2, "top": 2})
