"""Objects of test images in the network's input: their boxes, and which pixels these cover."""

import dataclasses

import numpy as np
import pytest
import torch

import boxed
from revisit import paths
from revisit.analyses.inspect.objects import Boxes, boxed_pixels
from revisit.analyses.inspect.view import View
from revisit.data import arrays
from revisit.data.objects import Objects
from revisit.models import registry

STORED = [  # image, class, difficult, truncated, box; the crop of 64 of 72 pixels begins at 4, 4
    (0, 0, 0, 0, [4, 4, 30, 30]),
    (0, 0, 0, 0, [0, 0, 4, 60]),  # all of it is cut off
    (1, 0, 1, 0, [10, 10, 20, 20]),
    (2, 0, 0, 0, [10, 10, 20, 20]),
    (2, 0, 0, 1, [40, 10, 50, 20]),
    (3, 0, 0, 0, [0, 10, 40, 20]),  # nine tenths are left
    (4, 0, 0, 0, [2, 10, 42, 20]),  # 38 of 40 are
    (4, 1, 0, 0, [2, 10, 12, 20]),
    (5, 0, 0, 1, [10, 10, 20, 20]),
]


@pytest.fixture
def data(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    boxed.write_data(count=6)
    image, kinds, difficult, truncated, boxes = zip(*STORED, strict=True)
    objects = Objects(
        np.array(boxes, np.float32),
        np.array(kinds),
        np.array([difficult, truncated], bool).T,
        np.searchsorted(image, np.arange(7)),
    )
    return dataclasses.replace(arrays.load(paths.prepared("boxed")), test_objects=objects)


def test_boxes_lie_where_the_networks_input_has_them(data):
    found = Boxes.of(data, boxed.CROP, 3)
    assert found.image.tolist() == [0, 1, 2, 2]
    assert found.kinds.tolist() == [0] * 4
    assert found.whole.tolist() == [True, False, True, False]
    assert found.corners.tolist() == [[0, 0, 26, 26], [6, 6, 16, 16], [6, 6, 16, 16], [36, 6, 46, 16]]
    assert found.of_class(2, 0).tolist() == [[6, 6, 16, 16], [36, 6, 46, 16]]
    assert found.of_class(2, 1).shape == (0, 4)
    assert Boxes.of(data, None, 99).corners.tolist() == [box for *_, box in STORED]
    assert Boxes.of(dataclasses.replace(data, test_objects=None), boxed.CROP, 3) is None


def test_images_whose_one_object_of_a_class_is_whole(data):
    found = Boxes.of(data, boxed.CROP, 6)
    images, corners = found.alone(0)
    assert images.tolist() == [0, 4]
    assert corners.tolist() == [[0, 0, 26, 26], [0, 6, 38, 16]]
    assert found.alone(1)[0].tolist() == []  # eight of its ten columns are left
    assert found.alone(2)[0].tolist() == []


def test_a_view_knows_the_boxes_of_its_test_images_only(data):
    folder = boxed.write_network("net", "small_convnet", {}, {})
    network, info = registry.load(folder, torch.device("cpu"))
    view = View.of(network, info, data, {"images": 3, "seed": 0}, torch.device("cpu"), folder)
    assert len(view.images) == 3
    assert view.boxes.image.tolist() == [0, 1, 2, 2]
    assert view.boxes.corners[0].tolist() == [0, 0, 26, 26]
    assert view.training().boxes is None


def test_pixels_of_boxes_are_those_whose_middles_they_hold():
    on = boxed_pixels(np.array([[1.5, 0, 3, 2], [0, 2.6, 0.4, 4]]), (4, 5))
    expected = np.zeros((4, 5), bool)
    expected[:2, 1:3] = True
    np.testing.assert_array_equal(on, expected)
    assert not boxed_pixels(np.zeros((0, 4)), (4, 5)).any()
