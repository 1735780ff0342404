"""Drawn garments in the ten classes of Fashion-MNIST (Xiao, Rasul and Vollgraf 2017): the embedded stand-in.

28x28 grey pictures on black: cut, sleeves, collar, pattern, shade, folds and pose vary from picture to
picture, and the ranges of T-shirts, shirts, pullovers, coats and dresses overlap, as in the real data.
The same seed gives the same bytes on every machine (see `parts.dice` and `parts.raster`).
"""

from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from revisit_drawing.parts.cloth import accent, cloth, line
from revisit_drawing.parts.dice import Dice
from revisit_drawing.parts.raster import Canvas, Outline, Pose, mirrored, rounded, stroke
from revisit_drawing.parts.shoes import ankle_boot, sandal, sneaker
from revisit_drawing.parts.tops import coat, dress, pullover, shirt, t_shirt
from revisit_drawing.writers import idx_files

if TYPE_CHECKING:
    from revisit.data.settings import Drawn

FORMAT = "idx"
NAMED = False
SIZE = 28  # pixels, as in Fashion-MNIST
CLASSES = ("T-shirt/top", "Trouser", "Pullover", "Dress", "Coat", "Sandal", "Shirt", "Sneaker", "Bag", "Ankle boot")


def write(embedded: "Drawn", seed: int, destination: Path) -> None:
    """Write the official files of the data set; see `revisit.data.embedded.Drawing`."""
    idx_files.write(destination, draw(embedded["train"], seed, 0), draw(embedded["test"], seed, 1))


def draw(count: int, seed: int, split: int) -> tuple[np.ndarray, np.ndarray]:
    """Draw a split: images (count, 28, 28) uint8 and labels (count,) uint8.

    Every ten pictures in a row hold each class once, in random order. Picture i depends on the seed,
    the number of the split and i alone, so a larger draw begins with the smaller one.
    """
    images = np.empty((count, SIZE, SIZE), np.uint8)
    labels = np.empty(count, np.uint8)
    for row in range(count):
        labels[row] = Dice(seed, split, 0, row // 10).permutation(10)[row % 10]
        images[row] = garment(int(labels[row]), Dice(seed, split, 1, row))
    return images, labels


def garment(label: int, dice: Dice) -> np.ndarray:
    """One picture of the class, (28, 28) uint8."""
    scale = dice.uniform(0.76, 0.98)
    room = 1.02 - scale  # a small garment lies anywhere in the picture, a large one stays whole
    pose = Pose(
        scale_x=scale * dice.uniform(0.86, 1.04),
        scale_y=scale,
        shear=dice.uniform(-0.06, 0.06),
        turn=dice.uniform(-0.06, 0.06),
        shift_x=dice.uniform(-room, room),
        shift_y=dice.uniform(-room, room),
    )
    canvas = Canvas(SIZE, pose)
    DRAWERS[label](canvas, dice)
    image = canvas.image()
    noise = dice.bytes(SIZE * SIZE).reshape(SIZE, SIZE).astype(np.int32) - 128
    grain = dice.integer(20, 50) if dice.chance(0.08) else dice.integer(2, 12)
    image = image + noise * grain // 128 * (image > 8)
    if dice.chance(0.05):  # a dusty scan: faint specks on the background too
        image = image + (noise + 128) * 18 // 256
    return np.clip(image, 0, 255).astype(np.uint8)


def trouser(canvas: Canvas, dice: Dice) -> None:
    """Two legs and a waistband; at times shorts, at times legs so close that they meet."""
    waist, hip = dice.uniform(0.22, 0.34), dice.uniform(0.28, 0.42)
    gap, foot = dice.uniform(0.0, 0.1), dice.uniform(0.14, 0.26)
    end = dice.uniform(0.1, 0.6) if dice.chance(0.06) else dice.uniform(0.88, 1.0)
    apart = dice.uniform(0.0, 0.1)
    crotch = dice.uniform(-0.5, -0.3)
    leg: Outline = [
        (0.0, -0.97), (waist, -0.97), (hip, crotch - 0.1), (gap + apart + foot, end), (gap + apart, end), (0.0, crotch),
    ]  # fmt: skip
    legs = canvas.mask(leg, mirrored(leg))
    canvas.paint(legs, cloth(canvas, dice, 0.2))
    line(canvas, [(0.0, -0.9), (0.0, crotch + 0.05)], 0.04, legs, accent(dice))
    if dice.chance(0.6):
        line(canvas, [(-1.0, -0.9), (1.0, -0.9)], 0.1, legs, accent(dice))
    if dice.chance(0.4):  # a crease or a seam down each leg
        crease: Outline = [(hip * 0.55, crotch), (gap + apart + foot * 0.5, end)]
        line(canvas, crease, 0.05, legs, accent(dice, 45))
        line(canvas, mirrored(crease), 0.05, legs, accent(dice, 45))


def bag(canvas: Canvas, dice: Dice) -> None:
    """A box, a satchel or a pouch, with a handle or a strap, at times lying down."""
    plane = cloth(canvas, dice, 0.35)
    wide, high = dice.uniform(0.6, 0.97), dice.uniform(0.35, 0.66)
    taper = dice.uniform(0.72, 1.05)
    upper = dice.uniform(-0.25, 0.0)
    lower = upper + 1.5 * high
    if dice.chance(0.85):
        reach = wide * dice.uniform(0.3, 0.75)
        peak = max(-1.0, upper - dice.uniform(0.25, 0.8))
        handle: Outline = [(-reach, upper + 0.05), (-reach * 0.85, peak + 0.15), (-reach * 0.4, peak)]
        handle = [*handle, *mirrored(handle)[::-1]]
        canvas.paint(canvas.mask(*stroke(handle, dice.uniform(0.06, 0.16))), plane * dice.integer(70, 110) // 100)
    box: Outline = [(-wide * taper, upper), (wide * taper, upper), (wide, lower), (-wide, lower)]
    outline = rounded(box, 2) if dice.chance(0.5) else rounded([corner for corner in box for _ in range(2)], 1)
    body = canvas.mask(outline)
    canvas.paint(body, plane)
    if dice.chance(0.6):  # a flap
        y = upper + (lower - upper) * dice.uniform(0.2, 0.55)
        line(canvas, [(-wide, upper + 0.1), (0.0, y), (wide, upper + 0.1)], 0.05, body, accent(dice))
    if dice.chance(0.5):  # a clasp
        y = upper + (lower - upper) * 0.45
        canvas.paint(canvas.mask(*stroke([(0.0, y), (0.0, y + 0.16)], 0.16)), dice.integer(20, 250))
    if dice.chance(0.4):  # piping along the bottom
        line(canvas, [(-wide, lower - 0.07), (wide, lower - 0.07)], 0.06, body, accent(dice))


DRAWERS: tuple[Callable[[Canvas, Dice], None], ...] = (
    t_shirt, trouser, pullover, dress, coat, sandal, shirt, sneaker, bag, ankle_boot,
)  # fmt: skip
