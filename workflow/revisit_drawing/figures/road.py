"""Vehicles of the road with four wheels and more: car, truck and bus, from the side and from the front."""

from revisit_drawing.parts.brush import Brush
from revisit_drawing.parts.colour import Colour, bright, mixed, shaded, varied
from revisit_drawing.parts.dice import Dice
from revisit_drawing.parts.raster import Outline, rounded
from revisit_drawing.parts.shapes import box, ellipse

TYRE: Colour = (36, 36, 40)
GLASS: Colour = (132, 172, 196)
PAINTS: tuple[Colour, ...] = (
    (196, 40, 40),
    (40, 80, 170),
    (232, 232, 234),
    (52, 54, 60),
    (168, 172, 178),
    (214, 176, 50),
    (52, 120, 80),
)


def paint(dice: Dice) -> Colour:
    """A colour of a vehicle."""
    return varied(dice, dice.choice(PAINTS), 14) if dice.chance(0.8) else bright(dice)


def glass(dice: Dice) -> Colour:
    """Windows: from dark to the colour of the sky."""
    return mixed((40, 50, 62), GLASS, dice.integer(10, 100))


def wheels(brush: Brush, places: tuple[float, ...], y: float, size: float) -> None:
    """Wheels with hubs."""
    brush.fill(TYRE, *(ellipse(x, y, size) for x in places), light=0)
    brush.fill((164, 166, 172), *(ellipse(x, y, size * 0.52) for x in places))
    brush.fill((84, 86, 92), *(ellipse(x, y, size * 0.2) for x in places), light=0)


def car(brush: Brush, dice: Dice) -> None:
    """Saloon, hatchback, estate or sports car; at times seen from the front."""
    colour, window = paint(dice), glass(dice)
    if dice.chance(0.25):
        _front(brush, dice, colour, window, wide=0.78, top=-0.05, roof=0.55)
        return
    brush.shadow(0.0, 0.9, 0.95, 0.07)
    size = dice.uniform(0.17, 0.21)
    low, waist = 0.84 - size * 0.6, 0.84 - size - dice.uniform(0.2, 0.28)
    roof = waist - dice.uniform(0.24, 0.36)
    front, rear = dice.uniform(-0.42, -0.3), dice.choice((0.5, 0.62, 0.86))
    shell = rounded(
        [
            (-0.95, low), (-0.97, waist + 0.14), (-0.85, waist + 0.03), (front - 0.02, waist - 0.02),
            (front + 0.24, roof), (front + 0.3, roof - 0.02), (rear - 0.3, roof - 0.01), (rear - 0.16, roof + 0.03),
            (rear, waist), (0.93, waist + 0.03), (0.97, waist + 0.14), (0.96, low),
        ],
        1,
    )  # fmt: skip
    brush.fill(colour, shell, light=20)
    pane: Outline = [
        (front + 0.08, waist),
        (front + 0.28, roof + 0.06),
        (rear - 0.26, roof + 0.06),
        (rear - 0.1, waist),
    ]
    brush.fill(window, pane, light=24)
    middle = (front + rear) / 2 + 0.04
    brush.fill(shaded(colour, 90), box(middle - 0.03, roof + 0.02, middle + 0.03, waist + 0.02))
    brush.fill(
        shaded(colour, 55),
        box(middle - 0.01, waist, middle + 0.01, low - 0.04),
        box(middle + 0.06, waist + 0.05, middle + 0.16, waist + 0.075),
        light=0,
    )
    brush.fill(shaded(colour, 62), box(-0.94, low - 0.07, 0.94, low), light=0)
    brush.fill((250, 240, 190), ellipse(-0.92, waist + 0.13, 0.05, 0.045), light=0)
    brush.fill((200, 40, 40), ellipse(0.93, waist + 0.12, 0.04, 0.05), light=0)
    wheels(brush, (-0.58, 0.6), 0.84 - size * 0.5 + 0.02, size)


def _front(brush: Brush, dice: Dice, colour: Colour, window: Colour, wide: float, top: float, roof: float) -> None:
    """A vehicle that comes towards us."""
    brush.shadow(0.0, 0.9, wide * 1.15, 0.08)
    brush.fill(TYRE, box(-wide, 0.55, -wide + 0.22, 0.9), box(wide - 0.22, 0.55, wide, 0.9), light=0)
    waist = 0.3
    brush.fill(
        colour,
        rounded(
            [
                (-wide * roof * 1.15, top),
                (wide * roof * 1.15, top),
                (wide * 0.86, waist + 0.1),
                (-wide * 0.86, waist + 0.1),
            ],
            1,
        ),
        light=10,
    )
    brush.fill(
        window,
        [(-wide * roof, top + 0.08), (wide * roof, top + 0.08), (wide * 0.74, waist), (-wide * 0.74, waist)],
        light=24,
    )
    brush.fill(
        colour,
        rounded(
            [
                (-wide * 0.85, waist - 0.02),
                (wide * 0.85, waist - 0.02),
                (wide, 0.45),
                (wide, 0.76),
                (-wide, 0.76),
                (-wide, 0.45),
            ],
            1,
        ),
        light=16,
    )
    brush.fill(
        (44, 46, 52), box(-wide * 0.45, 0.46, wide * 0.45, 0.6), box(-wide * 0.9, 0.72, wide * 0.9, 0.8), light=0
    )
    brush.fill(
        (252, 244, 206), ellipse(-wide * 0.72, 0.52, 0.13, 0.085), ellipse(wide * 0.72, 0.52, 0.13, 0.085), light=0
    )
    brush.fill((236, 236, 236), box(-0.17, 0.64, 0.17, 0.71), light=0)
    if dice.chance(0.5):
        brush.fill(
            shaded(colour, 75), ellipse(-wide * 0.98, waist, 0.09, 0.06), ellipse(wide * 0.98, waist, 0.09, 0.06)
        )


def truck(brush: Brush, dice: Dice) -> None:
    """A cab and a box, a tank or an open bed; at times seen from the front."""
    colour, window = paint(dice), glass(dice)
    if dice.chance(0.2):
        load = varied(dice, dice.choice(((230, 230, 228), (150, 152, 156), (60, 90, 150))), 12)
        brush.fill(load, box(-0.78, -0.85, 0.78, 0.55))
        _front(brush, dice, colour, window, wide=0.74, top=-0.45, roof=0.78)
        return
    brush.shadow(0.0, 0.92, 0.98, 0.07)
    size = dice.uniform(0.14, 0.18)
    floor = 0.9 - size * 1.3
    brush.fill((62, 64, 70), box(-0.9, floor - 0.04, 0.96, floor + 0.08), light=0)
    top = dice.uniform(-0.55, -0.25)
    kind = dice.choice(("box", "box", "tank", "bed"))
    load = paint(dice) if dice.chance(0.5) else varied(dice, (226, 226, 222), 14)
    if kind == "box":
        brush.fill(load, box(-0.36, top - 0.05, 0.97, floor), light=12)
        brush.fill(shaded(load, 80), *(box(x, top, x + 0.025, floor) for x in (-0.05, 0.28, 0.6)), light=0)
        if dice.chance(0.5):
            brush.fill(bright(dice), box(-0.3, top + 0.22, 0.9, top + 0.22 + dice.uniform(0.1, 0.25)))
    elif kind == "tank":
        middle, half = (top + 0.1 + floor) / 2, (floor - top - 0.1) / 2
        brush.fill(
            load,
            rounded([(-0.34, middle - half), (0.97, middle - half), (0.97, middle + half), (-0.34, middle + half)], 2),
            light=30,
        )
        brush.fill(
            shaded(load, 70),
            *(box(x, middle - half * 0.96, x + 0.03, middle + half * 0.96) for x in (0.05, 0.5)),
            light=0,
        )
    else:
        brush.fill(
            (132, 96, 60),
            rounded([(-0.3, floor - 0.3), (0.1, floor - 0.6), (0.6, floor - 0.52), (0.92, floor - 0.25)], 1),
        )
        brush.fill(load, box(-0.34, floor - 0.32, 0.97, floor))
    high = dice.uniform(top, top + 0.25)
    cab = [
        (-0.94, floor + 0.06),
        (-0.95, high + 0.5),
        (-0.86, high + 0.08),
        (-0.78, high),
        (-0.42, high),
        (-0.42, floor + 0.06),
    ]
    brush.fill(colour, cab, light=16)
    brush.fill(window, [(-0.88, high + 0.42), (-0.82, high + 0.1), (-0.54, high + 0.1), (-0.54, high + 0.42)], light=24)
    brush.fill((252, 244, 206), ellipse(-0.92, floor - 0.06, 0.045), light=0)
    brush.fill(shaded(colour, 60), box(-0.97, floor + 0.02, -0.42, floor + 0.08), light=0)
    wheels(brush, (-0.66, 0.42, 0.76) if dice.chance(0.6) else (-0.66, 0.66), 0.92 - size, size)


def bus(brush: Brush, dice: Dice) -> None:
    """One deck or two, a row of windows; at times seen from the front."""
    colour, window = paint(dice), glass(dice)
    if dice.chance(0.25):
        brush.fill(colour, rounded([(-0.66, -0.9), (0.66, -0.9), (0.7, 0.78), (-0.7, 0.78)], 1), light=10)
        brush.fill(TYRE, box(-0.62, 0.76, -0.42, 0.93), box(0.42, 0.76, 0.62, 0.93), light=0)
        brush.fill(window, box(-0.56, -0.5, 0.56, 0.2), light=24)
        brush.fill((34, 36, 40), box(-0.4, -0.8, 0.4, -0.6), box(-0.012, -0.5, 0.012, 0.2), light=0)
        brush.fill((250, 190, 60), box(-0.3, -0.74, 0.25, -0.66), light=0)
        brush.fill((252, 244, 206), ellipse(-0.5, 0.52, 0.1, 0.08), ellipse(0.5, 0.52, 0.1, 0.08), light=0)
        brush.fill(shaded(colour, 60), box(-0.7, 0.68, 0.7, 0.78), light=0)
        return
    brush.shadow(0.0, 0.9, 1.0, 0.06)
    double = dice.chance(0.3)
    top = -0.62 if double else dice.uniform(-0.2, -0.02)
    shell = [(-0.98, 0.76), (-0.98, top + 0.14), (-0.93, top), (0.94, top), (0.98, top + 0.08), (0.98, 0.76)]
    brush.fill(colour, shell, light=14)
    panes: list[Outline] = []
    rows = (top + 0.1, 0.05) if double else (top + 0.14,)
    for y in rows:
        panes += [box(x / 100, y, x / 100 + 0.22, y + 0.3) for x in range(-88, 75, 27)]
    brush.fill(window, *panes, light=20)
    if dice.chance(0.6):
        brush.fill(
            mixed(colour, (240, 240, 236), 80) if dice.chance(0.6) else bright(dice),
            box(-0.97, 0.46, 0.97, 0.54),
            light=0,
        )
    brush.fill(mixed(window, (30, 34, 40), 50), box(-0.86, 0.1, -0.68, 0.72), light=0)
    brush.fill((252, 244, 206), ellipse(-0.95, 0.62, 0.035, 0.05), light=0)
    wheels(brush, (-0.52, 0.58), 0.77, 0.15)
