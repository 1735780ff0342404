import numpy as np
import torch

from revisit.analyses.detect.pasting import pasted, shares
from revisit.objects import overlaps


def by_pixel(logits, box, height, width):
    """Bilinear interpolation of the probabilities at the centre of each pixel, one by one."""
    cells, (x0, y0, x1, y1) = len(logits), box
    probabilities = 1 / (1 + np.exp(-logits))
    mask = np.zeros((height, width), bool)
    for y in range(height):
        for x in range(width):
            down, right = (y + 0.5 - y0) / (y1 - y0), (x + 0.5 - x0) / (x1 - x0)
            if not (0 <= down <= 1 and 0 <= right <= 1):
                continue
            i, j = (np.clip(share * cells - 0.5, 0, cells - 1) for share in (down, right))
            a, b = min(int(i), cells - 2), min(int(j), cells - 2)
            u, v = i - a, j - b
            square = probabilities[a : a + 2, b : b + 2]
            mask[y, x] = np.array([1 - u, u]) @ square @ np.array([1 - v, v]) >= 0.5
    return mask


def test_masks_are_pasted_as_pixel_by_pixel():
    rng = np.random.default_rng(0)
    logits, boxes = (
        rng.normal(0, 2, (5, 7, 7)),
        np.array([[3, 2, 21, 12], [0, 0, 24, 16], [5.2, 6.1, 7.9, 9.4]] + [[20, 1.5, 24, 16]] * 2),
    )
    found = pasted(torch.tensor(logits), torch.tensor(boxes, dtype=torch.float64), 16, 24).numpy()
    for mask, own, box in zip(found, logits, boxes, strict=True):
        np.testing.assert_array_equal(mask, by_pixel(own, box, 16, 24))
    assert 0 < found.mean() < 1


def test_a_box_without_area_has_no_pixel():
    assert not pasted(torch.full((1, 3, 3), 9.0), torch.zeros(1, 4), 5, 5).any()


def test_overlaps_of_masks():
    rng = np.random.default_rng(1)
    a, b = rng.random((4, 9, 8)) < 0.3, rng.random((3, 9, 8)) < 0.6
    a[0] = False
    np.testing.assert_array_equal(shares(torch.from_numpy(a), torch.from_numpy(b)), overlaps.masks(a, b))
    assert shares(torch.zeros(0, 9, 8, dtype=torch.bool), torch.from_numpy(b)).shape == (0, 3)
