"""Drawn plant seedlings in the twelve species of the Plant Seedlings data set (Giselsson et al. 2017), from above.

Shape, number and arrangement of leaves, colour and growth tell the species; soil, pose and light vary.
"""

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from revisit_drawing.parts.brush import Brush
from revisit_drawing.parts.colour import Colour, ColourCanvas, mixed, shaded, varied
from revisit_drawing.parts.dice import Dice
from revisit_drawing.parts.leaves import Leaves, blade, feather, palm, soil
from revisit_drawing.parts.photo import jpeg, taken
from revisit_drawing.writers import folder

if TYPE_CHECKING:
    from revisit.data.settings import Drawn

FORMAT = "folder"
NAMED = True
SIZE = 128  # pixels, where the settings name none
CLASSES = (
    "Black-grass", "Charlock", "Cleavers", "Common Chickweed", "Common wheat", "Fat Hen", "Loose Silky-bent",
    "Maize", "Scentless Mayweed", "Shepherds Purse", "Small-flowered Cranesbill", "Sugar beet",
)  # fmt: skip
CENTRE = (0.0, 0.0)


def write(embedded: "Drawn", seed: int, destination: Path) -> None:
    """Write the official files of the data set; see `revisit.data.embedded.Drawing`."""
    drawn = pictures(embedded["train"] + embedded["test"], seed, embedded.get("size") or SIZE)
    files = (
        (f"plant_seedlings/{CLASSES[label]}", f"{row:05d}", jpeg(image)) for row, (image, label) in enumerate(drawn)
    )
    folder.write(destination, "plants", files)


def pictures(count: int, seed: int, size: int) -> Iterator[tuple[np.ndarray, int]]:
    """Draw pictures one at a time: image (size, size, 3) uint8 and the number of its class.

    Every twelve pictures in a row hold each class once, in random order. Picture i depends on the seed and i
    alone, so a larger draw begins with the smaller one.
    """
    for row in range(count):
        label = Dice(seed, 0, 0, row // 12).permutation(12)[row % 12]
        yield seedling(label, Dice(seed, 0, 1, row), size), label


def seedling(label: int, dice: Dice, size: int) -> np.ndarray:
    """One picture of a species, (size, size, 3) uint8."""
    canvas = ColourCanvas(size, size)
    soil(canvas, dice)
    age = dice.uniform(0.0, 1.0)
    half = size * (0.36 + 0.12 * age) * dice.uniform(0.9, 1.1)  # the published pictures are cut to the plant
    room = size * 0.07
    x, y = (size / 2 + dice.uniform(-room, room) for _ in range(2))
    brush = Brush(canvas, x, y, half, stretch=dice.uniform(0.88, 1.12), lean=dice.uniform(-0.12, 0.12))
    leaves = Leaves()
    SPECIES[label](leaves, dice, age)
    leaves.draw(brush)
    return taken(canvas, dice, strength=80, grain=12)


def _grass(leaves: Leaves, dice: Dice, colour: Colour, base: Colour, count: int, width: float, bend: float) -> None:
    """Long blades from one point, mostly to opposite sides."""
    turns = dice.uniform(0.0, 1.0)
    for i in range(count):
        angle = turns + 0.5 * (i % 2) + dice.uniform(-0.11, 0.11)
        long = dice.uniform(0.8, 1.2)
        widths = (width * 0.7, width, width, width * 0.8, width * 0.5, 0.004)
        shade = dice.integer(88, 114)
        blade(leaves, shaded(colour, shade), CENTRE, angle, long, widths, dice.uniform(-bend, bend), veins=width > 0.08)
    blade(leaves, base, CENTRE, turns + 0.1, 0.16, (0.5 * width + 0.1, 0.3 * width + 0.08, 0.05), veins=False)


def black_grass(leaves: Leaves, dice: Dice, age: float) -> None:
    """Narrow dark blades, the base purple."""
    colour = varied(dice, (78, 132, 56), 12)
    _grass(leaves, dice, colour, (122, 70, 84), dice.integer(2, 3) + int(age * 2), dice.uniform(0.075, 0.1), 0.35)


def loose_silky_bent(leaves: Leaves, dice: Dice, age: float) -> None:
    """Few blades as thin as threads, pale and bowed."""
    colour = varied(dice, (146, 182, 110), 12)
    count = dice.integer(1, 3) + int(age * 3)
    _grass(leaves, dice, colour, (150, 150, 100), count, dice.uniform(0.04, 0.055), 0.7)


def common_wheat(leaves: Leaves, dice: Dice, age: float) -> None:
    """Few upright blades of middle width, bright green."""
    colour = varied(dice, (96, 158, 62), 12)
    _grass(leaves, dice, colour, (196, 200, 150), dice.integer(1, 2) + int(age * 2), dice.uniform(0.12, 0.16), 0.25)


def maize(leaves: Leaves, dice: Dice, age: float) -> None:
    """Broad blades with a light rib around a rolled one."""
    colour = varied(dice, (92, 148, 52), 12)
    turns = dice.uniform(0.0, 1.0)
    for i in range(dice.integer(2, 3) + int(age * 2)):
        widths = (0.12, 0.26, dice.uniform(0.28, 0.36), 0.3, 0.18, 0.01)
        angle = turns + 0.5 * (i % 2) + dice.uniform(-0.13, 0.13)
        bend = dice.uniform(-0.35, 0.35)
        blade(leaves, shaded(colour, dice.integer(86, 112)), CENTRE, angle, dice.uniform(0.8, 1.1), widths, bend)
    blade(leaves, shaded(colour, 124), CENTRE, turns + 0.2, 0.3, (0.5, 0.56, 0.1), veins=False)


def _pairs(dice: Dice, age: float, most: int) -> Iterator[tuple[float, float]]:
    """Direction and relative size of true leaves: pairs at right angles to each other, the upper ones smaller."""
    turns = dice.uniform(0.0, 1.0)
    pairs = 1 + int(age * most)
    for i in range(pairs):
        size = 1.0 - 0.5 * i / pairs
        for side in (0.0, 0.5):
            yield turns + 0.25 * i + side + dice.uniform(-0.03, 0.03), size * dice.uniform(0.9, 1.08)


def _rosette(dice: Dice, count: int) -> Iterator[tuple[float, float]]:
    """Direction and relative size of leaves all around, the upper ones smaller."""
    turns = dice.uniform(0.0, 1.0)
    for i in range(count):
        yield turns + i * 0.382 + dice.uniform(-0.02, 0.02), (1.0 - 0.45 * i / count) * dice.uniform(0.9, 1.08)


def _cotyledons(leaves: Leaves, dice: Dice, colour: Colour, length: float, widths: tuple[float, ...]) -> None:
    turns = dice.uniform(0.0, 1.0)
    for side in (0.0, 0.5):
        blade(
            leaves, shaded(colour, 112), CENTRE, turns + side + dice.uniform(-0.03, 0.03), length, widths, veins=False
        )


def charlock(leaves: Leaves, dice: Dice, age: float) -> None:
    """Kidney-shaped seed leaves, rough true leaves with a large end lobe."""
    colour = varied(dice, (104, 154, 56), 12)
    _cotyledons(leaves, dice, colour, dice.uniform(0.5, 0.62), (0.1, 0.1, 0.5, 0.95, 1.0, 0.6))
    for turns, size in _rosette(dice, 1 + int(age * 4)):
        widths = (0.06, 0.1, 0.2, 0.12, 0.36, 0.3, 0.52, 0.5, 0.54, 0.4, 0.16)
        blade(leaves, shaded(colour, dice.integer(84, 104)), CENTRE, turns, size * 0.98, widths, smooth=1)


def cleavers(leaves: Leaves, dice: Dice, age: float) -> None:
    """Notched seed leaves, whorls of narrow pointed leaves."""
    colour = varied(dice, (78, 138, 70), 12)
    _cotyledons(leaves, dice, colour, 0.62, (0.12, 0.2, 0.5, 0.56, 0.46, 0.26))
    turns = dice.uniform(0.0, 1.0)
    count = dice.integer(4, 6)
    for whorl in range(1 + int(age * 2)):
        long = 0.95 - 0.36 * whorl
        for i in range(count):
            angle = turns + (i + 0.5 * whorl) / count + dice.uniform(-0.015, 0.015)
            blade(
                leaves,
                shaded(colour, 90 + 12 * whorl),
                CENTRE,
                angle,
                long,
                (0.05, 0.12, 0.22, 0.27, 0.2, 0.02),
                smooth=1,
            )


def common_chickweed(leaves: Leaves, dice: Dice, age: float) -> None:
    """Small pointed oval leaves on stalks, light green, in crossing pairs."""
    colour = varied(dice, (126, 178, 76), 12)
    for turns, size in _pairs(dice, age, 3):
        widths = (0.045, 0.045, 0.06, 0.34, 0.46, 0.42, 0.22, 0.01)
        blade(leaves, shaded(colour, dice.integer(88, 110)), CENTRE, turns, size * 0.92, widths, vein=(176, 206, 130))
    if age > 0.5:
        for turns, size in _rosette(dice, 4):
            blade(leaves, shaded(colour, 118), CENTRE, turns, size * 0.4, (0.1, 0.4, 0.5, 0.3, 0.02), veins=False)


def fat_hen(leaves: Leaves, dice: Dice, age: float) -> None:
    """Toothed diamonds with a mealy, greyish or purple bloom."""
    colour = varied(dice, (112, 142, 104), 12)
    _cotyledons(leaves, dice, mixed(colour, (150, 90, 120), 25), 0.6, (0.08, 0.14, 0.2, 0.18, 0.05))
    for turns, size in _pairs(dice, age, 3):
        widths = (0.05, 0.06, 0.2, 0.56, 0.48, 0.5, 0.34, 0.3, 0.14, 0.02)
        blade(leaves, shaded(colour, dice.integer(88, 106)), CENTRE, turns, size * 0.95, widths, smooth=1)
    blade(leaves, (196, 190, 188), CENTRE, dice.uniform(0.0, 1.0), 0.18, (0.5, 0.9, 0.5), veins=False)


def scentless_mayweed(leaves: Leaves, dice: Dice, age: float) -> None:
    """Leaves cut into fine threads."""
    colour = varied(dice, (92, 146, 66), 12)
    if age < 0.6:
        _cotyledons(leaves, dice, colour, 0.4, (0.1, 0.3, 0.42, 0.36, 0.1))
    fine = dice.uniform(0.045, 0.06)
    for turns, size in _rosette(dice, 3 + int(age * 5)):
        feather(leaves, dice, shaded(colour, dice.integer(84, 112)), turns, size, fine)


def shepherds_purse(leaves: Leaves, dice: Dice, age: float) -> None:
    """A rosette of many deeply lobed leaves."""
    colour = varied(dice, (106, 148, 82), 12)
    lobed = (0.04, 0.07, 0.18, 0.06, 0.26, 0.08, 0.32, 0.1, 0.34, 0.28, 0.03)
    for turns, size in _rosette(dice, 6 + int(age * 6)):
        simple = size < 0.66 and dice.chance(0.6)
        widths = (0.05, 0.06, 0.24, 0.34, 0.26, 0.05) if simple else lobed
        blade(leaves, shaded(colour, dice.integer(84, 112)), CENTRE, turns, size * 0.95, widths, smooth=1)


def small_flowered_cranesbill(leaves: Leaves, dice: Dice, age: float) -> None:
    """Round lobed leaves on long reddish stalks."""
    colour = varied(dice, (98, 146, 80), 12)
    stalk = mixed((150, 90, 84), colour, dice.integer(20, 70))
    for turns, size in _rosette(dice, 2 + int(age * 5)):
        palm(
            leaves,
            dice,
            shaded(colour, dice.integer(84, 112)),
            turns,
            size * dice.uniform(0.5, 0.7),
            size * dice.uniform(0.27, 0.36),
            stalk,
        )


def sugar_beet(leaves: Leaves, dice: Dice, age: float) -> None:
    """Smooth, fleshy, long oval leaves in pairs, the stalks often red."""
    colour = varied(dice, (76, 140, 58), 12)
    red = mixed((190, 70, 96), colour, dice.integer(0, 80))
    _cotyledons(leaves, dice, colour, 0.72, (0.09, 0.12, 0.26, 0.32, 0.3, 0.2))
    for turns, size in _pairs(dice, age, 2):
        widths = (0.1, 0.12, 0.36, 0.5, 0.54, 0.46, 0.3, 0.08)
        blade(
            leaves,
            shaded(colour, dice.integer(88, 116)),
            CENTRE,
            turns,
            size,
            widths,
            dice.uniform(-0.2, 0.2),
            vein=red,
        )


SPECIES: tuple[Callable[[Leaves, Dice, float], None], ...] = (
    black_grass, charlock, cleavers, common_chickweed, common_wheat, fat_hen, loose_silky_bent,
    maize, scentless_mayweed, shepherds_purse, small_flowered_cranesbill, sugar_beet,
)  # fmt: skip
