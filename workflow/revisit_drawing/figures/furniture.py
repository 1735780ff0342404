"""Chair, dining table and sofa."""

from revisit_drawing.parts.brush import Brush
from revisit_drawing.parts.colour import Colour, bright, shaded, varied
from revisit_drawing.parts.dice import Dice
from revisit_drawing.parts.raster import Outline, mirrored, rounded
from revisit_drawing.parts.shapes import box, ellipse, ribbon

WOODS: tuple[Colour, ...] = ((160, 108, 62), (112, 72, 44), (202, 160, 108), (84, 56, 42), (226, 220, 208))
CLOTHS: tuple[Colour, ...] = (
    (168, 60, 54),
    (70, 96, 132),
    (120, 116, 110),
    (196, 174, 140),
    (88, 116, 84),
    (206, 150, 60),
    (70, 60, 66),
)


def chair(brush: Brush, dice: Dice) -> None:
    """A wooden chair with a back, seen a little from the side."""
    wood = varied(dice, dice.choice(WOODS), 12)
    seat = dice.uniform(0.14, 0.26)
    top = dice.uniform(-0.95, -0.7)
    brush.shadow(0.0, 0.95, 0.6, 0.05)
    brush.fill(shaded(wood, 64), box(-0.36, seat, -0.27, 0.8), box(0.3, seat - 0.05, 0.38, 0.8))
    lean = dice.uniform(0.02, 0.12)
    posts: list[Outline] = [ribbon([(x, seat + 0.02), (x + lean, top)], (0.1, 0.08)) for x in (-0.32, 0.32)]
    cushion = varied(dice, dice.choice(CLOTHS), 12)
    if dice.chance(0.4):
        brush.fill(
            cushion,
            [(-0.28, seat - 0.15), (0.34, seat - 0.15), (0.36 + lean, top + 0.04), (-0.26 + lean, top + 0.04)],
            light=10,
        )
    else:
        for i in range(dice.integer(2, 4)):
            y = top + 0.1 + 0.2 * i
            brush.fill(shaded(wood, 92), box(-0.3 + lean * 0.7, y, 0.34 + lean * 0.7, y + 0.1))
    brush.fill(wood, *posts)
    brush.fill(
        cushion if dice.chance(0.5) else shaded(wood, 108),
        [(-0.4, seat), (0.4, seat), (0.54, seat + 0.16), (-0.54, seat + 0.16)],
    )
    brush.fill(shaded(wood, 78), box(-0.54, seat + 0.15, 0.54, seat + 0.22))
    brush.fill(wood, box(-0.52, seat + 0.2, -0.42, 0.95), box(0.42, seat + 0.2, 0.52, 0.95))
    if dice.chance(0.5):
        brush.fill(shaded(wood, 84), box(-0.45, 0.68, 0.45, 0.74))


def diningtable(brush: Brush, dice: Dice) -> None:
    """A laid table: a top seen from above, legs, plates, at times a cloth."""
    wood = varied(dice, dice.choice(WOODS), 12)
    y = dice.uniform(0.0, 0.16)
    brush.shadow(0.0, 0.94, 0.9, 0.06)
    back = dice.uniform(0.26, 0.4)
    if dice.chance(0.3):  # round, on one leg
        brush.fill(
            shaded(wood, 72),
            ribbon([(0.0, y), (0.0, 0.85)], (0.24, 0.14, 0.2)),
            ribbon([(-0.4, 0.93), (0.4, 0.93)], (0.07, 0.07)),
        )
        brush.fill(shaded(wood, 72), ellipse(0.0, y + 0.06, 0.95, back * 0.62))
        brush.fill(wood, ellipse(0.0, y, 0.95, back * 0.62))
    else:
        brush.fill(shaded(wood, 58), box(-0.7, y, -0.6, 0.8), box(0.6, y, 0.7, 0.8))
        brush.fill(shaded(wood, 80), box(-0.92, y + 0.1, -0.78, 0.95), box(0.78, y + 0.1, 0.92, 0.95))
        cloth = dice.chance(0.4)
        cover = varied(dice, (236, 232, 222), 10) if dice.chance(0.5) else varied(dice, dice.choice(CLOTHS), 12)
        top = [(-0.74, y - back), (0.74, y - back), (0.98, y + 0.14), (-0.98, y + 0.14)]
        brush.fill(cover if cloth else wood, top, light=8)
        brush.fill(
            shaded(cover, 82) if cloth else shaded(wood, 70), box(-0.98, y + 0.13, 0.98, y + (0.38 if cloth else 0.22))
        )
    for x in (-0.5, 0.0, 0.5):
        if dice.chance(0.8):
            at = y - back * dice.uniform(0.2, 0.5)
            brush.fill((240, 240, 238), ellipse(x, at, 0.19, 0.065))
            brush.fill(
                varied(dice, (196, 120, 60), 30) if dice.chance(0.5) else (210, 210, 212),
                ellipse(x, at - 0.015, 0.11, 0.035),
            )
    if dice.chance(0.5):  # a vase
        brush.fill(
            bright(dice),
            rounded(
                [(-0.07, y - back * 0.6), (0.07, y - back * 0.6), (0.05, y - back - 0.14), (-0.05, y - back - 0.14)], 0
            ),
        )
        brush.fill(bright(dice), *(ellipse(x, y - back - 0.24, 0.07) for x in (-0.09, 0.0, 0.09)))


def sofa(brush: Brush, dice: Dice) -> None:
    """Two or three seats between arms."""
    cloth = varied(dice, dice.choice(CLOTHS), 14)
    top, seat = dice.uniform(-0.3, -0.1), dice.uniform(0.24, 0.34)
    brush.shadow(0.0, 0.92, 1.0, 0.06)
    brush.fill((70, 52, 42), box(-0.85, 0.78, -0.75, 0.93), box(0.75, 0.78, 0.85, 0.93))
    brush.fill(shaded(cloth, 86), rounded([(-0.84, top), (0.84, top), (0.86, 0.7), (-0.86, 0.7)], 1))
    seats = dice.integer(2, 3)
    width = 1.5 / seats
    for i in range(seats):
        x = -0.75 + width * i
        brush.fill(
            shaded(cloth, 98),
            rounded(
                [
                    (x + 0.02, top + 0.08),
                    (x + width - 0.02, top + 0.08),
                    (x + width - 0.02, seat + 0.05),
                    (x + 0.02, seat + 0.05),
                ],
                1,
            ),
        )
        brush.fill(
            shaded(cloth, 112),
            rounded(
                [(x + 0.01, seat), (x + width - 0.01, seat), (x + width - 0.01, seat + 0.24), (x + 0.01, seat + 0.24)],
                1,
            ),
        )
    brush.fill(shaded(cloth, 80), box(-0.82, seat + 0.22, 0.82, 0.84))
    arm = rounded([(-0.99, seat - 0.2), (-0.74, seat - 0.2), (-0.74, 0.86), (-0.99, 0.86)], 1)
    brush.fill(shaded(cloth, 94), arm, mirrored(arm))
    for side in (-1, 1):
        if dice.chance(0.5):
            brush.fill(
                bright(dice),
                rounded(
                    [
                        (side * 0.36, top + 0.2),
                        (side * 0.66, top + 0.14),
                        (side * 0.7, seat + 0.02),
                        (side * 0.4, seat + 0.06),
                    ],
                    1,
                ),
            )
