"""Where figures stand: sky, sea, meadow, forest, road, runway, rails, desert, snow, pond, room."""

from collections.abc import Callable

import numpy as np

from revisit_drawing.parts.backdrops import gradient, ground, heaven, hills, horizon_row, houses, roughen, trees
from revisit_drawing.parts.colour import Colour, ColourCanvas, mixed, shaded, varied
from revisit_drawing.parts.dice import Dice
from revisit_drawing.parts.shapes import box, ellipse

WALLS: tuple[Colour, ...] = (
    (222, 212, 192),
    (196, 206, 204),
    (210, 190, 170),
    (176, 184, 200),
    (228, 226, 220),
    (186, 160, 140),
)
FLOORS: tuple[Colour, ...] = ((150, 108, 70), (120, 96, 76), (176, 150, 120), (140, 136, 132), (112, 74, 60))


def sky(canvas: ColourCanvas, dice: Dice) -> int:
    """Nothing but sky, at times a strip of land."""
    heaven(canvas, dice, canvas.height)
    if dice.chance(0.3):
        hills(canvas, dice, canvas.height, (110, 128, 104))
    return canvas.height


def sea(canvas: ColourCanvas, dice: Dice) -> int:
    """Water up to the horizon, at times a coast."""
    horizon = horizon_row(canvas, dice, 0.35, 0.6)
    heaven(canvas, dice, horizon)
    if dice.chance(0.4):
        hills(canvas, dice, horizon, (120, 136, 140))
    ground(canvas, dice, horizon, dice.choice(((52, 104, 146), (60, 120, 136), (88, 116, 136), (40, 84, 128))), 12)
    waves = []
    for _ in range(14):
        x, y = dice.uniform(0, canvas.width), dice.uniform(horizon, canvas.height)
        waves.append(ellipse(x, y, canvas.width * dice.uniform(0.03, 0.09), canvas.height * 0.008))
    canvas.fill(waves, (206, 224, 232), opacity=55)
    return horizon


def meadow(canvas: ColourCanvas, dice: Dice) -> int:
    """Grass, hills, some trees; at times a fence."""
    horizon = horizon_row(canvas, dice, 0.2, 0.55)
    heaven(canvas, dice, horizon)
    green = dice.choice(((104, 148, 66), (128, 154, 76), (84, 128, 62), (160, 154, 84)))
    if dice.chance(0.6):
        hills(canvas, dice, horizon, mixed(green, (120, 140, 150), 40))
    trees(canvas, dice, horizon, dice.integer(0, 4), 0.12)
    ground(canvas, dice, horizon, green, 16)
    if dice.chance(0.25):
        high, y = canvas.height * 0.12, horizon + canvas.height * 0.06
        posts = [
            np.array(box(x, y - high, x + canvas.width * 0.015, y)) for x in np.arange(0.03, 1, 0.16) * canvas.width
        ]
        rails = [np.array(box(0, y - high * k, canvas.width, y - high * k + high * 0.14)) for k in (0.85, 0.45)]
        canvas.fill(posts + rails, (142, 112, 84))
    return horizon


def forest(canvas: ColourCanvas, dice: Dice) -> int:
    """Trunks and leaves behind, a dark ground."""
    horizon = horizon_row(canvas, dice, 0.45, 0.62)
    gradient(canvas, 0, horizon, varied(dice, (70, 96, 62), 18), varied(dice, (120, 140, 96), 18))
    roughen(canvas, dice, 0, horizon, 40, canvas.height / 9)
    trunks = []
    for _ in range(dice.integer(3, 8)):
        x, wide = dice.uniform(0, canvas.width), canvas.width * dice.uniform(0.02, 0.06)
        trunks.append(np.array([(x, 0), (x + wide, 0), (x + wide * 1.2, horizon + 2), (x - wide * 0.2, horizon + 2)]))
    canvas.fill(trunks, varied(dice, (84, 66, 52), 14))
    ground(canvas, dice, horizon, dice.choice(((104, 96, 60), (88, 108, 60), (124, 104, 74))), 24)
    return horizon


def road(canvas: ColourCanvas, dice: Dice) -> int:
    """Asphalt with a line; houses or trees behind."""
    horizon = horizon_row(canvas, dice, 0.4, 0.6)
    heaven(canvas, dice, horizon)
    if dice.chance(0.6):
        houses(canvas, dice, horizon)
    else:
        trees(canvas, dice, horizon, dice.integer(3, 6), 0.16)
    ground(canvas, dice, horizon, dice.choice(((108, 108, 112), (88, 90, 96), (130, 126, 122))), 8)
    kerb = horizon + max(canvas.height // 24, 1)
    canvas.fill(
        [np.array(box(0, horizon, canvas.width, kerb))],
        varied(dice, (170, 166, 158) if dice.chance(0.5) else (110, 140, 76), 10),
    )
    y, high = dice.uniform(0.72, 0.9) * canvas.height, canvas.height * 0.018
    dashes = [np.array(box(x, y, x + canvas.width * 0.14, y + high)) for x in np.arange(-0.05, 1, 0.26) * canvas.width]
    canvas.fill(dashes, (232, 228, 210), opacity=85)
    return horizon


def runway(canvas: ColourCanvas, dice: Dice) -> int:
    """Concrete, grass and far hills."""
    horizon = horizon_row(canvas, dice, 0.45, 0.65)
    heaven(canvas, dice, horizon)
    hills(canvas, dice, horizon, (112, 132, 116))
    ground(canvas, dice, horizon, (156, 156, 152), 8)
    strip = horizon + max(canvas.height // 10, 1)
    gradient(canvas, horizon, min(strip, canvas.height), (126, 150, 88), (116, 140, 76))
    return horizon


def rails(canvas: ColourCanvas, dice: Dice) -> int:
    """Gravel between meadows or houses."""
    horizon = horizon_row(canvas, dice, 0.35, 0.55)
    heaven(canvas, dice, horizon)
    if dice.chance(0.5):
        houses(canvas, dice, horizon)
    else:
        trees(canvas, dice, horizon, 5, 0.16)
    ground(canvas, dice, horizon, (138, 126, 114), 30)
    gradient(canvas, horizon, horizon + max(canvas.height // 10, 1), (112, 140, 76), (120, 136, 80))
    return horizon


def desert(canvas: ColourCanvas, dice: Dice) -> int:
    """Sand and dunes, or a bare field."""
    horizon = horizon_row(canvas, dice, 0.3, 0.55)
    heaven(canvas, dice, horizon)
    sand = dice.choice(((206, 174, 120), (184, 140, 96), (160, 124, 88)))
    hills(canvas, dice, horizon, sand)
    ground(canvas, dice, horizon, sand, 16)
    return horizon


def snow(canvas: ColourCanvas, dice: Dice) -> int:
    """A white field, firs behind."""
    horizon = horizon_row(canvas, dice, 0.3, 0.55)
    heaven(canvas, dice, horizon)
    trees(canvas, dice, horizon, dice.integer(0, 5), 0.15)
    ground(canvas, dice, horizon, (226, 230, 238), 8)
    return horizon


def pond(canvas: ColourCanvas, dice: Dice) -> int:
    """Still water with leaves and reeds, seen from close by."""
    water = varied(dice, dice.choice(((70, 96, 84), (58, 84, 96), (92, 104, 70))), 14)
    gradient(canvas, 0, canvas.height, shaded(water, 120), shaded(water, 80))
    roughen(canvas, dice, 0, canvas.height, 20, canvas.height / 6)
    for _ in range(dice.integer(2, 6)):
        x, y, wide = (
            dice.uniform(0, canvas.width),
            dice.uniform(0, canvas.height),
            canvas.width * dice.uniform(0.06, 0.16),
        )
        canvas.fill([ellipse(x, y, wide, wide * 0.45)], varied(dice, (92, 136, 66), 18), light=10)
    reeds = []
    for _ in range(dice.integer(0, 8)):
        x, top = dice.uniform(0, canvas.width), canvas.height * dice.uniform(0.0, 0.3)
        reeds.append(
            np.array(
                [
                    (x, top),
                    (x + canvas.width * 0.025, canvas.height * 0.5),
                    (x - canvas.width * 0.01, canvas.height * 0.5),
                ]
            )
        )
    if reeds:
        canvas.fill(reeds, varied(dice, (112, 138, 64), 14))
    return canvas.height // 4


def room(canvas: ColourCanvas, dice: Dice) -> int:
    """A wall and a floor; a window, a picture or a carpet."""
    horizon = horizon_row(canvas, dice, 0.5, 0.68)
    wall, floor = varied(dice, dice.choice(WALLS), 12), varied(dice, dice.choice(FLOORS), 12)
    gradient(canvas, 0, horizon, wall, shaded(wall, 90))
    gradient(canvas, horizon, canvas.height, shaded(floor, 84), shaded(floor, 108))
    w, h = canvas.width, canvas.height
    if dice.chance(0.3):
        stripes = [np.array(box(x, 0, x + w * 0.05, horizon)) for x in np.arange(0, 1, 0.12) * w]
        canvas.fill(stripes, shaded(wall, 93))
    if dice.chance(0.45):
        x, wide = dice.uniform(0.05, 0.6) * w, dice.uniform(0.2, 0.34) * w
        canvas.fill([np.array(box(x, h * 0.06, x + wide, h * 0.4))], (240, 238, 232))
        canvas.fill(
            [np.array(box(x + wide * 0.07, h * 0.08, x + wide * 0.93, h * 0.38))],
            varied(dice, (160, 200, 226), 18),
            light=10,
        )
        canvas.fill([np.array(box(x + wide * 0.47, h * 0.06, x + wide * 0.53, h * 0.4))], (240, 238, 232))
    elif dice.chance(0.5):
        x, wide = dice.uniform(0.05, 0.7) * w, dice.uniform(0.12, 0.24) * w
        canvas.fill([np.array(box(x, h * 0.1, x + wide, h * 0.32))], (96, 72, 52))
        canvas.fill(
            [np.array(box(x + wide * 0.1, h * 0.12, x + wide * 0.9, h * 0.3))],
            varied(dice, (170, 150, 120), 40),
            light=20,
        )
    canvas.fill([np.array(box(0, horizon - h * 0.02, w, horizon + h * 0.01))], mixed(wall, (250, 250, 248), 60))
    if dice.chance(0.4):
        canvas.fill([ellipse(w * dice.uniform(0.3, 0.7), h * 0.88, w * 0.4, h * 0.09)], varied(dice, (150, 80, 76), 40))
    roughen(canvas, dice, 0, h, 8, h / 12)
    return horizon


PLACES: dict[str, Callable[[ColourCanvas, Dice], int]] = {
    "sky": sky, "sea": sea, "meadow": meadow, "forest": forest, "road": road, "runway": runway, "rails": rails,
    "desert": desert, "snow": snow, "pond": pond, "room": room,
}  # fmt: skip
"""Each paints the whole canvas and returns the row of the horizon, below which figures stand."""
