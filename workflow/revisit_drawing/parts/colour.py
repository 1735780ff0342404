"""Filled outlines in colour, antialiased, with nothing in it that differs from machine to machine.

Points are floats that + - * / and square roots made; they are rounded to a grid of integers, and from there
on everything is integer arithmetic. Coverage is summed along each row as in scan-line font renderers: four
lines per row of pixels, along each line exact to 1/256 pixel.
"""

from collections.abc import Sequence

import numpy as np

from revisit_drawing.parts.dice import Dice
from revisit_drawing.parts.raster import Outline

Colour = tuple[int, int, int]  # red, green, blue, 0..255

GRID = 256  # units per pixel
LINES = 4  # scan lines per pixel
PITCH = GRID // LINES
FULL = 256  # alpha of a pixel that is covered entirely


class ColourCanvas:
    """A picture of `width` x `height` pixels; `pixels` is (height, width, 3) int32, finished by `image`.

    With `owners`, the canvas also remembers which figure each pixel shows: set `owner` before drawing a figure
    and compare with `owners`, (height, width) int32, 0 at first.
    """

    def __init__(self, width: int, height: int, colour: Colour = (0, 0, 0), owners: bool = False) -> None:
        self.width, self.height = width, height
        self.pixels = np.empty((height, width, 3), np.int32)
        self.pixels[:] = colour
        self.owners = np.zeros((height, width), np.int32) if owners else None
        self.owner = 0

    @property
    def figures(self) -> np.ndarray:
        """`owners` of a canvas that has them.

        Raises:
            ValueError: it has none.
        """
        if self.owners is None:
            raise ValueError("a canvas without owners knows no figures")
        return self.owners

    def owned(self, owner: int) -> int:
        """How many pixels show this figure."""
        return 0 if self.owners is None else int((self.owners == owner).sum())

    def fill(
        self,
        outlines: Sequence[np.ndarray],
        colour: Colour | np.ndarray,
        *,
        light: int = 0,
        opacity: int = 100,
        within: np.ndarray | None = None,
    ) -> None:
        """Paint the union of closed outlines, each (N, 2) float64 in pixels.

        `colour`: one for all, or a (height, width, 3) plane. `light`: by how many percent the upper end is
        lighter and the lower end darker. `opacity`: percent. `within`: a `mask` outside which nothing is painted.
        """
        covered = self._coverage(outlines)
        if covered is None:
            return
        top, left, alpha = covered
        rows, columns = slice(top, top + alpha.shape[0]), slice(left, left + alpha.shape[1])
        if within is not None:
            alpha = alpha * within[rows, columns] // FULL
        if self.owners is not None:
            self.owners[rows, columns][alpha * 2 >= FULL] = self.owner
        if opacity != 100:
            alpha = alpha * opacity // 100
        paint = colour[rows, columns] if isinstance(colour, np.ndarray) else np.array(colour, np.int32)
        if light:
            paint = paint * lighting(alpha.shape[0], light)[:, None, None] // 100
        region = self.pixels[rows, columns]
        region += ((paint - region) * alpha[:, :, None] + FULL // 2) >> 8

    def mask(self, outlines: Sequence[np.ndarray]) -> np.ndarray:
        """How far each pixel is covered by the union of closed outlines: (height, width) int32, 0..256."""
        mask = np.zeros((self.height, self.width), np.int32)
        covered = self._coverage(outlines)
        if covered is not None:
            top, left, alpha = covered
            mask[top : top + alpha.shape[0], left : left + alpha.shape[1]] = alpha
        return mask

    def image(self) -> np.ndarray:
        """The picture, (height, width, 3) uint8."""
        return np.clip(self.pixels, 0, 255).astype(np.uint8)

    def _coverage(self, outlines: Sequence[np.ndarray]) -> tuple[int, int, np.ndarray] | None:
        """Top row, left column and alpha (rows, columns) int32 of the part that outlines cover; None if nothing.

        All outlines are made to turn the same way, so that where they overlap the sum only has to be cut.
        """
        lengths = np.array([len(outline) for outline in outlines])
        points = np.rint(np.concatenate(outlines) * GRID).astype(np.int64)
        ends = lengths.cumsum()
        following = np.arange(1, len(points) + 1)
        following[ends - 1] = ends - lengths
        x0, y0 = points[:, 0], points[:, 1]
        x1, y1 = x0[following], y0[following]
        clockwise = np.add.reduceat(x0 * y1 - y0 * x1, ends - lengths) > 0
        sign = np.where((y1 > y0) == np.repeat(clockwise, lengths), 1, -1)
        upper, lower = np.minimum(y0, y1), np.maximum(y0, y1)
        # the scan lines lie at PITCH / 2, 3 PITCH / 2 ...; an edge has those from its upper end to before its lower
        first = _cut((upper + PITCH // 2 - 1) // PITCH, self.height * LINES)
        counts = _cut((lower + PITCH // 2 - 1) // PITCH, self.height * LINES) - first
        total = int(counts.sum())
        left, right = max(int(x0.min()) // GRID, 0), min(int(x0.max()) // GRID + 1, self.width)
        if total == 0 or left >= right:
            return None
        edge = np.repeat(np.arange(len(points)), counts)
        line = np.arange(total) + np.repeat(first - (counts.cumsum() - counts), counts)
        start_x, run = np.where(y0 < y1, x0, x1), np.where(y0 < y1, x1 - x0, x0 - x1)
        x = start_x[edge] + (line * PITCH + PITCH // 2 - upper[edge]) * run[edge] // (lower - upper)[edge]
        x = _cut(x - left * GRID, (right - left) * GRID)
        row = line // LINES
        top, wide = int(row.min()), right - left + 2
        rows = int(row.max()) + 1 - top
        cell, rest = (row - top) * wide + x // GRID, x % GRID
        weights = np.concatenate([sign[edge] * (GRID - rest), sign[edge] * rest])
        # float64 sums of integers: exact in any order
        steps = np.bincount(np.concatenate([cell, cell + 1]), weights, rows * wide).reshape(rows, wide)
        sums = np.abs(steps.cumsum(axis=1)[:, :-2]).astype(np.int32)
        return top, left, np.minimum((sums + LINES // 2) // LINES, FULL)


def lighting(rows: int, percent: int) -> np.ndarray:
    """Percentages from 100 + percent (first row) down to 100 - percent (last row), (rows,) int32."""
    return 100 + percent - 2 * percent * np.arange(rows, dtype=np.int32) // max(rows - 1, 1)


def shaded(colour: Colour, percent: int) -> Colour:
    """The colour made darker (below 100) or lighter (above)."""
    red, green, blue = (min(part * percent // 100, 255) for part in colour)
    return red, green, blue


def mixed(first: Colour, second: Colour, percent: int) -> Colour:
    """`percent` of the second colour in the first."""
    red, green, blue = ((a * (100 - percent) + b * percent) // 100 for a, b in zip(first, second, strict=True))
    return red, green, blue


def varied(dice: Dice, colour: Colour, amount: int = 16) -> Colour:
    """A colour near this one: all parts change by up to `amount` together, and each by a third of that."""
    together, alone = dice.integer(-amount, amount), amount // 3
    red, green, blue = (min(max(part + together + dice.integer(-alone, alone), 0), 255) for part in colour)
    return red, green, blue


def bright(dice: Dice) -> Colour:
    """Any strong colour: one part high, one low, the third anywhere."""
    parts = [dice.integer(160, 235), dice.integer(30, 100), dice.integer(40, 200)]
    red, green, blue = (parts[i] for i in dice.permutation(3))
    return red, green, blue


def moved(outline: Outline, matrix: Sequence[float]) -> np.ndarray:
    """Points through an affine map (xx, xy, yx, yy, x, y): (N, 2) float64."""
    points = np.asarray(outline, np.float64)
    xx, xy, yx, yy, x, y = matrix
    across, down = points[:, 0], points[:, 1]
    placed = np.empty_like(points)
    placed[:, 0] = across * xx + down * xy + x
    placed[:, 1] = across * yx + down * yy + y
    return placed


def _cut(values: np.ndarray, most: int) -> np.ndarray:
    """Within 0..most; np.clip takes several times as long for arrays as short as these."""
    return np.minimum(np.maximum(values, 0), most)
