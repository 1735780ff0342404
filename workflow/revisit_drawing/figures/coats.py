"""What animals wear: colours of fur and patterns on it."""

import numpy as np

from revisit_drawing.parts.brush import Brush
from revisit_drawing.parts.colour import Colour, mixed, shaded, varied
from revisit_drawing.parts.dice import Dice
from revisit_drawing.parts.shapes import ellipse, line

DARK: Colour = (28, 24, 26)
CREAM: Colour = (236, 224, 204)

FUR: dict[str, tuple[Colour, ...]] = {
    "cat": ((120, 112, 104), (206, 128, 60), (44, 42, 46), (226, 216, 204), (150, 124, 92)),
    "dog": ((160, 108, 62), (92, 62, 42), (224, 196, 150), (52, 46, 44), (232, 226, 218), (188, 140, 84)),
    "deer": ((168, 112, 66), (148, 98, 60), (182, 132, 84)),
    "horse": ((122, 72, 42), (82, 50, 36), (46, 38, 36), (206, 200, 194), (168, 120, 72)),
    "cow": ((238, 234, 228), (126, 76, 46), (52, 46, 44), (214, 180, 136)),
    "sheep": ((236, 230, 216), (222, 214, 198), (200, 190, 172)),
}


def fur(dice: Dice, animal: str) -> Colour:
    """A colour that this animal has."""
    return varied(dice, dice.choice(FUR[animal]), 14)


def stripes(brush: Brush, dice: Dice, colour: Colour, within: np.ndarray, left: float, right: float) -> None:
    """Tabby stripes down the side between two places."""
    count = dice.integer(4, 6)
    bands = []
    for i in range(count):
        x = left + (right - left) * (i + 0.5) / count
        bands.append(line([(x, -1.0), (x + dice.uniform(-0.08, 0.08), 1.0)], dice.uniform(0.03, 0.06)))
    brush.fill(shaded(colour, 62), *bands, within=within, light=0, opacity=80)


def patches(brush: Brush, dice: Dice, colour: Colour, within: np.ndarray, left: float, right: float, y: float) -> None:
    """A few large patches of another colour, as cows and some dogs have."""
    spots = [
        ellipse(
            dice.uniform(left, right), y + dice.uniform(-0.22, 0.22), dice.uniform(0.1, 0.24), dice.uniform(0.1, 0.22)
        )
        for _ in range(dice.integer(3, 5))
    ]
    brush.fill(colour, *spots, within=within, light=0)


def dapples(brush: Brush, dice: Dice, within: np.ndarray, left: float, right: float, top: float, bottom: float) -> None:
    """Small light spots along the back, as fawns have."""
    spots = [ellipse(dice.uniform(left, right), dice.uniform(top, bottom), 0.03) for _ in range(14)]
    brush.fill(CREAM, *spots, within=within, light=0)


def second(dice: Dice, colour: Colour) -> Colour:
    """A colour that shows well on the first one."""
    return mixed(colour, CREAM, 75) if sum(colour) < 380 else dice.choice(((40, 36, 38), (122, 74, 44)))
