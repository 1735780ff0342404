"""The shade of drawn cloth: base, folds, pattern, seams and trimmings."""

import numpy as np

from revisit_drawing.parts.dice import Dice
from revisit_drawing.parts.raster import Canvas, Outline, stroke

PATTERNS = ("stripes across", "stripes along", "checks", "dots", "print", "two colours")


def cloth(canvas: Canvas, dice: Dice, patterned: float = 0.5, usual: tuple[str, ...] = PATTERNS) -> np.ndarray:
    """A (side, side) plane of shades: a base and folds, with the probability `patterned` also a pattern.

    The pattern is one of the `usual` ones for this garment four times out of five, else any of `PATTERNS`.
    """
    base = dice.integer(45, 235)
    plane = np.full((canvas.side, canvas.side), base, np.int32) + folds(canvas, dice, base // 6)
    if dice.chance(patterned):
        contrast = dice.integer(25, 90) * (1 if base < 110 or (base < 170 and dice.chance(0.5)) else -1)
        plane += contrast * _pattern(canvas.side, dice, dice.choice(usual if dice.chance(0.8) else PATTERNS))
    return np.clip(plane, 18, 255)


def _pattern(side: int, dice: Dice, kind: str) -> np.ndarray:
    """Where the second colour is, (side, side) bool."""
    y, x = np.mgrid[:side, :side]
    period = dice.integer(7, 26)
    if kind == "stripes across":
        return y % period * 2 < period
    if kind == "stripes along":
        return x % period * 2 < period
    if kind == "checks":
        return (x // period + y // period) % 2 == 0
    if kind == "dots":
        return (x % period - period // 2) ** 2 + (y % period - period // 2) ** 2 < period * period // 10
    if kind == "print":
        centre, middle, radius = side // 2 + dice.integer(-6, 6), dice.integer(38, 62), dice.integer(9, 20)
        return ((x - centre) ** 2 + (y - middle) ** 2 < radius * radius) & ((x * 3 + y * 5) % 17 < 11)
    return y > dice.integer(40, 80)


def folds(canvas: Canvas, dice: Dice, depth: int) -> np.ndarray:
    """Smooth random shading of the cloth, (side, side) int32 in about -depth..depth."""
    knots = 8
    coarse = dice.bytes(knots * knots).reshape(knots, knots).astype(np.int32) - 128
    step = canvas.side // (knots - 1)
    at = np.arange(canvas.side)
    weights = np.maximum(step - np.abs(at[:, None] - step * np.arange(knots)), 0)  # linear interpolation
    return (weights @ coarse @ weights.T) * depth // (step * step * 128)


def line(canvas: Canvas, points: Outline, width: float, within: np.ndarray, percent: int) -> None:
    """Tint a line through the points, where it lies within the mask."""
    canvas.tint(canvas.mask(*stroke(points, width)) & within, percent)


def accent(dice: Dice, strength: int = 60) -> int:
    """A tint for seams and trimmings, in percent: mostly darker than the cloth, at times lighter."""
    return 100 - dice.integer(strength // 3, strength) if dice.chance(0.7) else 100 + dice.integer(20, 60)
