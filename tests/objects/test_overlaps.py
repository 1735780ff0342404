import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from pycocotools import mask as coco

from drawn import boxes
from revisit.objects import overlaps

SEVERAL = st.lists(boxes(), min_size=1, max_size=6)


def painted(box, size=12):
    x0, y0, x1, y1 = box
    mask = np.zeros((size, size), bool)
    mask[y0:y1, x0:x1] = True
    return mask


@given(SEVERAL, SEVERAL)
def test_boxes_overlap_as_the_pixels_that_they_paint(a, b):
    first, second = np.array(a, float), np.array(b, float)
    expected = [[(painted(x) & painted(y)).sum() / (painted(x) | painted(y)).sum() for y in b] for x in a]
    np.testing.assert_allclose(overlaps.boxes(first, second), expected, rtol=1e-15)
    masks = [np.stack([painted(x) for x in some]) for some in (a, b)]
    np.testing.assert_allclose(overlaps.masks(*masks), expected, rtol=1e-15)
    last_pixels = [np.concatenate([x[:, :2], x[:, 2:] - 1], axis=1) for x in (first, second)]
    np.testing.assert_allclose(overlaps.boxes(*last_pixels, pixels=True), expected, rtol=1e-15)


@given(SEVERAL, SEVERAL)
def test_pairs_are_entries_of_the_matrix(a, b):
    rows, columns = (index.ravel() for index in np.indices((len(a), len(b))))
    first, second = np.array(a, float), np.array(b, float)
    for pixels in (False, True):
        matrix = overlaps.boxes(first, second, pixels)
        paired = overlaps.paired_boxes(first[rows], second[columns], pixels)
        np.testing.assert_array_equal(paired.reshape(matrix.shape), matrix)


def test_boxes_and_masks_overlap_as_in_pycocotools():
    rng = np.random.default_rng(0)
    a, b = (np.sort(rng.uniform(0, 50, (40, 2, 2)), axis=1).reshape(-1, 4) for _ in range(2))
    corner_and_size = [np.concatenate([x[:, :2], x[:, 2:] - x[:, :2]], axis=1) for x in (a, b)]
    np.testing.assert_allclose(overlaps.boxes(a, b), coco.iou(*corner_and_size, [0] * 40), rtol=1e-9, atol=1e-15)
    blots = [rng.random((15, 20, 30)) < share for share in (0.3, 0.6)]
    runs = [coco.encode(np.asfortranarray(x.transpose(1, 2, 0).astype(np.uint8))) for x in blots]
    np.testing.assert_allclose(overlaps.masks(*blots), coco.iou(*runs, [0] * 15), rtol=1e-15)


def test_nothing_overlaps_what_has_no_area():
    box = np.array([[0.0, 0, 4, 4]])
    for empty in ([2.0, 2, 2, 2], [3.0, 3, 1, 1], [1.0, 1, 1, 3]):
        assert overlaps.boxes(box, np.array([empty])) == 0
        assert overlaps.boxes(np.array([empty]), np.array([empty])) == 0
    nothing = np.zeros((1, 3, 3), bool)
    assert overlaps.masks(nothing, nothing) == 0
    assert overlaps.boxes(np.zeros((0, 4)), box).shape == (0, 1)
    assert overlaps.masks(np.zeros((0, 3, 3), bool), nothing).shape == (0, 1)


def test_by_hand():
    a, b = np.array([[0.0, 0, 2, 2]]), np.array([[1.0, 1, 3, 3]])
    assert overlaps.boxes(a, b) == pytest.approx(1 / 7)
    assert overlaps.boxes(a, b, pixels=True) == pytest.approx(4 / 14)
