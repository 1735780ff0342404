"""A person: standing, walking, or close up."""

from revisit_drawing.figures.coats import DARK
from revisit_drawing.parts.brush import Brush
from revisit_drawing.parts.colour import Colour, bright, shaded, varied
from revisit_drawing.parts.dice import Dice
from revisit_drawing.parts.raster import Outline, rounded
from revisit_drawing.parts.shapes import curve, ellipse, limb, ribbon

SKIN: tuple[Colour, ...] = ((244, 206, 178), (224, 172, 134), (190, 134, 98), (136, 90, 62), (96, 64, 48))
HAIR: tuple[Colour, ...] = ((40, 32, 30), (92, 58, 36), (160, 108, 52), (216, 180, 104), (150, 146, 142), (150, 70, 40))
TROUSERS: tuple[Colour, ...] = ((44, 58, 96), (54, 52, 56), (112, 98, 78), (72, 84, 110), (90, 50, 50))


def person(brush: Brush, dice: Dice) -> None:
    """Standing or walking, whole or from the chest up."""
    skin, hair = varied(dice, dice.choice(SKIN), 8), varied(dice, dice.choice(HAIR), 10)
    shirt, trousers = bright(dice), varied(dice, dice.choice(TROUSERS), 14)
    if dice.chance(0.22):
        _close_up(brush, dice, skin, hair, shirt)
        return
    brush.shadow(0.0, 0.97, 0.3, 0.05)
    stride = dice.uniform(0.03, 0.2)
    skirt = dice.chance(0.25)
    for side in (1, -1):
        leg = limb(
            [(side * 0.09, 0.1), (side * (0.1 + stride * 0.3), 0.5), (side * (0.08 + stride), 0.9)], (0.2, 0.15, 0.11)
        )
        brush.fill(skin if skirt else shaded(trousers, 84 if side > 0 else 100), *leg)
        brush.fill((46, 40, 40), ellipse(side * (0.08 + stride) - 0.04, 0.95, 0.12, 0.05))
    if skirt:
        brush.fill(trousers, [(-0.16, 0.02), (0.16, 0.02), (0.3, 0.5), (-0.3, 0.5)])
    arms = [(dice.uniform(-0.08, 0.12), dice.uniform(-0.1, 0.3)) for _ in range(2)]
    if dice.chance(0.25):
        arms[0] = (0.1, -0.6)  # waving
    for side, (out, down) in zip((1, -1), arms, strict=True):
        elbow = (side * (0.32 + out), (down - 0.25) / 2)
        hand = (side * (0.3 + out), down)
        brush.fill(shaded(shirt, 80), *limb([(side * 0.21, -0.38), elbow, hand], (0.15, 0.11, 0.09)))
        brush.fill(skin, ellipse(*hand, 0.065))
    torso = rounded(
        [
            (-0.14, -0.48),
            (0.14, -0.48),
            (0.3, -0.4),
            (0.25, -0.1),
            (0.22, 0.16),
            (-0.22, 0.16),
            (-0.25, -0.1),
            (-0.3, -0.4),
        ],
        1,
    )
    brush.fill(shirt, torso, light=14)
    if dice.chance(0.3):
        brush.fill(
            shaded(shirt, 60),
            *([(-0.4, y), (0.4, y), (0.4, y + 0.06), (-0.4, y + 0.06)] for y in (-0.3, -0.16, -0.02)),
            within=brush.mask(torso),
        )
    brush.fill(shaded(skin, 88), *limb([(0.0, -0.46), (0.0, -0.6)], (0.14, 0.12)))
    _head(brush, dice, skin, hair, -0.72, 0.17)


def _head(brush: Brush, dice: Dice, skin: Colour, hair: Colour, y: float, size: float) -> None:
    long, hat = dice.chance(0.4), dice.chance(0.15)
    if long:
        brush.fill(
            shaded(hair, 85),
            rounded(
                [(-size, y - size), (size, y - size), (size * 1.25, y + size * 1.5), (-size * 1.25, y + size * 1.5)], 2
            ),
        )
    brush.fill(skin, ellipse(0.0, y, size * 0.86, size * 1.1))
    cap: Outline = [
        (-size * 0.95, y - size * 0.1),
        (-size * 0.9, y - size),
        (0.0, y - size * 1.5),
        (size * 0.9, y - size),
        (size * 0.95, y - size * 0.1),
        (size * 0.4, y - size * 0.55),
        (-size * 0.4, y - size * 0.5),
    ]
    brush.fill(bright(dice) if hat else hair, rounded(cap, 2))
    for side in (-0.36, 0.36):
        brush.fill(DARK, ellipse(side * size, y, size * 0.12, size * 0.14), light=0)
    brush.fill(shaded(skin, 80), ellipse(0.0, y + size * 0.26, size * 0.11, size * 0.16), light=0)
    brush.fill(
        (176, 70, 70),
        ribbon(
            curve([(-size * 0.3, y + size * 0.58), (0.0, y + size * 0.7), (size * 0.3, y + size * 0.58)], 1),
            (size * 0.12, size * 0.12),
        ),
        light=0,
    )


def _close_up(brush: Brush, dice: Dice, skin: Colour, hair: Colour, shirt: Colour) -> None:
    torso = rounded([(-0.85, 1.05), (-0.78, 0.5), (-0.3, 0.28), (0.3, 0.28), (0.78, 0.5), (0.85, 1.05)], 1)
    brush.fill(shirt, torso, light=14)
    brush.fill(shaded(skin, 86), *limb([(0.0, 0.35), (0.0, 0.1)], (0.34, 0.3)))
    _head(brush, dice, skin, hair, -0.25, 0.46)


def rider(
    brush: Brush, dice: Dice, seat: tuple[float, float], hands: tuple[float, float], feet: tuple[float, float]
) -> None:
    """A person in profile on a seat, holding on at `hands` (to the left of the seat), the feet at `feet`."""
    skin, hair = varied(dice, dice.choice(SKIN), 8), varied(dice, dice.choice(HAIR), 10)
    shirt, trousers = bright(dice), varied(dice, dice.choice(TROUSERS), 14)
    x, y = seat
    size = 0.13
    shoulder = (x - 0.1, y - 0.46)
    knee = ((x + feet[0]) / 2 - 0.14, (y + feet[1]) / 2 - 0.08)
    brush.fill(trousers, *limb([(x, y - 0.02), knee, feet], (0.2, 0.15, 0.1)))
    brush.fill((46, 40, 40), ellipse(feet[0] - 0.04, feet[1] + 0.02, 0.1, 0.045))
    brush.fill(shirt, *limb([(x, y), (x - 0.02, y - 0.25), shoulder], (0.24, 0.26, 0.2)), light=14)
    elbow = ((shoulder[0] + hands[0]) / 2 + 0.04, (shoulder[1] + hands[1]) / 2 + 0.1)
    brush.fill(shaded(shirt, 78), *limb([shoulder, elbow, hands], (0.13, 0.1, 0.08)))
    brush.fill(skin, ellipse(*hands, 0.055), ellipse(shoulder[0] - 0.04, shoulder[1] - 0.2, size, size * 1.1))
    helmet = dice.chance(0.4)
    top = ellipse(shoulder[0] - 0.01, shoulder[1] - 0.26, size * 1.1, size * 0.9)
    brush.fill(bright(dice) if helmet else hair, top)
    brush.fill(DARK, ellipse(shoulder[0] - 0.12, shoulder[1] - 0.18, 0.02), light=0)
