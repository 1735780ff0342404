"""The objects of images as a network in evaluation sees them: in the centre crop that it was trained on.

Of an object that the crop cuts off, the rest counts as the object; where less than `LEAST` of its box is left, finding
it is neither right nor wrong, as with the objects that annotators call difficult (Everingham et al. 2010, section 3.1,
have objects of which little is seen among them). One of which nothing is left is no object of the image.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, NamedTuple, Self

import numpy as np

from revisit.data.objects import LEAST
from revisit.data.tensors import cropped
from revisit.errors import ConfigError
from revisit.objects import overlaps
from revisit.objects.arrays import Bytes, Flags, Floats, Rows
from revisit.objects.found import Truths
from revisit.objects.matching import Overlap

if TYPE_CHECKING:
    from revisit.data.arrays import Prepared


class Window(NamedTuple):
    """Where the centre crop lies in stored images, as `revisit.data.tensors.centre` cuts it; pixels."""

    top: int
    left: int
    height: int
    width: int

    @classmethod
    def of(cls, shape: tuple[int, int, int], crop: int | None) -> Self:
        """Of images of `shape` (H, W, C). Raises ConfigError where the crop is larger."""
        height, width = cropped(shape[:2], crop)
        return cls((shape[0] - height) // 2, (shape[1] - width) // 2, height, width)

    def boxes(self, boxes: np.ndarray) -> np.ndarray:
        """Boxes (..., 4) of stored images in pixels of the crop, cut off at its edges; of the same type."""
        moved = boxes - np.array([self.left, self.top] * 2, boxes.dtype)
        return np.clip(moved, 0, np.array([self.width, self.height] * 2, boxes.dtype))

    def pixels(self, images: np.ndarray) -> np.ndarray:
        """The crop of images or masks (N, H, W, ...): a view."""
        return images[:, self.top : self.top + self.height, self.left : self.left + self.width]


@dataclass(frozen=True)
class Scenes:
    """The first images of a split of a data set with their objects, all in pixels of the crop.

    `rows` are the places (M,) of the truths among the objects of an image, as its mask numbers them, from 1.
    """

    window: Window
    truths: Truths
    rows: Rows
    stored: np.ndarray | None  # (N, H, W) uint8: the masks of the data set

    @classmethod
    def of(cls, data: "Prepared", crop: int | None, images: int | None, name: str, split: str = "test") -> Self:
        """The first `images` (None: all) images of a split of `data`.

        Raises:
            ConfigError: the data set says nothing of objects; `name` is the key of the analysis in params.yaml.
        """
        objects = data.objects(split)
        if objects is None:
            raise ConfigError(f"{name}: the data set {data.dataset} has no boxes; give it `objects` in params.yaml")
        window = Window.of(data.shape, crop)
        there = len(data.images(split))
        count = there if images is None else min(images, there)
        few = slice(0, int(objects.offsets[count]))
        whole = np.asarray(objects.boxes[few], np.float64)
        boxes, image = window.boxes(whole), objects.images[few]
        left, area = overlaps.areas(boxes), overlaps.areas(whole)
        kept = np.flatnonzero(left > 0)
        difficult = objects.difficult[few] | (left < LEAST * area)
        kinds = np.asarray(objects.kinds[few])
        truths = Truths(image[kept], kinds[kept], boxes[kept], difficult[kept], count, len(data.classes))
        places = np.arange(len(image)) - objects.offsets[image] + 1
        stored = None if objects.masks is None else objects.masks[:count]
        return cls(window, truths, places[kept], stored)

    def first(self) -> Rows:
        """The first truth of each image, and the number of all: (images + 1,) int64."""
        return np.searchsorted(self.truths.image, np.arange(self.truths.images + 1))

    def masks(self, image: int) -> Flags:
        """The masks of an image's truths, (M', h, w) bool. Raises ValueError where the data set has none."""
        shown = self.map(image)
        first, last = np.searchsorted(self.truths.image, (image, image + 1))
        return shown[None] == self.rows[first:last, None, None]

    def map(self, image: int) -> Bytes:
        """The mask of an image: 0, numbers of objects from 1, and `VOID`, (h, w) uint8."""
        if self.stored is None:
            raise ValueError("these objects have no masks")
        return self.window.pixels(self.stored[image : image + 1])[0]


def by_shares(shares: Sequence[Floats], scenes: Scenes) -> Overlap:
    """Overlaps that are known: of each image those of its detections with its truths, (D', M') each.

    The detections lie in the order of the images.
    """
    widths = np.array([matrix.shape[1] for matrix in shares], np.int64)
    heights = np.array([len(matrix) for matrix in shares], np.int64)
    flat = np.concatenate([np.zeros(0), *(matrix.ravel() for matrix in shares)])
    offsets = np.concatenate([[0], np.cumsum(widths * heights)[:-1]]) if len(shares) else np.zeros(0, np.int64)
    image = np.repeat(np.arange(len(shares)), heights)
    within = np.arange(len(image)) - np.repeat(np.cumsum(heights) - heights, heights)
    starts = offsets[image] + within * widths[image] - scenes.first()[image]
    return lambda found, real: flat[starts[found] + real]
