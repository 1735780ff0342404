"""Measures of the photographs of a class, from sums over images, so that resampled images need no second look.

- Clutter: how much fine structure surrounds the objects: the mean magnitude of the gradient of luma outside of all
  boxes, per pixel, the mean over images.
- Brightness: how much the light varies: the standard deviation over images of their mean luma.
- Proportions: how much the posture or the shape of objects varies: the standard deviation of the logarithm of height
  over width of their boxes, in pixels of the published images; without truncated objects.
- Views: how evenly a class is seen from the front, the rear, the left and the right: the entropy of the shares, as a
  share of the largest one (ln 4).

Luma is that of ITU-R BT.601, 0 to 1. Objects that annotators call difficult count for none of them.
"""

from dataclasses import dataclass
from typing import Self

import numpy as np

from revisit import progress
from revisit.data.objects import VIEWS, Objects
from revisit.objects.arrays import Floats

LUMA = np.array([0.299, 0.587, 0.114]) / 255


@dataclass(frozen=True)
class Sums:
    """What each of N images adds to the sums over images and objects of each of K classes.

    Each is (N, K) float64 but `seen`, (N, K, 4): the objects of each view. `clutter` and `brightness` are values, 0
    where an image does not show the class; `surrounded` and `shows` are 1 where they count. `ratio`: sums over objects.
    """

    shows: Floats
    brightness: Floats
    brightness_squared: Floats
    surrounded: Floats
    clutter: Floats
    objects: Floats
    ratio: Floats
    ratio_squared: Floats
    seen: Floats

    @classmethod
    def of(cls, images: np.ndarray, labels: np.ndarray, objects: Objects) -> Self:
        """Of images (N, H, W, C) uint8 with labels (N, K) int8, and the objects in them, with views and sizes."""
        if objects.views is None or objects.sizes is None:
            raise ValueError("objects without views and sizes of their images")
        shows = (labels == 1).astype(np.float64)
        light, structure = _pixels(images, objects)
        outside = np.isfinite(structure)
        image, kinds = objects.images, np.asarray(objects.kinds)
        known, whole = ~objects.difficult, ~objects.flags.any(axis=1)
        ratio = _ratios(objects, image, images.shape[1:3])
        views = np.zeros((*shows.shape, len(VIEWS)))
        np.add.at(views, (image[known], kinds[known], np.asarray(objects.views)[known]), 1)

        def summed(values: Floats) -> Floats:
            sums = np.zeros(shows.shape)
            np.add.at(sums, (image[whole], kinds[whole]), values[whole])
            return sums

        return cls(
            shows,
            shows * light[:, None],
            shows * light[:, None] ** 2,
            shows * outside[:, None],
            shows * np.where(outside, structure, 0)[:, None],
            summed(np.ones(len(kinds))),
            summed(ratio),
            summed(ratio**2),
            views[:, :, 1:],
        )

    def measures(self, counts: np.ndarray) -> dict[str, Floats]:
        """The measures of the classes where image i is there `counts[:, i]` times: (R, N) -> each (R, K), or NaN."""

        def total(values: Floats) -> Floats:
            return np.tensordot(counts.astype(np.float64), values, axes=1)

        with np.errstate(invalid="ignore", divide="ignore"):
            shares = total(self.seen)
            shares /= shares.sum(axis=-1, keepdims=True)
            entropy = 0 - np.where(shares > 0, shares * np.log(shares), shares).sum(axis=-1)  # not -0
            return {
                "clutter": total(self.clutter) / total(self.surrounded),
                "brightness": _deviation(total(self.shows), total(self.brightness), total(self.brightness_squared)),
                "proportions": _deviation(total(self.objects), total(self.ratio), total(self.ratio_squared)),
                "views": entropy / np.log(len(VIEWS) - 1),
            }

    def numbers(self) -> dict[str, np.ndarray]:
        """How many images, objects and objects of a known view stand behind the measures of each class, (K,) int64."""
        sums = {"images": self.shows.sum(0), "objects": self.objects.sum(0), "seen": self.seen.sum((0, 2))}
        return {name: values.round().astype(np.int64) for name, values in sums.items()}


def _deviation(count: Floats, total: Floats, squared: Floats) -> Floats:
    """The standard deviation from sums; NaN of fewer than two values."""
    mean = total / count
    return np.where(count >= 2, np.sqrt(np.maximum(squared / count - mean**2, 0)), np.nan)


def _ratios(objects: Objects, image: np.ndarray, stored: tuple[int, ...]) -> Floats:
    """The logarithm of height over width of each box, in pixels of the image as published, (M,).

    `image`: of each box; `stored`: height and width of the stored images, to which they were stretched.
    """
    boxes = np.asarray(objects.boxes, np.float64)
    scale = np.asarray(objects.sizes, np.float64)[image] / np.array(stored, np.float64)
    return np.log((boxes[:, 3] - boxes[:, 1]) * scale[:, 0]) - np.log((boxes[:, 2] - boxes[:, 0]) * scale[:, 1])


def _pixels(images: np.ndarray, objects: Objects) -> tuple[Floats, Floats]:
    """The mean luma of each image, and the mean gradient outside of all boxes, NaN where nothing is: (N,) each."""
    light, structure = np.empty(len(images)), np.empty(len(images))
    with progress.bar(len(images), "photographs", "image") as bar:
        for row, image in enumerate(images):
            luma = image @ LUMA if image.shape[-1] == len(LUMA) else image[..., 0] / 255
            around = np.ones(luma.shape, bool)
            for x0, y0, x1, y1 in objects.boxes[objects.rows(row)]:
                around[int(y0) : int(np.ceil(y1)), int(x0) : int(np.ceil(x1))] = False
            light[row] = luma.mean()
            structure[row] = np.hypot(*np.gradient(luma))[around].mean() if around.any() else np.nan
            bar.update()
    return light, structure
