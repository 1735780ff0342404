import dataclasses
from collections import OrderedDict

import numpy as np
import pytest
import torch
from torch import nn

from revisit.analyses import forward
from revisit.analyses.inspect import objects
from revisit.analyses.inspect.looks.correspondence import look as correspondence
from revisit.analyses.inspect.looks.correspondence import places
from revisit.analyses.inspect.objects import Boxes
from revisit.analyses.inspect.view import View
from revisit.data.tensors import Preprocessing
from revisit.errors import ConfigError

CPU = torch.device("cpu")
SETTINGS = {
    "layers": ["relu1", "fc1"],
    "label": "blob",
    "images": 4,
    "parts": {"middle": [0.25, 0.25, 0.75, 0.75], "corner": [0, 0, 0.5, 0.25]},
    "random": 2,
    "of": None,
}


class Light(nn.Module):
    """Two scores: the sum of the input, and 0."""

    def forward(self, x):
        return torch.stack([x.sum(dim=(1, 2, 3)), torch.zeros(len(x))], dim=1)


def light_view(images):
    """A network with the layers `same`, its input, and `light`, two scores; all images are of class 0."""
    same = nn.Conv2d(1, 1, 1, bias=False)
    nn.init.ones_(same.weight)
    network = nn.Sequential(OrderedDict(same=same, light=Light())).eval()
    return View(network, Preprocessing([0.0], [1.0], CPU), CPU, images, np.zeros(len(images), np.int64), ["on", "off"])


LIGHT = {
    "layers": ["same", "light"],
    "label": "on",
    "images": 5,
    "parts": {"part": [0, 0, 0.5, 0.25]},
    "random": 2,
    "of": None,
}


def test_hamming_by_hand():
    signs = np.array([[1, -1, 0, 1], [1, -1, 1, 0], [-1, 1, -1, 1]], np.int8)
    assert correspondence.hamming(signs).tolist() == [0.5, 0.75, 1.0]  # of rows 0-1, 0-2, 1-2


def test_changes_that_are_known():
    """Hiding light pixels makes each of them darker, and the sum too."""
    images = np.random.default_rng(0).integers(100, 256, (5, 8, 8, 1), dtype=np.uint8)
    view = light_view(images)
    summary, files = correspondence.look(view, LIGHT)
    assert summary["rows"] == [0, 1, 2, 3, 4]
    assert summary["class"] == "on"
    assert summary["parts"] == {"part": [0, 0, 0.5, 0.25]}
    np.testing.assert_array_equal(files["correspondence_images.npy"], images)
    table = files["correspondence.csv"]
    assert list(table) == ["layer", "part", "delta", "delta_se", "images"]
    names = ["part", "random 1", "random 2", "fixed 1", "fixed 2"]
    assert list(zip(table["layer"], table["part"], strict=True)) == [(x, y) for x in LIGHT["layers"] for y in names]
    assert (table["images"] == 5).all()
    rows = table.set_index(["layer", "part"])["delta"]
    assert (rows["light"] == 0).all()
    assert summary["layers"]["light"] == {"parts": 0, "random": 0, "fixed": 0}
    assert rows["same", "part"] == rows["same", "fixed 1"] == rows["same", "fixed 2"] == 0
    # Two boxes of 4x2 at different places differ where just one of them lies: at most 16 of 64 pixels.
    assert 0 < rows["same", "random 1"] <= 0.25
    assert summary["layers"]["same"]["random"] == pytest.approx(rows["same"][["random 1", "random 2"]].mean())


def test_delta_by_brute_force(view):
    """By forward passes of whole batches through the layers themselves."""
    summary, files = correspondence.look(view, SETTINGS)
    table = files["correspondence.csv"].set_index(["layer", "part"])
    whole = view.batch(np.array(summary["rows"]))
    for part, (top, left, bottom, right) in (("middle", (3, 3, 9, 9)), ("corner", (0, 0, 6, 3))):
        hidden = whole.clone()
        hidden[:, :, top:bottom, left:right] = 0
        for layer, last in (("relu1", 2), ("fc1", 8)):
            with torch.inference_mode():
                change = (view.network[:last](whole) - view.network[:last](hidden)).flatten(1).numpy()
            change[np.abs(change) < 1e-6] = 0
            signs = np.sign(change)
            pairs = [np.mean(signs[i] != signs[j]) for i in range(4) for j in range(i)]
            assert table.loc[(layer, part), "delta"] == pytest.approx(np.mean(pairs), abs=1e-12)
            error = np.std(pairs, ddof=1) / np.sqrt(6)
            assert table.loc[(layer, part), "delta_se"] == pytest.approx(error)
            assert np.mean(pairs) > 0.01
    means = table["delta"]["fc1"][["middle", "corner"]].mean()
    assert summary["layers"]["fc1"]["parts"] == pytest.approx(means)


def test_the_same_again_and_other_places_by_another_seed(view):
    summary, files = correspondence.look(view, SETTINGS)
    again, same = correspondence.look(view, SETTINGS)
    assert again == summary
    assert same["correspondence.csv"].equals(files["correspondence.csv"])
    _, other = correspondence.look(dataclasses.replace(view, seed=1), SETTINGS)
    a, b = (f["correspondence.csv"].set_index("part")["delta"] for f in (files, other))
    assert a[["middle", "corner"]].equals(b[["middle", "corner"]])
    assert (a[["random 1", "fixed 1"]] != b[["random 1", "fixed 1"]]).any()


def test_random_parts_lie_on_the_object():
    on = np.zeros((3, 9, 12), bool)
    on[:, 4:, 3:] = True
    on[2, 4:, :8] = False
    boxes = [np.array([0, 0, 4, 2]), np.array([1, 1, 3, 7])]
    found = places.random_parts(on, boxes, 20, seed=0)
    assert list(found) == [*(f"random {n}" for n in range(1, 21)), *(f"fixed {n}" for n in range(1, 21))]
    different = 0
    for part, choices in found.items():
        for choice, (height, width) in zip(choices, [(4, 2), (2, 6)], strict=True):
            assert choice.shape == (3, 4)
            for image, (top, left, bottom, right) in zip(on, choice, strict=True):
                assert (bottom - top, right - left) == (height, width)
                assert 0 <= top < bottom <= 9
                assert 0 <= left < right <= 12
                assert image[top:bottom, left:right].mean() >= 0.5
            different += len(np.unique(choice, axis=0)) > 1
            assert part.startswith("random") or len(np.unique(choice, axis=0)) == 1
    assert different > 30  # of 40


def test_random_parts_without_an_object_lie_anywhere():
    found = places.random_parts(np.zeros((2, 5, 5), bool), [np.array([0, 0, 2, 3])], 30, seed=0)
    corners = {tuple(box[:2]) for n in range(1, 31) for box in found[f"random {n}"][0].tolist()}
    assert corners == {(top, left) for top in range(4) for left in range(3)}


def test_the_images_that_the_network_is_surest_of(view, monkeypatch):
    with torch.inference_mode():
        said = view.network(view.batch(np.arange(24))).softmax(dim=1).numpy()
    for number in range(3):
        of_class = np.flatnonzero(view.labels == number)
        best = sorted(of_class, key=lambda row: -said[row, number])
        for batch in (256, 3):
            monkeypatch.setattr(forward, "BATCH", batch)
            assert correspondence.surest_rows(view, number, 4).tolist() == sorted(best[:4])
            assert correspondence.surest_rows(view, number, 24).tolist() == of_class.tolist()


def test_the_surest_with_several_labels():
    images = np.zeros((4, 8, 8, 1), np.uint8)
    images[1:] = 200  # the first class is more probable there
    labels = np.array([[1, 1], [0, 1], [1, -1], [1, -1]], np.int8)
    view = dataclasses.replace(light_view(images), labels=labels)
    assert correspondence.surest_rows(view, 0, 2).tolist() == [2, 3]
    assert correspondence.surest_rows(view, 0, 9).tolist() == [0, 2, 3]


def test_boxes_in_pixels():
    assert places.pixels("nose", [0.25, 0, 0.5, 1], (8, 12)).tolist() == [2, 0, 4, 12]
    with pytest.raises(ConfigError, match=r"correspondence\.parts\.nose: \[0\.5, 0, 0\.52, 1\] holds no pixel of 8x12"):
        places.pixels("nose", [0.5, 0, 0.52, 1], (8, 12))


def test_mistakes(view):
    def refused(message, view=view, **settings):
        with pytest.raises(ConfigError, match=r"analyses\.inspect\.correspondence\." + message):
            correspondence.look(view, SETTINGS | settings)

    refused(r"layers: .*no layer 'conv9'; it has: conv1", layers=["relu1", "conv9"])
    refused(r"label: there is no class 'bat'; there are: bar, beam, blob", label="bat")
    refused(r"parts\.dot: .* holds no pixel of 12x12", parts={"dot": [0.5, 0.5, 0.51, 0.51]})
    single = dataclasses.replace(view, labels=np.where(np.arange(24) == 5, 2, 0))
    refused(r"label: 1 of the images show 'blob' and 2 are needed", single)


def test_squares_and_parts_know_the_same_object(view):
    """Random parts are drawn on what occlusion calls the object: the light shape."""
    on = objects.object_pixels(view.images)
    light = view.images[..., 0] >= 200
    assert (on & ~light).mean() < 0.01
    assert (on & light).sum() > 0.9 * light.sum()


QUARTER = {"quarter": [0, 0, 0.5, 0.5]}


def in_boxes(images, *objects):
    """That network before images with objects of its first class: (image, whole, x0, y0, x1, y1)."""
    found = np.array(objects, np.float64)
    boxes = Boxes(found[:, 0].astype(int), np.zeros(len(found), np.int64), found[:, 2:], found[:, 1] == 1)
    return dataclasses.replace(light_view(images), boxes=boxes)


def test_by_hand_parts_are_shares_of_the_box_of_the_one_whole_object():
    images = np.random.default_rng(0).integers(100, 256, (5, 8, 8, 1), dtype=np.uint8)
    view = in_boxes(
        images,
        (0, 1, 0, 0, 4, 4),
        (1, 0, 0, 0, 8, 8),  # not whole
        (2, 1, 0, 0, 4, 4),  # one of two
        (2, 1, 4, 4, 8, 8),
        (3, 1, 3.6, 2.3, 8, 5.8),
        (4, 1, 0, 0, 4, 6),
    )
    summary, files = correspondence.look(view, LIGHT | {"of": "box", "parts": QUARTER})
    assert summary["rows"] == [0, 3, 4]
    assert summary["images"] == 3
    np.testing.assert_array_equal(files["correspondence_images.npy"], images[[0, 3, 4]])
    eighths = {"object": summary["object"], "quarter": summary["boxes"]["quarter"]}
    eighths = {name: (8 * np.array(boxes)).tolist() for name, boxes in eighths.items()}
    assert eighths["object"] == [[0, 0, 4, 4], [2, 4, 6, 8], [0, 0, 6, 4]]
    assert eighths["quarter"] == [[0, 0, 2, 2], [2, 4, 4, 6], [0, 0, 3, 2]]
    rows = files["correspondence.csv"].set_index(["layer", "part"])
    # Hidden pixels change, others do not: pairs differ in 4 + 4, in 2 and in 4 + 6 of 64 pixels.
    pairs = np.array([8, 2, 10]) / 64
    assert rows.loc[("same", "quarter"), "delta"] == pytest.approx(pairs.mean())
    assert rows.loc[("same", "quarter"), "delta_se"] == pytest.approx(pairs.std(ddof=1) / np.sqrt(3))
    assert summary["layers"]["same"]["parts"] == pytest.approx(pairs.mean())
    assert list(rows.loc["same"].index) == ["quarter", "random 1", "random 2", "fixed 1", "fixed 2"]


def test_of_the_images_with_boxes_those_that_the_network_is_surest_of():
    images = np.ones((4, 8, 8, 1), np.uint8)
    images[2:] = 2
    view = in_boxes(images, (0, 1, 0, 0, 4, 4), (1, 1, 0, 0, 4, 4), (3, 1, 0, 0, 6, 6))
    summary, _ = correspondence.look(view, LIGHT | {"of": "box", "parts": QUARTER, "images": 2})
    assert summary["rows"] == [0, 3]  # 2 is surest, too, but its objects are not known
    assert (8 * np.array(summary["object"])).tolist() == [[0, 0, 4, 4], [0, 0, 6, 6]]


def test_random_parts_of_boxes_lie_within_them():
    frames = np.array([[0, 0, 20, 10], [5, 3, 15, 33], [2, 2, 4, 4]])
    parts = [[0.0, 0.25, 0.5, 0.75], [0.1, 0.0, 1.0, 0.5]]
    found = places.random_parts_of(frames, parts, 30, seed=0)
    assert list(found) == [*(f"random {n}" for n in range(1, 31)), *(f"fixed {n}" for n in range(1, 31))]
    apart = {"random": [], "fixed": []}
    for name, choices in found.items():
        for part, boxes in zip(parts, choices, strict=True):
            true = np.array([places.inside(frame, part) for frame in frames])
            assert ((boxes[:, 2:] - boxes[:, :2]) == (true[:, 2:] - true[:, :2])).all()
            assert (boxes[:, :2] >= frames[:, :2]).all()
            assert (boxes[:, 2:] <= frames[:, 2:]).all()
            room = frames[:, 2:] - frames[:, :2] - (boxes[:, 2:] - boxes[:, :2])
            shares = (boxes[:, :2] - frames[:, :2]) / np.maximum(room, 1)
            # The second box is wide enough to tell; rounding to its pixels is half of one at most.
            apart[name.split()[0]].append(abs(shares[0, 1] - shares[1, 1]) - 0.5 / room[0, 1] - 0.5 / room[1, 1])
    assert max(apart["fixed"]) <= 1e-9
    assert np.mean(np.array(apart["random"]) > 0) > 0.4
    tops = {boxes[0, 0] for n in range(1, 31) for boxes in found[f"random {n}"][:1]}
    assert len(tops) > 6  # of 11
    again, other = (places.random_parts_of(frames, parts, 30, seed=seed) for seed in (0, 1))
    np.testing.assert_array_equal(again["random 3"], found["random 3"])
    assert (np.array(other["random 3"]) != np.array(found["random 3"])).any()


def test_shares_of_a_box_and_boxes_too_small_for_them():
    frame = np.array([10, 20, 20, 60])
    assert places.inside(frame, [0, 0.25, 0.5, 1]).tolist() == [10, 30, 15, 60]
    frames = np.array([[0, 0, 20, 20], [0, 0, 2, 20], [5, 5, 9, 6]])
    assert places.hold_pixels(frames, [[0, 0, 0.25, 1], [0.5, 0, 1, 1]]).tolist() == [True, False, True]


def test_mistakes_with_boxes():
    def refused(message, view):
        with pytest.raises(ConfigError, match=r"analyses\.inspect\.correspondence\." + message):
            correspondence.look(view, LIGHT | {"of": "box", "parts": {"dot": [0, 0, 0.2, 0.2]}})

    images = np.full((3, 8, 8, 1), 100, np.uint8)
    refused(r"of: the data set has no boxes; give it `objects`, or leave `of` out", light_view(images))
    one = in_boxes(images, (0, 1, 0, 0, 8, 8), (1, 0, 0, 0, 8, 8))
    refused(r"label: 1 of the images show one 'on' that is whole and not difficult, and 2 are needed; choose", one)
    small = in_boxes(images, *((image, 1, 0, 0, 2, 2) for image in range(3)))
    refused(r"label: 0 of .* not difficult, 3 more where a part holds no pixel, and 2 are needed", small)
