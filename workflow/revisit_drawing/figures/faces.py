"""Cats and dogs that sit and look at us, whole or as a close-up of the face."""

import numpy as np

from revisit_drawing.figures import coats
from revisit_drawing.parts.brush import Brush
from revisit_drawing.parts.colour import Colour, mixed, shaded
from revisit_drawing.parts.dice import Dice
from revisit_drawing.parts.raster import mirrored, rounded
from revisit_drawing.parts.shapes import ellipse, limb, line

PINK: Colour = (226, 150, 144)


def sitting(brush: Brush, dice: Dice, colour: Colour, animal: str, marks: str) -> None:
    """The animal from the front: `animal` is "cat" or "dog", `marks` as in `quadrupeds`."""
    if dice.chance(0.3):  # a close-up: shoulders and a large face
        brush.fill(shaded(colour, 85), rounded([(-0.95, 1.1), (-0.6, 0.3), (0.6, 0.3), (0.95, 1.1)], 1))
        face(brush, dice, colour, animal, 0.0, -0.05, 0.68)
        return
    brush.shadow(0.0, 0.95, 0.55, 0.07)
    if animal == "cat":
        tail = [(0.3, 0.85), (0.75, 0.85), (0.72, dice.uniform(0.1, 0.5))]
    else:
        tail = [(0.3, 0.8), (0.65, 0.75), (0.72, 0.55)]
    brush.fill(shaded(colour, 80), *limb(tail, (0.12, 0.08)))
    wide = dice.uniform(0.36, 0.46)
    trunk = rounded([(-0.24, -0.15), (0.24, -0.15), (wide, 0.5), (wide, 0.96), (-wide, 0.96), (-wide, 0.5)], 2)
    brush.fill(colour, trunk, light=16)
    body = brush.mask(trunk)
    if marks == "stripes":
        coats.stripes(brush, dice, colour, body, -wide, wide)
    elif marks == "patches":
        coats.patches(brush, dice, coats.second(dice, colour), body, -wide, wide, 0.5)
    brush.fill(mixed(colour, coats.CREAM, 60), ellipse(0.0, 0.3, 0.16, 0.28), within=body)
    for side in (-0.14, 0.14):
        brush.fill(shaded(colour, 108), *limb([(side, 0.35), (side, 0.93)], (0.17, 0.14)))
        brush.fill(mixed(colour, coats.CREAM, 40), ellipse(side, 0.93, 0.1, 0.05))
    face(brush, dice, colour, animal, dice.uniform(-0.08, 0.08), -0.38, dice.uniform(0.36, 0.44))


def face(brush: Brush, dice: Dice, colour: Colour, animal: str, x: float, y: float, size: float) -> None:
    """A face around (x, y); `size` is half its width."""

    def put(*points: tuple[float, float]) -> list[tuple[float, float]]:
        return [(x + size * across, y + size * down) for across, down in points]

    def round_at(across: float, down: float, wide: float, high: float) -> np.ndarray:
        return ellipse(x + size * across, y + size * down, size * wide, size * high)

    light = mixed(colour, coats.CREAM, 65)
    if animal == "cat":
        ear = [(-0.95, -0.2), (-0.85, -1.25), (-0.2, -0.75)]
        inner = [(-0.8, -0.45), (-0.78, -1.05), (-0.38, -0.7)]
        brush.fill(shaded(colour, 90), put(*ear), put(*mirrored(ear)))
        brush.fill(mixed(colour, PINK, 65), put(*inner), put(*mirrored(inner)))
        brush.fill(colour, round_at(0, 0, 1.0, 0.84))
        if dice.chance(0.5):
            brush.fill(
                shaded(colour, 65), *(line(put((k, -0.8), (k * 0.7, -0.4)), size * 0.1) for k in (-0.25, 0, 0.25))
            )
        brush.fill(light, round_at(-0.2, 0.38, 0.32, 0.25), round_at(0.2, 0.38, 0.32, 0.25))
        iris = dice.choice(((206, 190, 70), (120, 170, 90), (110, 160, 200)))
        brush.fill(iris, round_at(-0.42, -0.08, 0.2, 0.18), round_at(0.42, -0.08, 0.2, 0.18), light=0)
        brush.fill(coats.DARK, round_at(-0.42, -0.08, 0.07, 0.17), round_at(0.42, -0.08, 0.07, 0.17), light=0)
        brush.fill(PINK, put((-0.13, 0.18), (0.13, 0.18), (0.0, 0.32)), light=0)
        whiskers = [put((0.35, 0.36), (1.15, 0.28)), put((0.35, 0.44), (1.1, 0.52))]
        whiskers += [put((-0.35, 0.36), (-1.15, 0.28)), put((-0.35, 0.44), (-1.1, 0.52))]
        brush.fill((238, 234, 226), *(line(ends, size * 0.05) for ends in whiskers), light=0)
        return
    hanging = dice.chance(0.7)
    brush.fill(colour, round_at(0, -0.05, 0.85, 0.85), round_at(0, 0.3, 0.62, 0.62))
    if dice.chance(0.4):  # a blaze
        brush.fill(light, round_at(0, -0.3, 0.2, 0.6))
    for side in (-1, 1):
        if hanging:
            long = limb(
                put((side * 0.6, -0.75), (side * 1.05, -0.4), (side * 0.95, 0.45)),
                (size * 0.35, size * 0.5, size * 0.3),
            )
            brush.fill(shaded(colour, 68), *long)
        else:
            brush.fill(shaded(colour, 80), put((side * 0.85, -0.3), (side * 0.8, -1.25), (side * 0.15, -0.8)))
    brush.fill(light, round_at(0, 0.45, 0.45, 0.4))
    brush.fill(coats.DARK, round_at(-0.36, -0.15, 0.14, 0.15), round_at(0.36, -0.15, 0.14, 0.15), light=0)
    brush.fill(coats.DARK, round_at(0, 0.25, 0.22, 0.16), line(put((0, 0.3), (0, 0.62)), size * 0.07), light=0)
    brush.fill((245, 245, 240), round_at(-0.33, -0.2, 0.05, 0.05), round_at(0.39, -0.2, 0.05, 0.05), light=0)
    if dice.chance(0.45):
        brush.fill((220, 100, 110), round_at(0, 0.78, 0.16, 0.2))
