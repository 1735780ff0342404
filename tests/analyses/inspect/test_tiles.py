import dataclasses

import numpy as np
import pytest

from revisit.analyses.inspect import tiles
from revisit.data.tensors import Preprocessing


def test_what_is_seen_is_the_crop_of_the_network(view):
    rows = np.array([5, 2])
    np.testing.assert_array_equal(tiles.seen(view, rows), view.images[rows])
    assert tiles.size(view) == (12, 12)
    cropped = dataclasses.replace(view, preprocessing=Preprocessing([0.25], [0.25], view.device, crop=7))
    seen = tiles.seen(cropped, rows)
    assert tiles.size(cropped) == (7, 7)
    np.testing.assert_array_equal(seen, view.images[rows][:, 2:9, 2:9])
    np.testing.assert_allclose(
        cropped.batch(rows).permute(0, 2, 3, 1).numpy(), (seen / 255 - 0.25) / 0.25, rtol=1e-5, atol=1e-6
    )


def test_the_crop_of_images_that_are_not_square(view):
    wide = dataclasses.replace(view, images=view.images[:, :9])
    assert tiles.seen(wide, np.array([0])).shape == (1, 9, 12, 1)
    cropped = dataclasses.replace(wide, preprocessing=Preprocessing([0.25], [0.25], view.device, crop=9))
    np.testing.assert_array_equal(tiles.seen(cropped, np.array([3])), wide.images[3:4, :, 1:10])


@pytest.mark.parametrize(
    ("shape", "small"), [((128, 96, 3), (64, 48, 3)), ((64, 64, 1), (64, 64, 1)), ((300, 9, 1), (64, 2, 1))]
)
def test_pictures_and_values_fit_into_64_pixels(shape, small):
    images = np.full((3, *shape), 200, np.uint8)
    assert tiles.pictures(images).shape == tiles.signed(images.astype(np.float32)).shape == (3, *small)
    assert (tiles.pictures(images) == 200).all()


def test_values_are_scaled_picture_by_picture():
    values = np.zeros((3, 2, 2, 2), np.float32)
    values[0, 0, 0, 0], values[0, 1, 1, 1] = -4, 2
    values[1, 0, 1, 0] = 1e-30
    found = tiles.signed(values)
    assert found.dtype == np.uint8
    assert found[0].ravel().tolist() == [1, 128, 128, 128, 128, 128, 128, 192]
    assert found[1].ravel().tolist() == [128, 128, 255, 128, 128, 128, 128, 128]
    assert (found[2] == 128).all()  # nothing to scale


def test_large_values_are_averaged_before_they_are_scaled():
    values = np.zeros((1, 128, 128, 3), np.float32)
    values[0, :2, :2, 0] = [[1, 3], [5, 7]]  # mean 4
    values[0, 2:4, :2, 1] = -2
    values[0, 0, 2, 2] = 4  # mean 1
    found = tiles.signed(values)[0]
    assert [found[0, 0, 0], found[1, 0, 1], found[0, 1, 2]] == [255, 64, 160]  # 128 + 127 * (1, -0.5, 0.25)
    assert (found != 128).sum() == 3


def test_boxes_over_the_border_are_filled():
    image = np.arange(1, 13).reshape(1, 3, 4, 1)
    boxes = np.array([[-1, 2, 1, 5], [1, 0, 3, 3], [5, 9, 7, 12]])
    found = tiles.cut(np.repeat(image, 3, axis=0), boxes, 0)[..., 0]
    assert found.tolist() == [[[0, 0, 0], [3, 4, 0]], [[5, 6, 7], [9, 10, 11]], [[0, 0, 0], [0, 0, 0]]]


def test_a_box_larger_than_the_image_shows_the_image_where_it_covers_it():
    image = np.arange(1, 13).reshape(1, 3, 4, 1)
    boxes = np.array([[-2, 1, 3, 3], [1, -1, 6, 1]])  # 5 rows, 2 columns
    found = tiles.cut(np.repeat(image, 2, axis=0), boxes, 0)[..., 0]
    assert found.tolist() == [[[2, 3], [6, 7], [10, 11]], [[0, 0], [0, 5], [0, 9]]]
