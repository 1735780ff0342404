"""What places are made of: rough planes, sky, hills, trees, houses, ground."""

import numpy as np

from revisit_drawing.parts.colour import Colour, ColourCanvas, mixed, shaded, varied
from revisit_drawing.parts.dice import Dice
from revisit_drawing.parts.shapes import box, ellipse

SKIES: tuple[tuple[Colour, Colour], ...] = (
    ((92, 150, 214), (190, 218, 240)), ((130, 172, 216), (226, 232, 236)), ((150, 156, 166), (202, 204, 206)),
    ((96, 116, 170), (240, 190, 150)), ((60, 110, 190), (150, 196, 236)),
)  # fmt: skip


def noise(dice: Dice, height: int, width: int, cell: float) -> np.ndarray:
    """Smooth random values in -128..127, (height, width) int32, between knots about `cell` pixels apart."""
    down, across = (max(int(length / cell), 1) + 1 for length in (height, width))
    coarse = dice.bytes(down * across).reshape(down, across).astype(np.float64) - 128
    # float64 products of integers below 2**53 are exact, and fast
    return (_weights(height, down) @ coarse @ _weights(width, across).T).astype(np.int64).astype(np.int32) // 65536


def _weights(length: int, knots: int) -> np.ndarray:
    """How much each knot says at each place, in 1/256: (length, knots) float64 of integers."""
    at = np.arange(length) * 256 * (knots - 1) // max(length - 1, 1)
    return np.maximum(256 - np.abs(at[:, None] - 256 * np.arange(knots)), 0).astype(np.float64)


def gradient(canvas: ColourCanvas, top: int, bottom: int, first: Colour, last: Colour) -> None:
    """Fill rows from top to before bottom, from the first colour to the last."""
    rows = max(bottom - top, 0)
    if rows:
        step = np.arange(rows, dtype=np.int32)[:, None] * 256 // rows
        plane = np.array(first, np.int32) * (256 - step) + np.array(last, np.int32) * step
        canvas.pixels[top:bottom] = (plane >> 8)[:, None, :]


def roughen(canvas: ColourCanvas, dice: Dice, top: int, bottom: int, depth: int, cell: float) -> None:
    """Make rows lighter and darker, smoothly, by up to `depth`."""
    if bottom - top > 1:
        canvas.pixels[top:bottom] += (noise(dice, bottom - top, canvas.width, cell) * depth // 128)[:, :, None]


def heaven(canvas: ColourCanvas, dice: Dice, horizon: int) -> None:
    """A sky down to the horizon, with clouds on most days."""
    high, low = dice.choice(SKIES)
    gradient(canvas, 0, horizon, varied(dice, high, 14), varied(dice, low, 10))
    for _ in range(dice.integer(0, 3)):
        x, y = dice.uniform(0, canvas.width), dice.uniform(0, horizon * 0.8)
        size = canvas.width * dice.uniform(0.06, 0.14)
        puffs = [
            ellipse(x + size * k, y + size * dice.uniform(-0.2, 0.1), size * dice.uniform(0.7, 1.1), size * 0.45)
            for k in (-0.9, 0, 0.9)
        ]
        canvas.fill(puffs, (246, 246, 248), opacity=dice.integer(40, 85))


def hills(canvas: ColourCanvas, dice: Dice, horizon: int, colour: Colour) -> None:
    """Two ranges of hills behind the horizon."""
    for shade in (112, 94):
        tops = [
            ellipse(
                dice.uniform(0, canvas.width),
                horizon,
                canvas.width * dice.uniform(0.2, 0.5),
                canvas.height * dice.uniform(0.03, 0.12),
            )
            for _ in range(3)
        ]
        canvas.fill(tops, shaded(colour, shade), light=8)


def trees(canvas: ColourCanvas, dice: Dice, horizon: int, count: int, high: float) -> None:
    """Firs and round trees on the horizon; `high`: in heights of the picture."""
    for _ in range(count):
        x, size = dice.uniform(0, canvas.width), canvas.height * high * dice.uniform(0.6, 1.3)
        green = varied(dice, dice.choice(((52, 92, 52), (78, 112, 56), (40, 76, 60), (110, 116, 52))), 14)
        canvas.fill([np.array(box(x - size * 0.07, horizon - size * 0.5, x + size * 0.07, horizon + 1))], (86, 66, 50))
        if dice.chance(0.5):
            crown = [
                np.array(
                    [
                        (x, horizon - size * 1.7),
                        (x + size * 0.45, horizon - size * 0.2),
                        (x - size * 0.45, horizon - size * 0.2),
                    ]
                )
            ]
        else:
            crown = [
                ellipse(x + size * k, horizon - size * (0.85 + up), size * 0.4)
                for k, up in ((-0.25, 0), (0.25, 0), (0, 0.35))
            ]
        canvas.fill(crown, green, light=18)


def ground(canvas: ColourCanvas, dice: Dice, horizon: int, colour: Colour, depth: int) -> None:
    """The ground below the horizon, paler far away, rough by `depth` levels."""
    colour = varied(dice, colour, 14)
    gradient(canvas, horizon, canvas.height, mixed(colour, (200, 208, 206), 22), shaded(colour, 92))
    roughen(canvas, dice, horizon, canvas.height, depth, canvas.height / 5)
    roughen(canvas, dice, horizon, canvas.height, depth, canvas.height / 24)


def houses(canvas: ColourCanvas, dice: Dice, horizon: int) -> None:
    """A row of houses on the horizon."""
    x = -canvas.width * dice.uniform(0.0, 0.15)
    while x < canvas.width:
        wide, high = canvas.width * dice.uniform(0.16, 0.32), canvas.height * dice.uniform(0.2, 0.45)
        wall = varied(dice, dice.choice(((178, 120, 92), (206, 196, 176), (150, 152, 158), (190, 160, 120))), 12)
        canvas.fill([np.array(box(x, horizon - high, x + wide, horizon + 1))], wall)
        if dice.chance(0.5):
            gable = [
                (x - wide * 0.04, horizon - high),
                (x + wide * 0.5, horizon - high - wide * 0.3),
                (x + wide * 1.04, horizon - high),
            ]
            canvas.fill([np.array(gable)], shaded(wall, 60))
        panes = [
            np.array(box(x + wide * k, horizon - high * up, x + wide * (k + 0.16), horizon - high * (up - 0.16)))
            for k in (0.14, 0.42, 0.7) for up in (0.88, 0.55)
        ]  # fmt: skip
        canvas.fill(panes, (84, 100, 116))
        x += wide * dice.uniform(1.0, 1.25)


def horizon_row(canvas: ColourCanvas, dice: Dice, low: float, high: float) -> int:
    """A row between two shares of the height."""
    return int(canvas.height * dice.uniform(low, high))
