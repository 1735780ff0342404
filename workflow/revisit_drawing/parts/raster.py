"""Filled outlines on a grey canvas, with nothing in it that differs from machine to machine.

Points are moved with + - * / and square roots only (IEEE 754 fixes every bit of these), then rounded to
a grid of integers; which samples lie inside an outline, their shades and the final average are integers.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise

import numpy as np

Outline = Sequence[tuple[float, float]] | np.ndarray  # (N, 2)

SAMPLES = 4  # samples per pixel and direction
UNITS = 64  # grid units per sample


@dataclass(frozen=True)
class Pose:
    """Where the unit square [-1, 1]² (y down) goes: scaled, sheared, turned, then shifted (in half canvas sides)."""

    scale_x: float = 1.0
    scale_y: float = 1.0
    shear: float = 0.0
    turn: float = 0.0  # tangent of half the angle: sine and cosine follow without transcendental functions
    shift_x: float = 0.0
    shift_y: float = 0.0

    def apply(self, points: np.ndarray) -> np.ndarray:
        """Move points, (N, 2) float64."""
        cosine = (1 - self.turn * self.turn) / (1 + self.turn * self.turn)
        sine = 2 * self.turn / (1 + self.turn * self.turn)
        x = points[:, 0] * self.scale_x + points[:, 1] * self.shear
        y = points[:, 1] * self.scale_y
        return np.stack([x * cosine - y * sine + self.shift_x, x * sine + y * cosine + self.shift_y], axis=1)


class Canvas:
    """A square grey picture of `size` pixels, drawn at `SAMPLES` times the resolution on black."""

    def __init__(self, size: int, pose: Pose) -> None:
        self.size = size
        self.side = size * SAMPLES
        self.pose = pose
        self.shade = np.zeros((self.side, self.side), np.int32)

    def mask(self, *outlines: Outline) -> np.ndarray:
        """The samples inside any of the closed outlines, (side, side) bool.

        All outlines are made to turn the same way, so that "winding number not zero" means their union.
        """
        starts, ends = [], []
        for outline in outlines:
            moved = self.pose.apply(np.asarray(outline, np.float64))
            half = self.side * UNITS / 2
            corners = np.rint(moved * half + half).astype(np.int64)
            following = np.concatenate([corners[1:], corners[:1]])
            twice_area = (corners[:, 0] * following[:, 1] - corners[:, 1] * following[:, 0]).sum()
            starts.append(corners if twice_area > 0 else following)
            ends.append(following if twice_area > 0 else corners)
        start, end = np.concatenate(starts), np.concatenate(ends)

        downwards = start[:, 1] <= end[:, 1]
        top = np.where(downwards[:, None], start, end)
        bottom = np.where(downwards[:, None], end, start)
        line_y = np.arange(self.side) * UNITS + UNITS // 2  # the samples of a row lie on this line
        edge, row = np.nonzero((top[:, 1, None] <= line_y) & (line_y < bottom[:, 1, None]))
        dx, dy = (bottom[edge] - top[edge]).T
        # the first sample at or to the right of the crossing, by exact integer division, rounded up
        crossing = (top[edge, 0] - UNITS // 2) * dy + (line_y[row] - top[edge, 1]) * dx
        column = np.clip(-(-crossing // (UNITS * dy)), 0, self.side)

        inside = np.zeros((self.side, self.side), bool)
        if len(row):
            first, last = row.min(), row.max() + 1
            turns = np.zeros((last - first, self.side + 1), np.int8)
            np.add.at(turns, (row - first, column), np.where(downwards[edge], np.int8(1), np.int8(-1)))
            inside[first:last] = np.cumsum(turns, axis=1, dtype=np.int8)[:, :-1] != 0
        return inside

    def paint(self, mask: np.ndarray, shade: int | np.ndarray) -> None:
        """Give the samples of the mask a shade: one for all, or a (side, side) plane."""
        np.copyto(self.shade, shade, where=mask, casting="unsafe")

    def tint(self, mask: np.ndarray, percent: int) -> None:
        """Scale the shade of the samples of the mask: below 100 darkens, above lightens."""
        np.copyto(self.shade, self.shade * percent // 100, where=mask)

    def image(self) -> np.ndarray:
        """The picture, (size, size) int32 in 0..255: each pixel the rounded mean of its samples."""
        shade = np.clip(self.shade, 0, 255)
        sums = shade.reshape(self.size, SAMPLES, self.size, SAMPLES).sum(axis=(1, 3))
        return ((sums + SAMPLES * SAMPLES // 2) // (SAMPLES * SAMPLES)).astype(np.int32)


def rounded(outline: Outline, times: int = 2) -> Outline:
    """A closed outline with its corners cut `times` times (Chaikin 1974): a smooth curve after two or three."""
    points = np.asarray(outline, np.float64)
    for _ in range(times):
        following = np.concatenate([points[1:], points[:1]])
        points = np.stack([points * 0.75 + following * 0.25, points * 0.25 + following * 0.75], axis=1).reshape(-1, 2)
    return points


def stroke(points: Outline, width: float) -> list[Outline]:
    """Outlines of a line of this width through the points: one rectangle per segment."""
    outlines: list[Outline] = []
    for (x0, y0), (x1, y1) in pairwise(points):
        dx, dy = x1 - x0, y1 - y0
        length = math.sqrt(dx * dx + dy * dy)  # ** 0.5 would call pow(), which may differ in the last bit
        if length > 0:
            nx, ny = -dy / length * width / 2, dx / length * width / 2
            outlines.append([(x0 + nx, y0 + ny), (x1 + nx, y1 + ny), (x1 - nx, y1 - ny), (x0 - nx, y0 - ny)])
    return outlines


def mirrored(outline: Outline) -> Outline:
    """The outline reflected at x = 0."""
    return [(-x, y) for x, y in outline]
