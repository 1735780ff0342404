import dataclasses
from collections import OrderedDict

import numpy as np
import pytest
import torch
from torch import nn

from revisit.analyses import forward
from revisit.analyses.inspect import objects
from revisit.analyses.inspect.looks.occlusion import look as occlusion
from revisit.analyses.inspect.objects import Boxes
from revisit.analyses.inspect.view import View
from revisit.data.tensors import Preprocessing
from revisit.errors import ConfigError

CPU = torch.device("cpu")
SETTINGS = {"layer": "relu1", "images": 4, "size": 0.25, "stride": 0.25}


class Pixel(nn.Module):
    """Scores that depend on one place of the input alone; that of the other class is a number."""

    def __init__(self, other):
        super().__init__()
        self.other = other

    def forward(self, x):
        return torch.stack([3 * x[:, 0, 5, 2], torch.full((len(x),), self.other)], dim=1)


def pixel_view(images, labels, crop=None, other=0.0):
    """A network that looks at row 5, column 2 of its input; its one map is half of the input."""
    conv = nn.Conv2d(1, 1, 1, bias=False)
    nn.init.constant_(conv.weight, 0.5)
    network = nn.Sequential(OrderedDict(conv=conv, pixel=Pixel(other))).eval()
    return View(network, Preprocessing([0.0], [1.0], CPU, crop), CPU, images, labels, ["on", "off"])


def test_the_probability_changes_exactly_where_the_square_covers_what_counts():
    images = np.random.default_rng(0).integers(100, 256, (1, 9, 10, 1), dtype=np.uint8)
    view = pixel_view(images, np.zeros(1, np.int64))
    summary, files = occlusion.look(view, {"layer": "conv", "images": 1, "size": 3 / 9, "stride": 2 / 9})
    assert (summary["size"], summary["stride"], summary["rows"], summary["images"]) == (3, 2, [0], 1)
    tops, lefts = [0, 2, 4, 6], [0, 2, 4, 6, 7]
    probability, activation = files["occlusion_probability.npy"][0], files["occlusion_activation.npy"][0]
    assert probability.shape == activation.shape == (len(tops), len(lefts))
    pixels = images[0, ..., 0] / 255
    untouched = 1 / (1 + np.exp(-1.5 * pixels[5, 2]))
    for i, top in enumerate(tops):
        for j, left in enumerate(lefts):
            covered = top <= 5 < top + 3 and left <= 2 < left + 3
            assert probability[i, j] == pytest.approx(0.5 if covered else untouched, abs=1e-6)
            hidden = pixels[top : top + 3, left : left + 3].sum()
            assert activation[i, j] == pytest.approx((pixels.sum() - hidden) / 2, rel=1e-5)
    (row,) = files["occlusion.csv"].to_dict("records")
    assert row["probability"] == pytest.approx(untouched, abs=1e-6)
    assert row["lowest"] == 0.5
    np.testing.assert_array_equal(files["occlusion_images.npy"], images)


def test_the_network_sees_the_crop():
    images = np.full((1, 13, 12, 1), 10, np.uint8)
    images[0, 2 + 5, 2 + 2] = 250  # of the crop, which begins at row 2, column 2
    view = pixel_view(images, np.zeros(1, np.int64), crop=8)
    _, files = occlusion.look(view, {"layer": "conv", "images": 1, "size": 1 / 8, "stride": 1 / 8})
    probability = files["occlusion_probability.npy"][0]
    assert probability.shape == (8, 8)
    assert np.argwhere(probability < probability.max()).tolist() == [[5, 2]]
    np.testing.assert_array_equal(files["occlusion_images.npy"], images[:, 2:10, 2:10])
    drop = 1 / (1 + np.exp(-1.5 * 250 / 255)) - 0.5
    (row,) = files["occlusion.csv"].to_dict("records")
    assert row["drop_on_object"] == pytest.approx(drop, abs=1e-6)
    assert row["drop_off_object"] == pytest.approx(0, abs=1e-6)


@pytest.mark.parametrize("stride", [3, 1])
def test_agrees_with_captum(view, stride):
    """Captum gives each pixel the mean drop over the squares that cover it."""
    from captum.attr import Occlusion

    early = dataclasses.replace(view, network=view.snapshots[10]())  # not yet sure of anything
    _, files = occlusion.look(early, SETTINGS | {"stride": stride / 12})
    table = files["occlusion.csv"]
    assert table["label"].tolist() == view.labels[table["row"]].tolist()
    reference = Occlusion(early.probabilities)
    for row, label, probability, untouched in zip(
        table["row"], table["label"], files["occlusion_probability.npy"], table["probability"], strict=True
    ):
        sums, counts = np.zeros((12, 12)), np.zeros((12, 12))
        for (i, j), value in np.ndenumerate(probability):
            square = np.s_[i * stride : i * stride + 3, j * stride : j * stride + 3]
            sums[square] += untouched - value
            counts[square] += 1
        expected = reference.attribute(
            early.batch(np.array([row])), (1, 3, 3), (1, stride, stride), target=label, perturbations_per_eval=100
        )
        np.testing.assert_allclose(sums / counts, expected[0, 0].numpy(), atol=1e-6)
        assert expected.abs().max() > 1e-3


def test_the_strongest_map_is_followed(view):
    _, files = occlusion.look(view, SETTINGS)
    table = files["occlusion.csv"]
    for row, number, activation in zip(table["row"], table["map"], files["occlusion_activation.npy"], strict=True):
        with torch.inference_mode():
            image = view.batch(np.array([row]))
            maps = view.network.relu1(view.network.conv1(image)).sum(dim=(2, 3))[0]
            image[..., 3:6, 9:12] = 0
            hidden = view.network.relu1(view.network.conv1(image)).sum(dim=(2, 3))[0]
        assert maps[number] == maps.max()
        assert activation[1, 3] == pytest.approx(hidden[number].item(), rel=1e-5)


def test_the_same_in_batches_and_again(view, monkeypatch):
    summary, files = occlusion.look(view, SETTINGS | {"stride": 0.1})
    assert files["occlusion_probability.npy"].shape == (4, 10, 10)
    assert files["occlusion_probability.npy"].dtype == files["occlusion_activation.npy"].dtype == np.float32
    again = occlusion.look(view, SETTINGS | {"stride": 0.1})
    assert again[0] == summary
    for name, array in files.items():
        np.testing.assert_array_equal(np.asarray(array), np.asarray(again[1][name]))
    monkeypatch.setattr(forward, "BATCH", 7)
    for name, array in occlusion.look(view, SETTINGS | {"stride": 0.1})[1].items():
        if name.endswith(".npy"):
            np.testing.assert_allclose(array, files[name], rtol=1e-4, atol=1e-6)


def test_the_drop_is_on_the_object(view):
    """The network goes by the light shape, and the fixture's pictures have nothing else."""
    summary, files = occlusion.look(view, SETTINGS | {"images": 24, "stride": 1 / 12})
    table = files["occlusion.csv"]
    assert sorted(summary["rows"]) == list(range(24))
    assert summary["drop_on_object"] == pytest.approx(table["drop_on_object"].mean())
    assert summary["drop_off_object"] == pytest.approx(table["drop_off_object"].mean())
    assert summary["drop_on_object"] > 2 * summary["drop_off_object"]


def test_positions_end_flush_with_the_border():
    assert occlusion.positions(10, 3, 3).tolist() == [0, 3, 6, 7]
    assert occlusion.positions(9, 3, 3).tolist() == [0, 3, 6]
    assert occlusion.positions(5, 5, 1).tolist() == [0]
    assert occlusion.positions(5, 3, 9).tolist() == [0, 2]


def test_object_pixels_differ_from_the_border():
    images = np.full((2, 4, 5, 3), 100, np.uint8)
    images[0, 1, 1] = [100, 100, 133]
    images[0, 2, 2] = [100, 100, 132]
    images[0, 0, 0] = 0  # a corner that is not like the rest of the border
    images[1] = 7
    expected = np.zeros((2, 4, 5), bool)
    expected[0, 1, 1] = expected[0, 0, 0] = True
    np.testing.assert_array_equal(objects.object_pixels(images), expected)


def test_share_and_drops_by_brute_force():
    rng = np.random.default_rng(0)
    on = rng.random((7, 9)) < 0.5
    found = objects.share(on, 2, 3)
    expected = [[on[y : y + 2, x : x + 3].mean() for x in range(7)] for y in range(6)]
    np.testing.assert_allclose(found, expected)
    drop = rng.normal(size=found.shape)
    pairs = list(zip(drop.ravel(), found.ravel(), strict=True))
    assert occlusion.drops(drop, found >= 0.5) == pytest.approx(
        (np.mean([d for d, s in pairs if s >= 0.5]), np.mean([d for d, s in pairs if s < 0.5]))
    )
    on_object, off_object = occlusion.drops(drop, np.ones(found.shape, bool))
    assert on_object == pytest.approx(drop.mean())
    assert np.isnan(off_object)


def test_no_even_background_gives_no_number():
    images = np.zeros((1, 9, 9, 1), np.uint8)
    summary, _ = occlusion.look(
        pixel_view(images, np.zeros(1, np.int64)), {"layer": "conv", "images": 1, "size": 0.3, "stride": 0.3}
    )
    assert summary["drop_on_object"] is None
    assert summary["drop_off_object"] == 0


def test_several_labels_per_image():
    images = np.random.default_rng(1).integers(100, 256, (3, 8, 8, 1), dtype=np.uint8)
    labels = np.array([[-1, 1], [0, -1], [1, 1]], np.int8)
    view = pixel_view(images, labels)
    summary, files = occlusion.look(view, {"layer": "conv", "images": 9, "size": 0.5, "stride": 0.5})
    assert sorted(summary["rows"]) == [0, 2]  # image 1 shows no class
    table = files["occlusion.csv"].set_index("row")
    assert table["class"].to_dict() == {0: "off", 2: "on"}
    assert table["probability"][0] == 0.5
    assert table["probability"][2] == pytest.approx(1 / (1 + np.exp(-1.5 * images[2, 5, 2, 0] / 255)), abs=1e-6)


def test_mistakes(view):
    with pytest.raises(ConfigError, match=r"analyses\.inspect\.occlusion\.layer.*'conv9' does not exist.*conv1, relu1"):
        occlusion.look(view, SETTINGS | {"layer": "conv9"})
    with pytest.raises(ConfigError, match=r"'fc1' has no feature maps.*conv1, relu1, pool1, conv2, relu2, pool2$"):
        occlusion.look(view, SETTINGS | {"layer": "fc1"})
    none = dataclasses.replace(view, labels=np.full((24, 3), -1, np.int8))
    with pytest.raises(ConfigError, match=r"occlusion\.images: 1 images that show a class are needed, found 0"):
        occlusion.look(none, SETTINGS)
    with pytest.raises(ConfigError, match=r"need a classifier, but this network gives \(3,\) numbers.* 2 classes"):
        occlusion.look(dataclasses.replace(view, classes=["a", "b"]), SETTINGS)


def test_by_hand_a_map_is_weaker_where_the_square_hides_its_projection():
    random = np.random.default_rng(4)
    images = random.integers(60, 256, (1, 8, 8, 1), dtype=np.uint8)
    images[0, 5, 2] = 0
    images[0, 4, 3] = 255
    view = pixel_view(images, np.zeros(1, np.int64))
    summary, files = occlusion.look(view, {"layer": "conv", "images": 1, "size": 3 / 8, "stride": 1 / 8})
    pixels = images[0, ..., 0] / 255
    y, x = divmod(int(pixels.argmax()), 8)  # the map is half of the input, so its projection is that pixel alone
    falls = {True: [], False: []}
    for top in range(6):
        for left in range(6):
            covered = top <= y < top + 3 and left <= x < left + 3
            falls[covered].append(pixels[top : top + 3, left : left + 3].sum() / pixels.sum())
    assert summary["drop_on_projection"] == pytest.approx(np.mean(falls[True]), rel=1e-5)
    assert summary["drop_off_projection"] == pytest.approx(np.mean(falls[False]), rel=1e-5)
    assert files["occlusion.csv"]["drop_on_projection"].tolist() == [summary["drop_on_projection"]]


def test_a_map_whose_sum_is_not_positive_has_no_share_to_lose():
    images = np.full((1, 9, 10, 1), 200, np.uint8)
    view = pixel_view(images, np.zeros(1, np.int64))
    view.network.conv.weight.data.fill_(-0.5)
    summary, _ = occlusion.look(view, {"layer": "conv", "images": 1, "size": 0.3, "stride": 0.3})
    assert summary["drop_on_projection"] is None
    assert summary["drop_off_projection"] is None


def boxes_of(*objects):
    """Objects as (image, class, x0, y0, x1, y1), all whole."""
    found = np.array(objects, np.float64)
    return Boxes(found[:, 0].astype(int), found[:, 1].astype(int), found[:, 2:], np.ones(len(found), bool))


def test_by_hand_the_object_is_what_the_boxes_of_the_class_hold():
    """Even images, whose pixels tell nothing; the network looks at row 5, column 2, where its class has a box."""
    images = np.full((2, 8, 8, 1), 200, np.uint8)
    view = pixel_view(images, np.zeros(2, np.int64), other=0.8)
    settings = {"layer": "conv", "images": 2, "size": 2 / 8, "stride": 1 / 8}
    guessed, _ = occlusion.look(view, settings)
    assert (guessed["object"], guessed["drop_on_object"]) == ("pixels", None)
    # The object of the second class and that of the other image are no objects of this class in this image.
    boxes = boxes_of((0, 0, 2, 5, 3, 6), (0, 1, 6, 0, 8, 2), (1, 0, 0, 0, 4, 4))
    summary, files = occlusion.look(dataclasses.replace(view, boxes=boxes), settings)
    assert (summary["object"], summary["input"]) == ("boxes", [8, 8])
    table = files["occlusion.csv"].set_index("row").loc[0]
    untouched, hidden = (1 / (1 + np.exp(0.8 - 1.5 * light)) for light in (200 / 255, 0.0))
    # The four squares over that one pixel hide the object, though but a quarter of each lies on it.
    assert table["drop_on_object"] == pytest.approx(untouched - hidden, abs=1e-6)
    assert table["drop_off_object"] == pytest.approx(0, abs=1e-6)
    assert (table["top"], table["left"], table["lowest"]) == (4, 1, pytest.approx(hidden, abs=1e-6))
    assert (table["first_on_object"], table["first_off_object"]) == (0, 1)
    first = np.zeros((7, 7), np.int16)
    first[4:6, 1:3] = 1
    found = files["occlusion_class.npy"]
    assert found.dtype == np.int16
    np.testing.assert_array_equal(found, [first, first])
    assert summary["first"] == {"0": "on", "1": "off"}
    # In the other image the object lies elsewhere: of its 16 pixels a square of 4 must hold 2.
    other = files["occlusion.csv"].set_index("row").loc[1]
    mask = np.zeros((8, 8), bool)
    mask[:4, :4] = True
    on = np.array([[mask[top : top + 2, left : left + 2].sum() >= 2 for left in range(7)] for top in range(7)])
    drop = np.where(first == 1, untouched - hidden, 0)
    assert other["drop_on_object"] == pytest.approx(drop[on].mean(), abs=1e-6)
    assert other["drop_off_object"] == pytest.approx(drop[~on].mean(), abs=1e-6)
    assert summary["first_off_object"] == pytest.approx((1 + (first == 0)[~on].mean()) / 2)


def test_squares_on_objects_larger_and_smaller_than_they_are():
    on = np.zeros((6, 6), bool)
    assert not occlusion.on_object(on, 3).any()
    on[:, :2] = True  # 12 pixels: 5 of the 9 of a square must lie there
    assert occlusion.on_object(on, 3).tolist() == [[True, False, False, False]] * 4
    on[1:] = False  # 2 pixels: 1 of them must be hidden
    assert occlusion.on_object(on, 3).tolist() == [[True, True, False, False], *[[False] * 4] * 3]


def test_an_object_that_the_crop_leaves_out_gives_no_number():
    images = np.full((1, 8, 8, 1), 200, np.uint8)
    view = dataclasses.replace(pixel_view(images, np.zeros(1, np.int64)), boxes=boxes_of((0, 1, 0, 0, 8, 8)))
    summary, _ = occlusion.look(view, {"layer": "conv", "images": 1, "size": 0.25, "stride": 0.25})
    assert (summary["object"], summary["drop_on_object"], summary["first_on_object"]) == ("boxes", None, None)


def test_the_projection_of_the_strongest_map_is_a_picture_of_the_whole_image():
    images = np.random.default_rng(6).integers(60, 200, (1, 8, 8, 1), dtype=np.uint8)
    images[0, 4, 3] = 255
    _, files = occlusion.look(
        pixel_view(images, np.zeros(1, np.int64)), {"layer": "conv", "images": 1, "size": 0.25, "stride": 0.25}
    )
    expected = np.full((1, 8, 8, 1), 128, np.uint8)
    expected[0, 4, 3] = 255  # the map is half of the input: its strongest activation comes from that pixel alone
    np.testing.assert_array_equal(files["occlusion_projection.npy"], expected)
