"""Maps of classes over places, which can be read without colour: each class has a letter and a pattern."""

from collections.abc import Mapping

import numpy as np
from PIL import Image, ImageDraw, ImageFont
from scipy import ndimage

from revisit.report.figures.objects import painted

LEAST = 4  # places of a region that has room for a letter
INK, HALO = (20, 20, 20), (255, 255, 255)


def lettered(numbers: np.ndarray, shape: tuple[int, int], letters: Mapping[int, str]) -> np.ndarray:
    """A map (gh, gw) of numbers of classes as a picture (*shape, 3) uint8: each a colour, a pattern and a letter.

    Every region of at least `LEAST` places that touch along a side has the letter of its class in its midst; a class
    without a letter in `letters` has colour and pattern only.
    """
    (rows, columns), (height, width) = numbers.shape, shape
    y, x = (np.arange(length) * places // length for length, places in ((height, rows), (width, columns)))
    picture = Image.fromarray(painted((numbers[np.ix_(y, x)] + 1).astype(np.uint8)))
    draw = ImageDraw.Draw(picture)
    font = ImageFont.load_default(max(9, min(height, width) // 6))
    for region in regions(numbers):
        letter = letters.get(int(numbers[tuple(region[0])]))
        if letter and len(region) >= LEAST:
            row, column = midst(region)
            at = ((column + 0.5) * width / columns, (row + 0.5) * height / rows)
            draw.text(at, letter, INK, font, "mm", stroke_width=2, stroke_fill=HALO)
    return np.asarray(picture)


def regions(numbers: np.ndarray) -> list[np.ndarray]:
    """The regions of equal numbers that touch along a side: places (n, 2) each, in the order of their first ones."""
    found: list[np.ndarray] = []
    for number in np.unique(numbers):
        labelled, count = ndimage.label(numbers == number)
        found += [np.argwhere(labelled == region) for region in range(1, count + 1)]
    return sorted(found, key=lambda region: tuple(region[0]))


def midst(region: np.ndarray) -> tuple[int, int]:
    """The place of a region (n, 2) that is farthest from what lies outside; of equals that nearest to its mean."""
    inside = np.zeros(region.max(axis=0) - region.min(axis=0) + 3, bool)  # with a rim that lies outside
    places = tuple((region - region.min(axis=0) + 1).T)
    inside[places] = True
    depth = ndimage.distance_transform_edt(inside)[places]
    deepest = region[depth == depth.max()]
    nearest = ((deepest - region.mean(axis=0)) ** 2).sum(axis=1).argmin()
    row, column = deepest[nearest].tolist()
    return row, column
