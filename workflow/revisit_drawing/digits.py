"""Handwritten digits in MNIST's format: scikit-learn's real 8x8 digits (Alpaydin and Kaynak, "Optical Recognition of
Handwritten Digits", UCI 1998; 1,797 images), drawn at 28x28 with small random affine changes and stroke widths.

The last fifth of each class, in an order that the seed shuffles, serves the test split alone, so no original
is in both splits. Arithmetic on floats is + - * /, one at a time, so every machine gets the same bytes.
"""

from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from revisit_drawing.parts.dice import Dice
from revisit_drawing.writers import idx_files

if TYPE_CHECKING:
    from revisit.data.settings import Drawn

FORMAT = "idx"
NAMED = False
SIZE = 28  # pixels, as in MNIST
CLASSES = tuple("0123456789")
GRID = 8  # pixels of an original
TEST_SHARE = 5  # one original of so many is for the test split
BLOCK = 500  # images drawn at a time


def write(embedded: "Drawn", seed: int, destination: Path) -> None:
    """Write the official files of the data set; see `revisit.data.embedded.Drawing`."""
    idx_files.write(destination, draw(embedded["train"], seed, 0), draw(embedded["test"], seed, 1))


@cache
def originals() -> tuple[np.ndarray, np.ndarray]:
    """scikit-learn's digits: images (1797, 8, 8) int64 of 0..16 and labels (1797,) int64."""
    from sklearn.datasets import load_digits  # importing it takes a second

    digits = load_digits()
    return digits.images.astype(np.int64), digits.target.astype(np.int64)


def shares(seed: int, split: int) -> list[list[int]]:
    """The originals of a split (0 training, else test), for each class their numbers in random order."""
    _, labels = originals()
    found = []
    for k in range(len(CLASSES)):
        members = np.flatnonzero(labels == k)
        order = [int(members[i]) for i in Dice(seed, 0, 2, k).permutation(len(members))]
        kept = len(order) - len(order) // TEST_SHARE
        found.append(order[:kept] if split == 0 else order[kept:])
    return found


def draw(count: int, seed: int, split: int) -> tuple[np.ndarray, np.ndarray]:
    """Draw a split: images (count, 28, 28) uint8 and labels (count,) uint8.

    Every ten pictures in a row hold each class once, in random order; a class uses all its originals before
    one comes again, otherwise changed. Picture i depends on the seed, the number of the split and i alone,
    so a larger draw begins with the smaller one.
    """
    labels = np.empty(count, np.uint8)
    chosen = np.empty(count, np.int64)
    changes = np.empty((count, 7))
    share = shares(seed, split)
    orders: dict[tuple[int, int], list[int]] = {}
    for row in range(count):
        turn = row // 10
        if row % 10 == 0:
            order = Dice(seed, split, 0, turn).permutation(10)
        k = labels[row] = order[row % 10]
        members = share[k]
        again, at = divmod(turn, len(members))
        if (k, again) not in orders:
            orders[k, again] = Dice(seed, split, 3 + k, again).permutation(len(members))
        chosen[row] = members[orders[k, again][at]]
        changes[row] = _change(Dice(seed, split, 1, row))
    images, _ = originals()
    drawn = [rendered(images[chosen[i : i + BLOCK]], changes[i : i + BLOCK]) for i in range(0, count, BLOCK)]
    return np.concatenate([np.empty((0, SIZE, SIZE), np.uint8), *drawn]), labels


def _change(dice: Dice) -> tuple[float, ...]:
    """Turn (tangent of half the angle), shear, scales across and down, shifts in pixels, threshold of the ink."""
    return (
        dice.uniform(-0.12, 0.12), dice.uniform(-0.25, 0.25), dice.uniform(0.82, 1.08), dice.uniform(0.88, 1.08),
        dice.uniform(-2.0, 2.0), dice.uniform(-2.0, 2.0), dice.uniform(5.6, 9.2),
    )  # fmt: skip


def rendered(images: np.ndarray, changes: np.ndarray) -> np.ndarray:
    """Originals (N, 8, 8) of 0..16 and their changes (N, 7): pictures (N, 28, 28) uint8, white on black.

    Each pixel takes the value at its place of the original, interpolated by cubic convolution, and what lies above
    the threshold becomes ink, with a soft edge.
    """
    turn, shear, wide, high, right, down, threshold = (changes[:, i, None, None] for i in range(7))
    cosine, sine = (1 - turn * turn) / (1 + turn * turn), 2 * turn / (1 + turn * turn)
    pitch = 20 / GRID  # MNIST's digits fill 20 of 28 pixels
    at = np.arange(SIZE) - (SIZE - 1) / 2
    x, y = at[None, None, :] - right, at[None, :, None] - down
    across, along = x * cosine + y * sine, y * cosine - x * sine
    along = along / (high * pitch)
    across = across / (wide * pitch) + along * shear
    border = 3  # empty pixels around, so that every neighbour exists
    middle = (GRID - 1) / 2 + border
    limit = GRID + 2 * border - 3.0
    across, along = np.clip(across + middle, 1, limit), np.clip(along + middle, 1, limit)
    padded = np.zeros((len(images), GRID + 2 * border, GRID + 2 * border))
    padded[:, border:-border, border:-border] = images
    column, row = np.floor(across).astype(np.int64), np.floor(along).astype(np.int64)
    by_column, by_row = _cubic(across - column), _cubic(along - row)
    side = GRID + 2 * border
    first = (np.arange(len(images))[:, None, None] * side + row - 1) * side + column - 1
    flat = padded.ravel()
    value = np.zeros(first.shape)
    for j in range(4):
        line = np.zeros(first.shape)
        for i in range(4):
            line += by_column[i] * flat[first + (j * side + i)]
        value += by_row[j] * line
    return np.rint(np.clip((value - threshold) * 44.0 + 128.0, 0.0, 255.0)).astype(np.uint8)


def _cubic(t: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray]:
    """Weights of the four neighbours at 0 <= t < 1 (Keys 1981, with a = -1/2)."""
    return (
        ((2 - t) * t - 1) * t / 2,
        ((3 * t - 5) * t * t + 2) / 2,
        ((4 - 3 * t) * t + 1) * t / 2,
        (t - 1) * t * t / 2,
    )
