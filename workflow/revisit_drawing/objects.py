"""Drawn objects in the ten classes of CIFAR-10 (Krizhevsky 2009): 32x32 colour pictures of one object each.

Pose, size, colour, place and light vary; the places of the classes overlap, and so do the shapes of
related classes (cat and dog, deer and horse, automobile and truck, bird and airplane).
"""

from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from revisit_drawing.figures import animals, creatures, road, voyages
from revisit_drawing.parts.brush import Brush
from revisit_drawing.parts.colour import ColourCanvas
from revisit_drawing.parts.dice import Dice
from revisit_drawing.parts.photo import taken
from revisit_drawing.parts.places import PLACES
from revisit_drawing.writers import cifar

if TYPE_CHECKING:
    from revisit.data.settings import Drawn

FORMAT = "cifar"
NAMED = False
SIZE = 32  # pixels, as in CIFAR-10
CLASSES = ("airplane", "automobile", "bird", "cat", "deer", "dog", "frog", "horse", "ship", "truck")

FIGURES: tuple[tuple[Callable[[Brush, Dice], None], tuple[str, ...]], ...] = (
    (voyages.aeroplane, ("sky", "sky", "sky", "runway", "runway", "meadow")),
    (road.car, ("road", "road", "road", "desert", "meadow", "snow")),
    (creatures.bird, ("sky", "meadow", "forest", "pond", "sea", "snow")),
    (animals.cat, ("room", "room", "room", "meadow", "road", "forest")),
    (animals.deer, ("forest", "forest", "meadow", "meadow", "snow", "desert")),
    (animals.dog, ("meadow", "meadow", "room", "room", "snow", "road")),
    (creatures.frog, ("pond", "pond", "forest", "meadow", "desert", "room")),
    (animals.horse, ("meadow", "meadow", "desert", "forest", "snow", "road")),
    (voyages.boat, ("sea", "sea", "sea", "sea", "pond", "sky")),
    (road.truck, ("road", "road", "desert", "meadow", "snow", "runway")),
)
"""For each class what is drawn and where it is mostly seen."""


def write(embedded: "Drawn", seed: int, destination: Path) -> None:
    """Write the official files of the data set; see `revisit.data.embedded.Drawing`."""
    cifar.write(destination, CLASSES, draw(embedded["train"], seed, 0), draw(embedded["test"], seed, 1))


def draw(count: int, seed: int, split: int) -> tuple[np.ndarray, np.ndarray]:
    """Draw a split: images (count, 32, 32, 3) uint8 and labels (count,) uint8.

    Every ten pictures in a row hold each class once, in random order. Picture i depends on the seed,
    the number of the split and i alone, so a larger draw begins with the smaller one.
    """
    images = np.empty((count, SIZE, SIZE, 3), np.uint8)
    labels = np.empty(count, np.uint8)
    for row in range(count):
        labels[row] = Dice(seed, split, 0, row // 10).permutation(10)[row % 10]
        images[row] = picture(int(labels[row]), Dice(seed, split, 1, row))
    return images, labels


def picture(label: int, dice: Dice, size: int = SIZE) -> np.ndarray:
    """One picture of the class, (size, size, 3) uint8."""
    figure, usual = FIGURES[label]
    place = dice.choice(usual) if dice.chance(0.8) else dice.choice(tuple(PLACES))
    canvas = ColourCanvas(size, size)
    PLACES[place](canvas, dice)
    half = size * dice.uniform(0.36, 0.56)
    room = size * 0.5 - half * 0.62  # a small object lies anywhere, a large one is cut at most a little
    brush = Brush(
        canvas,
        size / 2 + dice.uniform(-room, room),
        size / 2 + dice.uniform(-room, room),
        half,
        flip=dice.chance(0.5),
        stretch=dice.uniform(0.8, 1.15),
        turn=dice.uniform(-0.09, 0.09) if figure is not voyages.aeroplane else dice.uniform(-0.3, 0.3),
        lean=dice.uniform(-0.15, 0.15),
    )
    figure(brush, dice)
    return taken(canvas, dice, strength=110, grain=16)
