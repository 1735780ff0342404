"""Outlines to draw figures with: ellipses, ribbons, smooth curves; made with + - * / and square roots alone."""

import math
from collections.abc import Sequence
from itertools import pairwise

import numpy as np

from revisit_drawing.parts.raster import Outline

Points = Sequence[tuple[float, float]]


def direction(turns: float) -> tuple[float, float]:
    """The unit vector at this many turns clockwise from "right" (y down): sine and cosine without a library's.

    tan(y) is taken as y (15 - y²) / (15 - 6 y²) (Padé), which is off by less than 0.0001 up to an eighth of a turn;
    the vector has length 1 whatever that error.
    """
    quarter = math.floor(turns * 4)
    y = (turns * 4 - quarter) * 0.7853981633974483
    half = y * (15 - y * y) / (15 - 6 * y * y)  # the tangent of half the angle
    cosine, sine = (1 - half * half) / (1 + half * half), 2 * half / (1 + half * half)
    return ((cosine, sine), (-sine, cosine), (-cosine, -sine), (sine, -cosine))[quarter % 4]


CIRCLE = np.array([direction(i / 16) for i in range(16)])


def ellipse(x: float, y: float, wide: float, high: float | None = None) -> np.ndarray:
    """An ellipse around (x, y) with these half axes: (16, 2) float64."""
    return CIRCLE * (wide, wide if high is None else high) + (x, y)


def box(left: float, top: float, right: float, bottom: float) -> Outline:
    """An upright rectangle."""
    return [(left, top), (right, top), (right, bottom), (left, bottom)]


def curve(points: Points, times: int = 2) -> Points:
    """A smooth open line near the points, with the same ends (Chaikin 1974, corners cut `times` times)."""
    for _ in range(times):
        smooth = [points[0]]
        for (x0, y0), (x1, y1) in pairwise(points):
            smooth += [(x0 * 0.75 + x1 * 0.25, y0 * 0.75 + y1 * 0.25), (x0 * 0.25 + x1 * 0.75, y0 * 0.25 + y1 * 0.75)]
        points = [*smooth, points[-1]]
    return points


def ribbon(points: Points, widths: Sequence[float]) -> Outline:
    """A closed outline along a line, as wide as `widths` say, which are spread evenly over its points."""
    left, right = [], []
    last = len(points) - 1
    for i, (x, y) in enumerate(points):
        (x0, y0), (x1, y1) = points[max(i - 1, 0)], points[min(i + 1, last)]
        dx, dy = x1 - x0, y1 - y0
        length = math.sqrt(dx * dx + dy * dy) or 1.0
        at = i * (len(widths) - 1) / last
        before = min(int(at), len(widths) - 2)
        half = (widths[before] + (widths[before + 1] - widths[before]) * (at - before)) / 2
        left.append((x - dy / length * half, y + dx / length * half))
        right.append((x + dy / length * half, y - dx / length * half))
    return left + right[::-1]


def limb(points: Points, widths: Sequence[float]) -> list[Outline]:
    """A ribbon along a smooth line, with round ends."""
    smooth = curve(points, 1)
    (x0, y0), (x1, y1) = smooth[0], smooth[-1]
    return [ribbon(smooth, widths), ellipse(x0, y0, widths[0] / 2), ellipse(x1, y1, widths[-1] / 2)]


def line(points: Points, width: float) -> Outline:
    """A ribbon of one width."""
    return ribbon(points, (width, width))
