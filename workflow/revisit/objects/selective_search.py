"""Selective search: boxes that may hold an object, whatever its class (Uijlings et al. 2013, IJCV 104:154-171).

Felzenszwalb and Huttenlocher's segmentation (2004) gives small regions; `revisit.objects.grouping` merges them, and the
box around every region there ever was is a proposal. This is done for several colour spaces and scales of the first
segmentation. The box of the i-th last region of a hierarchy gets the priority i times a random number, the lowest first
(section 3.3), so that large regions tend to come first without all doing so.

What differs from the paper:

- Its "fast" version has two colour spaces (HSV, Lab), two scales and two measures of likeness, with and without colour;
  this has one measure, with colour, texture, size and fill.
- Texture: the paper has histograms of ten bins of the Gaussian derivative in each of eight directions, sigma 1. Here a
  pixel counts once in each channel, in one of the eight sectors that its gradient may point to, with its strength in
  ten bins.
- The first regions have at least 1/400 of the pixels, within `SMALLEST` and `LARGEST`, instead of as many as the scale.
- Boxes with a side shorter than a share of the image's shorter side are left out.
"""

from collections.abc import Iterator, Sequence
from typing import Literal, NamedTuple

import numpy as np
from scipy import ndimage
from skimage.color import rgb2hsv, rgb2lab
from skimage.segmentation import felzenszwalb

from revisit.errors import DataError
from revisit.objects import grouping
from revisit.objects.arrays import Bytes, Floats, Rows, Singles
from revisit.objects.randomness import uniform

Space = Literal["hsv", "lab", "rgb"]

SCALES = (50.0, 120.0)  # of the first segmentation: larger, fewer regions
SPACES: tuple[Space, ...] = ("hsv", "lab")
SMALLEST, LARGEST = 10, 80  # pixels: between these is the least of a first region
SIGMA = 0.8  # pixels of smoothing before the segmentation, as in the paper
COLOURS, STRENGTHS, SECTORS = 25, 10, 8
STEEPEST = 0.1  # the gradient of a channel from 0 to 1 that fills the last bin of strength


class Regions(NamedTuple):
    """What selective search finds in an image: boxes x0 y0 x1 y1 in pixels, each once."""

    proposals: Singles  # (P, 4) float32, best first
    first: Singles  # (Q, 4) float32: around the regions that are merged, in no order of worth


def search(
    image: Bytes,
    count: int = 2000,
    scales: Sequence[float] = SCALES,
    spaces: Sequence[Space] = SPACES,
    shortest: float = 0.12,
    seed: int = 0,
) -> Regions:
    """The boxes of `image` (H, W, 3) uint8, `count` proposals of them at most.

    None has a side shorter than `shortest` times the image's shorter side. The same image gets the same boxes at any
    time: `seed` alone says which random numbers order them.

    Raises:
        DataError: `image` is no such array.
    """
    random = np.random.PCG64(seed)
    found, priorities, first = [], [], []
    for regions, channels in _segmentations(image, scales, spaces):
        boxes = grouping.hierarchy(
            regions,
            grouping.histograms(regions, _colours(channels), 3 * COLOURS),
            grouping.histograms(regions, _textures(channels), 3 * SECTORS * STRENGTHS),
        )
        found.append(boxes)
        priorities.append(np.arange(len(boxes), 0, -1) * uniform(random, len(boxes)))
        first.append(grouping.boxes(regions))
    ordered = np.concatenate(found)[np.argsort(np.concatenate(priorities), kind="stable")]
    return Regions(_once(ordered, image, shortest)[:count], _once(np.concatenate(first), image, shortest))


def _segmentations(image: Bytes, scales: Sequence[float], spaces: Sequence[Space]) -> Iterator[tuple[Rows, Floats]]:
    """In each colour space at each scale: the region of each pixel, (H, W) int64, and the channels."""
    if image.ndim != 3 or image.shape[2] != 3 or image.dtype != np.uint8 or not image.size:
        raise DataError(
            f"selective search: an image of shape {image.shape} and type {image.dtype}; give (H, W, 3) uint8 instead"
        )
    least = min(max(image.shape[0] * image.shape[1] // 400, SMALLEST), LARGEST)
    for space in spaces:
        channels = _channels(image, space)
        for scale in scales:
            regions = felzenszwalb(channels, scale=scale, sigma=SIGMA, min_size=least)
            yield regions.astype(np.int64), channels


def _once(boxes: Floats, image: Bytes, shortest: float) -> Singles:
    """The boxes that are long enough, each where it comes first: (P, 4) float32."""
    height, width = image.shape[:2]
    sides = boxes[:, 2:] - boxes[:, :2]
    kept = boxes[(sides >= shortest * min(height, width)).all(axis=1)].astype(np.int64)
    sizes = (width + 1, height + 1, width + 1, height + 1)
    _, first = np.unique(np.ravel_multi_index(tuple(kept.T), sizes), return_index=True)
    best: Singles = kept[np.sort(first)].astype(np.float32)
    return best


def _channels(image: Bytes, space: Space) -> Floats:
    """The image in a colour space, each channel from 0 to 1: (H, W, 3) float64."""
    if space == "hsv":
        hsv: Floats = rgb2hsv(image)
        return hsv
    if space == "lab":
        lab: Floats = rgb2lab(image)
        return lab / (100, 255, 255) + (0, 0.5, 0.5)
    return image / 255


def _colours(channels: Floats) -> Rows:
    """The bin of each channel of each pixel: (H, W, 3) int64 below 3 * COLOURS."""
    return np.clip(channels * COLOURS, 0, COLOURS - 1).astype(np.int64) + np.arange(3) * COLOURS


def _textures(channels: Floats) -> Rows:
    """The bin of each channel's gradient at each pixel: (H, W, 3) int64 below 3 * SECTORS * STRENGTHS."""
    right, down = (
        ndimage.gaussian_filter(channels, (1, 1, 0), order=order, truncate=3) for order in ((0, 1, 0), (1, 0, 0))
    )
    sector = (right > 0) * 4 + (down > 0) * 2 + (np.abs(right) > np.abs(down))
    strength = np.minimum(np.hypot(right, down) * (STRENGTHS / STEEPEST), STRENGTHS - 1).astype(np.int64)
    bins: Rows = (np.arange(3) * SECTORS + sector) * STRENGTHS + strength
    return bins
