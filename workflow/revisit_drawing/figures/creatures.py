"""Bird and frog."""

import numpy as np

from revisit_drawing.figures.coats import CREAM, DARK
from revisit_drawing.parts.brush import Brush
from revisit_drawing.parts.colour import Colour, mixed, shaded, varied
from revisit_drawing.parts.dice import Dice
from revisit_drawing.parts.raster import rounded
from revisit_drawing.parts.shapes import curve, ellipse, limb, line, ribbon

PLUMAGE: tuple[Colour, ...] = (
    (150, 104, 66), (60, 62, 70), (64, 112, 184), (196, 62, 48), (214, 176, 60), (226, 224, 220), (96, 120, 72),
)  # fmt: skip
BEAK: Colour = (228, 160, 50)
FROGS: tuple[Colour, ...] = ((92, 150, 52), (60, 116, 54), (128, 136, 60), (142, 104, 62), (104, 168, 92))


def bird(brush: Brush, dice: Dice) -> None:
    """Perched or walking in profile, or flying with its wings spread."""
    colour = varied(dice, dice.choice(PLUMAGE), 18)
    breast = mixed(colour, CREAM, 60) if dice.chance(0.6) else mixed(colour, (214, 110, 50), 60)
    beak = BEAK if dice.chance(0.6) else (70, 62, 56)
    if dice.chance(0.3):
        _flying(brush, dice, colour, breast, beak)
    else:
        _perched(brush, dice, colour, breast, beak)


def _flying(brush: Brush, dice: Dice, colour: Colour, breast: Colour, beak: Colour) -> None:
    up = dice.uniform(0.45, 0.8)
    far = [(-0.05, 0.0), (0.12, -up * 0.7), (0.3, -up * 1.15), (0.28, -up * 0.5), (0.3, 0.0)]
    brush.fill(shaded(colour, 72), rounded(far, 1))
    brush.fill(shaded(colour, 84), [(0.35, 0.0), (0.95, -0.14), (0.9, 0.06), (0.95, 0.2)])
    trunk = ribbon(curve([(-0.62, -0.05), (-0.4, 0.04), (0.0, 0.08), (0.5, 0.04)], 1), (0.16, 0.3, 0.32, 0.1))
    brush.fill(colour, trunk, ellipse(-0.58, -0.06, 0.15))
    brush.fill(breast, ellipse(-0.15, 0.18, 0.4, 0.09), within=brush.mask(trunk))
    brush.fill(beak, [(-0.7, -0.1), (-0.92, -0.02), (-0.7, 0.02)])
    brush.fill(DARK, ellipse(-0.62, -0.1, 0.035), light=0)
    tip = dice.uniform(-0.05, 0.3)
    near = [(-0.3, 0.0), (-0.28, -up * 0.6), (tip - 0.1, -up * 1.3), (tip + 0.1, -up * 0.6), (0.25, 0.06)]
    brush.fill(shaded(colour, 92), rounded(near, 1))
    brush.fill(
        shaded(colour, 62),
        ribbon([(-0.2, -up * 0.5), (tip - 0.08, -up * 1.2), (tip + 0.06, -up * 0.55)], (0.02, 0.08, 0.03)),
    )


def _perched(brush: Brush, dice: Dice, colour: Colour, breast: Colour, beak: Colour) -> None:
    leg = dice.uniform(0.16, 0.42)
    low = 0.94 - leg
    fat = dice.uniform(0.26, 0.36)
    tilt = dice.uniform(0.05, 0.3)
    y = low - fat * 0.8
    brush.shadow(0.0, 0.95, 0.4, 0.05)
    for x in (-0.06, 0.1):
        brush.fill(
            (176, 120, 60),
            line([(x, low - 0.08), (x + 0.02, 0.93)], 0.045),
            line([(x - 0.12, 0.94), (x + 0.08, 0.94)], 0.045),
        )
    tail = dice.uniform(0.35, 0.6)
    brush.fill(shaded(colour, 70), ribbon([(0.25, y + 0.02), (0.4 + tail, y + tilt + tail * 0.25)], (0.24, 0.12)))
    trunk = ribbon(
        curve([(-0.42, y - tilt * 0.9), (-0.2, y), (0.1, y + 0.05), (0.45, y + tilt * 0.8)], 2),
        (fat, fat * 2.0, fat * 1.7, 0.12),
    )
    brush.fill(colour, trunk, light=18)
    body = brush.mask(trunk)
    brush.fill(breast, ellipse(-0.3, y + fat * 0.6, 0.36, fat * 0.8), within=body)
    neck = dice.uniform(0.0, 0.2) if dice.chance(0.7) else dice.uniform(0.3, 0.5)
    head = (-0.44 - neck * 0.3, y - tilt - 0.1 - neck)
    if neck > 0.12:
        brush.fill(colour, *limb([(-0.3, y - 0.05), head], (fat * 1.1, 0.2)))
    brush.fill(colour, ellipse(*head, 0.2, 0.19))
    if dice.chance(0.3):  # a cap
        brush.fill(shaded(colour, 55), ellipse(head[0], head[1] - 0.12, 0.16, 0.09))
    long = dice.uniform(0.16, 0.36)
    brush.fill(
        beak,
        [(head[0] - 0.16, head[1] - 0.07), (head[0] - 0.16 - long, head[1] + 0.04), (head[0] - 0.15, head[1] + 0.08)],
    )
    brush.fill((245, 240, 230), ellipse(head[0] - 0.07, head[1] - 0.04, 0.055), light=0)
    brush.fill(DARK, ellipse(head[0] - 0.075, head[1] - 0.04, 0.038), light=0)
    wing = [
        (-0.2, y - 0.08),
        (0.1, y - fat * 0.4),
        (0.55, y + tilt + 0.08),
        (0.2, y + fat * 0.55),
        (-0.1, y + fat * 0.35),
    ]
    brush.fill(shaded(colour, 76), rounded(wing, 2), light=18)
    if dice.chance(0.6):
        brush.fill(
            shaded(colour, 54),
            line([(0.0, y + fat * 0.25), (0.42, y + tilt + 0.06)], 0.04),
            line([(0.0, y + 0.02), (0.4, y + tilt)], 0.03),
        )


def frog(brush: Brush, dice: Dice) -> None:
    """Squatting, from the front or from the side, with eyes on top of the head."""
    colour = varied(dice, dice.choice(FROGS), 20)
    pale = mixed(colour, (226, 222, 160), 62)
    brush.shadow(0.0, 0.93, 0.85, 0.08)
    if dice.chance(0.5):
        _from_the_front(brush, dice, colour, pale)
    else:
        _from_the_side(brush, dice, colour, pale)


def _eye(brush: Brush, x: float, y: float, size: float, colour: Colour, iris: Colour) -> None:
    brush.fill(colour, ellipse(x, y, size, size))
    brush.fill(iris, ellipse(x, y - size * 0.1, size * 0.7, size * 0.66), light=0)
    brush.fill(DARK, ellipse(x, y - size * 0.1, size * 0.5, size * 0.3), light=0)


def _spots(
    brush: Brush, dice: Dice, colour: Colour, within: np.ndarray, left: float, right: float, top: float, bottom: float
) -> None:
    if dice.chance(0.6):
        spots = [
            ellipse(
                dice.uniform(left, right), dice.uniform(top, bottom), dice.uniform(0.04, 0.1), dice.uniform(0.04, 0.07)
            )
            for _ in range(8)
        ]
        brush.fill(shaded(colour, 62), *spots, within=within, light=0)


def _from_the_front(brush: Brush, dice: Dice, colour: Colour, pale: Colour) -> None:
    wide = dice.uniform(0.5, 0.62)
    top = dice.uniform(-0.1, 0.1)
    iris = dice.choice(((224, 186, 50), (200, 90, 50), (214, 206, 120)))
    for side in (-1, 1):
        brush.fill(shaded(colour, 76), ellipse(side * wide * 1.05, 0.62, 0.34, 0.3))
        brush.fill(shaded(colour, 68), ellipse(side * (wide + 0.2), 0.9, 0.26, 0.07))
    trunk = rounded(
        [(-wide * 0.8, top), (wide * 0.8, top), (wide, 0.5), (wide * 0.8, 0.95), (-wide * 0.8, 0.95), (-wide, 0.5)], 2
    )
    brush.fill(colour, trunk, light=16)
    brush.fill(pale, ellipse(0.0, 0.72, wide * 0.66, 0.32), within=brush.mask(trunk))
    head = ellipse(0.0, top, wide, 0.32)
    for side in (-1, 1):
        brush.fill(shaded(colour, 94), *limb([(side * wide * 0.75, 0.45), (side * wide * 0.62, 0.9)], (0.2, 0.13)))
        brush.fill(shaded(colour, 84), ellipse(side * wide * 0.66, 0.93, 0.17, 0.05))
    brush.fill(colour, head, light=14)
    _spots(brush, dice, colour, brush.mask(head), -wide, wide, top - 0.3, top)
    brush.fill(pale, ellipse(0.0, top + 0.26, wide * 0.8, 0.12), within=brush.mask(head))
    brush.fill(
        shaded(colour, 40),
        ribbon(curve([(-wide * 0.85, top + 0.06), (0.0, top + 0.2), (wide * 0.85, top + 0.06)], 1), (0.04, 0.04)),
        light=0,
    )
    for side in (-1, 1):
        _eye(brush, side * wide * 0.6, top - 0.28, 0.19, colour, iris)


def _from_the_side(brush: Brush, dice: Dice, colour: Colour, pale: Colour) -> None:
    high = dice.uniform(0.0, 0.25)
    nose, throat = 0.25 - high, 0.45 - high
    back = [(-0.85, nose), (-0.5, 0.0 - high), (0.0, 0.1 - high * 0.6), (0.55, 0.55), (0.6, 0.9)]
    trunk = rounded([*back, (-0.1, 0.92), (-0.5, 0.75), (-0.85, throat)], 2)
    brush.fill(colour, trunk, light=20)
    body = brush.mask(trunk)
    brush.fill(pale, ellipse(-0.45, 0.72 - high * 0.5, 0.5, 0.25), within=body)
    _spots(brush, dice, colour, body, -0.5, 0.5, 0.0, 0.5)
    brush.fill(shaded(colour, 40), line([(-0.84, 0.36 - high), (-0.45, 0.34 - high)], 0.035), light=0)
    brush.fill(shaded(colour, 84), *limb([(0.45, 0.82), (0.05, 0.5), (-0.05, 0.86)], (0.3, 0.24, 0.12)))
    brush.fill(shaded(colour, 72), *limb([(0.5, 0.9), (-0.1, 0.92)], (0.13, 0.1)))
    brush.fill(shaded(colour, 90), *limb([(-0.4, 0.55 - high * 0.4), (-0.3, 0.7), (-0.45, 0.9)], (0.2, 0.12, 0.1)))
    brush.fill(shaded(colour, 80), ellipse(-0.52, 0.92, 0.15, 0.04))
    _eye(brush, -0.52, 0.0 - high, 0.17, colour, dice.choice(((224, 186, 50), (200, 90, 50), (214, 206, 120))))
