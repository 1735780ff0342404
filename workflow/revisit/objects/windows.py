"""What proposals have to be better than: windows of several sizes and shapes over the whole image, and random boxes."""

import numpy as np

from revisit.objects.arrays import Floats, Singles
from revisit.objects.randomness import uniform

SHAPES = (1.0, 0.5, 2.0)  # width over height


def sliding_windows(height: int, width: int, count: int) -> Singles:
    """`count` boxes x0 y0 x1 y1 for an image of `height` x `width` pixels, coarse to fine: (count, 4) float32.

    The first is the image itself. Those of level 1, 2, ... have 1/2, 1/4, ... of its area, in each of `SHAPES` beside
    the image's own, at most half their sides apart and up to the edges. The last level is thinned out evenly.
    """
    levels, total, level = [np.array([[0, 0, width, height]], np.float64)], 1, 1
    while total < count:
        found = np.concatenate([_grid(height, width, 2 ** (-level / 2), shape) for shape in SHAPES])
        kept = np.linspace(0, len(found) - 1, min(len(found), count - total)).round().astype(np.int64)
        levels.append(found[kept])
        total, level = total + len(kept), level + 1
    return np.concatenate(levels)[:count].astype(np.float32)


def random_boxes(height: int, width: int, count: int, random: np.random.PCG64) -> Singles:
    """`count` boxes in an image of `height` x `width` pixels, whose corners are drawn at random: (count, 4) float32.

    Two independent corners, each anywhere with the same probability; no side is shorter than a pixel.
    """
    drawn = np.sort(uniform(random, 4 * count).reshape(count, 2, 2), axis=1) * (width, height)
    low = np.minimum(drawn[:, 0], (width - 1, height - 1))
    return np.concatenate([low, np.maximum(drawn[:, 1], low + 1)], axis=1).astype(np.float32)


def _grid(height: int, width: int, side: float, shape: float) -> Floats:
    """All windows of `side` times the image's sides, as wide and as high as `shape` says."""
    x, wide = _places(width, side * shape**0.5)
    y, high = _places(height, side / shape**0.5)
    x, y = (places.ravel() for places in np.meshgrid(x, y))
    return np.stack([x, y, x + wide, y + high], axis=1)


def _places(length: int, share: float) -> tuple[Floats, float]:
    """Where the windows of a share of a length begin, and how long they are."""
    number = int(np.ceil(2 * (1 / share - 1) - 1e-9)) + 1  # 1e-9: what rounding adds to a whole number
    return np.linspace(0, length * (1 - share), number), length * share
