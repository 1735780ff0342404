"""Where the object lies in an image, as its box or else its pixels tell, and how much of a square lies on it."""

from dataclasses import dataclass
from typing import TYPE_CHECKING, Self

import numpy as np

from revisit.analyses.truths import Window
from revisit.objects import overlaps

if TYPE_CHECKING:
    from revisit.data.arrays import Prepared

OBJECT = 32  # of 255: what differs more from the border of the image counts as object
WHOLE = 0.95  # of a box: an object of which a crop leaves less is cut off


@dataclass(frozen=True)
class Boxes:
    """The M objects of the first test images in pixels of the network's input; none of what its crop cuts off."""

    image: np.ndarray  # (M,) int64, ascending
    kinds: np.ndarray  # (M,) int64: numbers of classes
    corners: np.ndarray  # (M, 4) float64: x0, y0, x1, y1
    whole: np.ndarray  # (M,) bool: neither difficult nor truncated, and at least `WHOLE` of it is left

    @classmethod
    def of(cls, data: "Prepared", crop: int | None, images: int) -> Self | None:
        """Those of the first `images` test images behind a centre crop; None where the data set has no boxes.

        Raises:
            ConfigError: the crop is larger than the images.
        """
        found = data.objects("test")
        if found is None:
            return None
        few = slice(0, int(found.offsets[min(images, len(found.offsets) - 1)]))
        stored = np.asarray(found.boxes[few], np.float64)
        corners = Window.of(data.shape, crop).boxes(stored)
        left, area = overlaps.areas(corners), overlaps.areas(stored)
        whole = ~found.flags[few].any(axis=1) & (left >= WHOLE * area)
        kept = left > 0
        return cls(found.images[few][kept], np.asarray(found.kinds[few])[kept], corners[kept], whole[kept])

    def of_class(self, image: int, kind: int) -> np.ndarray:
        """The boxes of a class in an image, difficult objects as well: (n, 4) float64."""
        return self.corners[(self.image == image) & (self.kinds == kind)]

    def alone(self, kind: int) -> tuple[np.ndarray, np.ndarray]:
        """The images whose one object of a class is whole, ascending (n,), and its boxes, x0, y0, x1, y1 (n, 4)."""
        own = np.flatnonzero(self.kinds == kind)
        _, first, count = np.unique(self.image[own], return_index=True, return_counts=True)
        single = own[first][(count == 1) & self.whole[own[first]]]
        return self.image[single], self.corners[single]


def boxed_pixels(boxes: np.ndarray, size: tuple[int, int]) -> np.ndarray:
    """The pixels of an image of `size` (height, width) whose middles lie in one of the boxes (n, 4): (H, W) bool."""
    y, x = (np.arange(length) + 0.5 for length in size)
    columns = (boxes[:, 0, None] <= x) & (x < boxes[:, 2, None])
    rows = (boxes[:, 1, None] <= y) & (y < boxes[:, 3, None])
    return np.any(rows[:, :, None] & columns[:, None, :], axis=0)


def object_pixels(pixels: np.ndarray) -> np.ndarray:
    """Pixels that look unlike the background: images (N, H, W, C) uint8 -> (N, H, W) bool.

    Those that differ by more than `OBJECT` in some channel from the median of the outermost pixels. That is the object
    where it stands before an even background, and a rough guess in a photograph.
    """
    border = np.concatenate([pixels[:, 0], pixels[:, -1], pixels[:, 1:-1, 0], pixels[:, 1:-1, -1]], axis=1)
    background = np.median(border, axis=1)[:, None, None]
    return (np.abs(pixels - background) > OBJECT).any(axis=-1)


def share(on: np.ndarray, height: int, width: int) -> np.ndarray:
    """The share of a box that lies on the object, at every place: (H, W) -> (H - height + 1, W - width + 1).

    `on` bool, or float: then the mean of what lies in the box.
    """
    sums = np.pad(on.cumsum(axis=0).cumsum(axis=1), ((1, 0), (1, 0)))
    inside = sums[height:, width:] - sums[:-height, width:] - sums[height:, :-width] + sums[:-height, :-width]
    return inside / (height * width)
