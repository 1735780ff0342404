"""Leaves seen from above: blades, lobed and feathery leaves, palms; and the soil under them."""

from collections.abc import Sequence

import numpy as np

from revisit_drawing.parts.backdrops import gradient, roughen
from revisit_drawing.parts.brush import Brush
from revisit_drawing.parts.colour import Colour, ColourCanvas, mixed, shaded, varied
from revisit_drawing.parts.dice import Dice
from revisit_drawing.parts.raster import Outline
from revisit_drawing.parts.shapes import curve, direction, ellipse, line, ribbon

SOILS: tuple[Colour, ...] = ((110, 92, 78), (132, 124, 116), (88, 74, 64), (150, 138, 124))


class Leaves:
    """The leaves of one plant, kept until all are known: their shadow lies under all of them."""

    def __init__(self) -> None:
        self.parts: list[tuple[list[Outline], Colour, list[Outline], Colour]] = []

    def add(self, outlines: list[Outline], colour: Colour, veins: list[Outline], vein: Colour) -> None:
        """A leaf with its veins, above those before it."""
        self.parts.append((outlines, colour, veins, vein))

    def draw(self, brush: Brush) -> None:
        """Put shadow and leaves on the canvas."""
        every = [np.add(outline, (0.035, 0.05)) for outlines, *_ in self.parts for outline in outlines]
        brush.fill((24, 20, 18), *every, light=0, opacity=45)
        for outlines, colour, veins, vein in self.parts:
            brush.fill(colour, *outlines, light=10)
            if veins:
                brush.fill(vein, *veins, light=0, opacity=70)


def blade(
    leaves: Leaves,
    colour: Colour,
    start: tuple[float, float],
    turns: float,
    length: float,
    widths: Sequence[float],
    bend: float = 0.0,
    smooth: int = 2,
    vein: Colour | None = None,
    veins: bool = True,
) -> None:
    """A leaf from `start` into a direction; `widths`: along it, in lengths; `bend`: how far it turns aside."""
    dx, dy = direction(turns)
    x, y = start
    middle = (x + dx * length * 0.55 - dy * bend * length * 0.3, y + dy * length * 0.55 + dx * bend * length * 0.3)
    tip = (x + dx * length + dy * bend * length * 0.5, y + dy * length - dx * bend * length * 0.5)
    spine = curve([start, middle, tip], smooth)
    axis = _even(spine, max(2 * len(widths), 8))
    outline = ribbon(axis, [width * length for width in widths])
    rib = [line(axis[1 : len(axis) * 9 // 10], max(length * 0.03, 0.012))] if veins else []
    leaves.add([outline], colour, rib, vein or mixed(colour, (216, 228, 160), 45))


def feather(leaves: Leaves, dice: Dice, colour: Colour, turns: float, length: float, fine: float) -> None:
    """A leaf cut into threads on both sides of its rib, as mayweed's."""
    dx, dy = direction(turns)
    parts = [line([(0.0, 0.0), (dx * length, dy * length)], fine)]
    for i in range(2, 9):
        at, thread = length * i / 8.5, length * 0.34 * (1.15 - abs(i - 5) / 6)
        for side in (-1, 1):
            tx, ty = direction(turns + side * dice.uniform(0.1, 0.16))
            x, y = dx * at * 0.95, dy * at * 0.95
            parts.append(line([(x, y), (x + tx * thread, y + ty * thread)], fine * 0.8))
    leaves.add(parts, colour, [], colour)


def palm(leaves: Leaves, dice: Dice, colour: Colour, turns: float, length: float, size: float, stalk: Colour) -> None:
    """A round leaf of five to seven lobes on a long stalk, as cranesbill's."""
    dx, dy = direction(turns)
    x, y = dx * length, dy * length
    leaves.add([line([(0.0, 0.0), (x, y)], 0.04)], stalk, [], stalk)
    lobes = dice.integer(5, 7)
    parts: list[Outline] = [ellipse(x, y, size * 0.72)]
    ribs: list[Outline] = []
    for i in range(lobes):
        lx, ly = direction(turns + (i - (lobes - 1) / 2) * 0.8 / lobes)
        parts.append(ellipse(x + lx * size * 0.68, y + ly * size * 0.68, size * 0.34))
        ribs.append(line([(x, y), (x + lx * size * 0.85, y + ly * size * 0.85)], 0.018))
    leaves.add(parts, colour, ribs, mixed(colour, (216, 228, 160), 45))


def _even(points: Sequence[tuple[float, float]], count: int) -> list[tuple[float, float]]:
    """`count` places along a line, evenly by index."""
    places = []
    for i in range(count):
        at = i * (len(points) - 1) / (count - 1)
        before = min(int(at), len(points) - 2)
        (x0, y0), (x1, y1) = points[before], points[before + 1]
        places.append((x0 + (x1 - x0) * (at - before), y0 + (y1 - y0) * (at - before)))
    return places


def soil(canvas: ColourCanvas, dice: Dice) -> None:
    """Earth with pebbles, now and then with the rim of a pot."""
    earth = varied(dice, dice.choice(SOILS), 14)
    gradient(canvas, 0, canvas.height, earth, shaded(earth, 92))
    roughen(canvas, dice, 0, canvas.height, 22, canvas.height / 5)
    roughen(canvas, dice, 0, canvas.height, 20, canvas.height / 30)
    for shade in (62, 122, 145):
        pebbles = [
            ellipse(
                dice.uniform(0, canvas.width),
                dice.uniform(0, canvas.height),
                canvas.width * dice.uniform(0.008, 0.034),
                canvas.width * dice.uniform(0.008, 0.026),
            )
            for _ in range(dice.integer(8, 26))
        ]
        canvas.fill(pebbles, varied(dice, shaded(earth, shade), 10))
    if dice.chance(0.15):
        x = dice.choice((0.0, 0.95)) * canvas.width
        canvas.fill(
            [
                np.array(
                    [(x, 0), (x + canvas.width * 0.05, 0), (x + canvas.width * 0.05, canvas.height), (x, canvas.height)]
                )
            ],
            (206, 210, 214),
        )
