"""Bicycle and motorbike, with or without a rider."""

from revisit_drawing.figures.people import rider
from revisit_drawing.figures.road import TYRE
from revisit_drawing.parts.brush import Brush
from revisit_drawing.parts.colour import bright, shaded
from revisit_drawing.parts.dice import Dice
from revisit_drawing.parts.raster import Outline, rounded
from revisit_drawing.parts.shapes import CIRCLE, ellipse, limb, line, ribbon


def _ring(x: float, y: float, size: float, width: float) -> list[Outline]:
    """A tyre seen from the side."""
    corners = [(x + size * a, y + size * b) for a, b in CIRCLE.tolist()]
    return [line([corners[i - 1], corners[i]], width) for i in range(len(corners))]


def _rider(brush: Brush, dice: Dice, *joints: tuple[float, float]) -> None:
    """A person on a cycle, which is a figure of its own: the one after the cycle."""
    brush.canvas.owner += 1
    rider(brush, dice, *joints)
    brush.canvas.owner -= 1


def bicycle(brush: Brush, dice: Dice, ridden: bool = False) -> None:
    """Two thin wheels and a frame."""
    colour = bright(dice)
    size = dice.uniform(0.33, 0.38)
    y = 0.94 - size
    front, rear = (-0.56, y), (0.56, y)
    crank, saddle, stem = (0.1, y + 0.02), (0.24, y - 0.5), (-0.36, y - 0.52)
    brush.shadow(0.0, 0.95, 0.85, 0.04)
    if ridden:
        _rider(brush, dice, (saddle[0], saddle[1] - 0.1), (stem[0] - 0.02, stem[1] - 0.06), (crank[0], crank[1] + 0.1))
    spokes = [
        line([(x - size * a, y - size * b), (x + size * a, y + size * b)], 0.012)
        for x in (-0.56, 0.56)
        for a, b in CIRCLE[:8:2].tolist()
    ]
    brush.fill((176, 178, 184), *spokes, light=0)
    brush.fill(TYRE, *_ring(*front, size, 0.065), *_ring(*rear, size, 0.065), light=0)
    bars = [
        [front, stem],
        [stem, crank],
        [(stem[0] + 0.03, stem[1] + 0.06), (saddle[0], saddle[1] + 0.06)],
        [crank, saddle],
        [crank, rear],
        [rear, (saddle[0], saddle[1] + 0.08)],
    ]
    brush.fill(colour, *(line(ends, 0.06) for ends in bars))
    brush.fill((50, 50, 54), ellipse(*crank, 0.075), line([crank, (crank[0] + 0.05, crank[1] + 0.16)], 0.035), light=0)
    brush.fill(
        (48, 40, 38), ribbon([(saddle[0] - 0.14, saddle[1] - 0.02), (saddle[0] + 0.14, saddle[1] - 0.03)], (0.05, 0.11))
    )
    brush.fill(
        (60, 60, 64),
        line([stem, (stem[0] + 0.03, stem[1] - 0.12)], 0.05),
        line([(stem[0] + 0.06, stem[1] - 0.13), (stem[0] - 0.14, stem[1] - 0.08)], 0.05),
    )


def motorbike(brush: Brush, dice: Dice, ridden: bool = False) -> None:
    """Two thick wheels, an engine, a tank; some with a fairing."""
    colour = bright(dice) if dice.chance(0.8) else (44, 44, 48)
    size = dice.uniform(0.27, 0.31)
    y = 0.94 - size
    brush.shadow(0.0, 0.95, 0.9, 0.05)
    if ridden:
        _rider(brush, dice, (0.2, y - 0.34), (-0.38, y - 0.5), (0.08, y + 0.12))
    for x in (-0.62, 0.62):
        brush.fill((150, 152, 158), ellipse(x, y, size * 0.62))
        brush.fill(
            (60, 60, 64),
            ellipse(x, y, size * 0.2),
            line([(x, y - size * 0.6), (x, y + size * 0.6)], 0.04),
            line([(x - size * 0.6, y), (x + size * 0.6, y)], 0.04),
            light=0,
        )
        brush.fill(TYRE, *_ring(x, y, size * 0.86, size * 0.34), light=0)
    brush.fill((174, 176, 182), *limb([(-0.62, y), (-0.44, y - 0.34), (-0.36, y - 0.5)], (0.06, 0.07)), light=0)
    brush.fill((84, 86, 92), [(-0.24, y - 0.14), (0.22, y - 0.18), (0.26, y + 0.14), (-0.18, y + 0.16)], light=26)
    brush.fill(
        (160, 162, 168),
        *(line([(-0.2, y - 0.08 + 0.07 * i), (0.16, y - 0.1 + 0.07 * i)], 0.025) for i in range(3)),
        light=0,
    )
    brush.fill((186, 188, 194), *limb([(-0.05, y + 0.16), (0.3, y + 0.16), (0.86, y + 0.04)], (0.06, 0.1)), light=20)
    brush.fill((60, 60, 64), line([(0.2, y + 0.05), (0.62, y)], 0.07))
    brush.fill(
        shaded(colour, 88),
        rounded([(0.3, y - 0.34), (0.98, y - 0.5), (0.9, y - 0.36), (0.62, y - 0.22), (0.3, y - 0.18)], 1),
    )
    brush.fill(
        colour,
        rounded([(-0.36, y - 0.4), (-0.05, y - 0.46), (0.16, y - 0.28), (0.1, y - 0.16), (-0.3, y - 0.16)], 2),
        light=22,
    )
    brush.fill(
        (38, 36, 38), rounded([(0.06, y - 0.36), (0.4, y - 0.4), (0.78, y - 0.5), (0.7, y - 0.38), (0.3, y - 0.28)], 1)
    )
    if dice.chance(0.45):  # a fairing with a screen
        brush.fill(
            colour,
            rounded([(-0.74, y - 0.34), (-0.5, y - 0.56), (-0.3, y - 0.46), (-0.2, y - 0.02), (-0.4, y + 0.02)], 1),
            light=22,
        )
        brush.fill((150, 180, 200), [(-0.58, y - 0.5), (-0.36, y - 0.7), (-0.32, y - 0.5)])
    else:
        brush.fill(colour, ribbon([(-0.88, y - 0.2), (-0.62, y - size - 0.04), (-0.36, y - 0.2)], (0.04, 0.09, 0.04)))
        brush.fill((70, 70, 74), line([(-0.36, y - 0.5), (-0.3, y - 0.62), (-0.2, y - 0.6)], 0.045))
    brush.fill((250, 240, 196), ellipse(-0.54, y - 0.42, 0.08), light=0)


def ridden_bicycle(brush: Brush, dice: Dice) -> None:
    """A bicycle with its rider, the figure after it."""
    bicycle(brush, dice, ridden=True)


def ridden_motorbike(brush: Brush, dice: Dice) -> None:
    """A motorbike with its rider, the figure after it."""
    motorbike(brush, dice, ridden=True)
