import dataclasses

import numpy as np
import pytest

import boxed
from revisit import paths
from revisit.analyses.truths import Scenes, Window, by_shares
from revisit.data import arrays
from revisit.errors import ConfigError
from revisit.objects import overlaps


@pytest.fixture
def data(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    boxed.write_data(count=6)
    return arrays.load(paths.prepared("boxed"))


def test_boxes_and_pixels_of_the_crop_lie_where_the_networks_input_has_them():
    window = Window.of((10, 13, 3), 8)
    assert window == (1, 2, 8, 8)
    np.testing.assert_array_equal(
        window.boxes(np.array([[2.0, 1, 10, 9], [0, 0, 5, 20]])), [[0, 0, 8, 8], [0, 0, 3, 8]]
    )
    image = np.arange(130).reshape(1, 10, 13)
    np.testing.assert_array_equal(window.pixels(image)[0], image[0, 1:9, 2:10])
    assert Window.of((10, 13, 3), None) == (0, 0, 10, 13)


def test_objects_cut_off_count_as_difficult_and_those_outside_as_none(data):
    objects = data.test_objects
    rows = objects.rows(1)
    boxes = np.array(objects.boxes)
    boxes[rows.start] = [0, 0, 10, 10]  # six of ten pixels are left on each side of the margin of 4
    boxes[0] = [0, 0, 3, 60]
    changed = dataclasses.replace(objects, boxes=boxes, flags=np.zeros_like(objects.flags))
    scenes = Scenes.of(dataclasses.replace(data, test_objects=changed), boxed.CROP, 2, "key")
    assert len(scenes.truths) == objects.offsets[2] - 1
    assert (scenes.truths.images, scenes.truths.classes) == (2, 3)
    at = np.flatnonzero(scenes.truths.image == 1)[0]
    assert scenes.truths.box[at].tolist() == [0, 0, 6, 6]
    assert not scenes.truths.difficult[at]
    boxes[rows.start] = [0, 0, 8, 8]
    scenes = Scenes.of(dataclasses.replace(data, test_objects=changed), boxed.CROP, 2, "key")
    assert scenes.truths.difficult[at]


def test_masks_are_those_of_the_objects_that_are_left(data):
    scenes = Scenes.of(data, boxed.CROP, None, "key")
    for image in range(6):
        masks = scenes.masks(image)
        own = scenes.truths.image == image
        assert masks.shape == (own.sum(), boxed.CROP, boxed.CROP)
        for mask, (x0, y0, x1, y1) in zip(masks, scenes.truths.box[own].astype(int), strict=True):
            below = max(y0, 0) + 1  # the first row of a rectangle is void, unless the crop cuts it off
            assert mask[below:y1, x0:x1].all()
            assert not mask.sum() - mask[y0:y1, x0:x1].sum()


def test_known_overlaps_are_found_by_rows(data):
    scenes = Scenes.of(data, boxed.CROP, None, "key")
    rng = np.random.default_rng(0)
    masks = [rng.random((count, boxed.CROP, boxed.CROP)) < 0.5 for count in (3, 0, 2, 5, 1, 0)]
    shares = [overlaps.masks(own, scenes.masks(image)) for image, own in enumerate(masks)]
    image = np.repeat(np.arange(6), [len(own) for own in masks])
    found, real = (np.concatenate(x) for x in zip(*(
        (np.repeat(row, own.sum()), np.flatnonzero(own))
        for row, own in ((row, scenes.truths.image == image[row]) for row in range(len(image)))
    ), strict=True))  # fmt: skip
    flat = [mask for own in masks for mask in own]
    drawn = [mask for number in range(6) for mask in scenes.masks(number)]
    pairs = zip(found.tolist(), real.tolist(), strict=True)
    expected = [overlaps.masks(flat[one][None], drawn[other][None]).item() for one, other in pairs]
    np.testing.assert_array_equal(by_shares(shares, scenes)(found, real), expected)


def test_data_without_objects_are_refused(data):
    with pytest.raises(ConfigError, match=r"^a\.b: the data set boxed has no boxes"):
        Scenes.of(dataclasses.replace(data, test_objects=None), None, None, "a.b")
