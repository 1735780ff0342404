"""Maps of classes over places, which can be read without colour: each class has a letter and a pattern."""

from collections.abc import Mapping

import numpy as np
from PIL import Image, ImageDraw, ImageFont

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
    left = np.ones(numbers.shape, bool)
    found: list[np.ndarray] = []
    for start in np.ndindex(numbers.shape):
        if not left[start]:
            continue
        left[start], region = False, [start]
        for row, column in region:  # which grows on the way
            for near in ((row - 1, column), (row + 1, column), (row, column - 1), (row, column + 1)):
                inside = 0 <= near[0] < numbers.shape[0] and 0 <= near[1] < numbers.shape[1]
                if inside and left[near] and numbers[near] == numbers[start]:
                    left[near] = False
                    region.append(near)
        found.append(np.array(region))
    return found


def midst(region: np.ndarray) -> tuple[int, int]:
    """The place of a region (n, 2) that is farthest from what lies outside; of equals that nearest to its mean."""
    lowest, highest = region.min(axis=0) - 1, region.max(axis=0) + 1
    outside = np.ones(highest - lowest + 1, bool)
    outside[tuple((region - lowest).T)] = False
    apart = region[:, None] - (np.argwhere(outside) + lowest)[None]
    depth = (apart**2).sum(axis=2).min(axis=1)
    deepest = region[depth == depth.max()]
    nearest = ((deepest - region.mean(axis=0)) ** 2).sum(axis=1).argmin()
    row, column = deepest[nearest].tolist()
    return row, column
