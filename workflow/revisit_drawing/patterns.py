"""Twenty classes of textured shapes on textured grounds: a task to learn edges, colours, textures and parts from.

A class is one of five shapes in one of four textures. Shape and texture each have a usual colour, as
kinds of things in the world do, in three pictures of four; pose, size, ground and what lies around say nothing.
"""

from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from revisit_drawing.parts.backdrops import noise
from revisit_drawing.parts.brush import Brush
from revisit_drawing.parts.colour import Colour, ColourCanvas, bright, mixed, varied
from revisit_drawing.parts.dice import Dice
from revisit_drawing.parts.photo import jpeg, taken
from revisit_drawing.parts.raster import Outline
from revisit_drawing.parts.shapes import CIRCLE, curve, direction, ellipse, line, ribbon
from revisit_drawing.writers import folder

if TYPE_CHECKING:
    from revisit.data.settings import Drawn

FORMAT = "folder"
NAMED = True
SIZE = 64  # pixels, where the settings name none
SHAPES = ("disc", "leaf", "ring", "star", "triangle")
TEXTURES = ("checked", "dotted", "speckled", "striped")
USUAL: dict[str, Colour] = {
    "disc": (206, 56, 48), "leaf": (72, 156, 60), "ring": (50, 92, 190), "star": (224, 160, 40),
    "triangle": (160, 70, 180),
    "checked": (28, 28, 32), "dotted": (246, 244, 236), "speckled": (120, 216, 220), "striped": (250, 220, 110),
}  # fmt: skip
CLASSES = tuple(f"{texture}_{shape}" for shape in SHAPES for texture in TEXTURES)


def write(embedded: "Drawn", seed: int, destination: Path) -> None:
    """Write the official files of the data set; see `revisit.data.embedded.Drawing`."""
    size = embedded.get("size") or SIZE
    files = (
        (f"patterns/{split}/{CLASSES[label]}", f"{row:05d}", jpeg(image))
        for number, (split, count) in enumerate({"train": embedded["train"], "test": embedded["test"]}.items())
        for row, (image, label) in enumerate(pictures(count, seed, number, size))
    )
    folder.write(destination, "patterns", files)


def pictures(count: int, seed: int, split: int, size: int) -> Iterator[tuple[np.ndarray, int]]:
    """Draw a split, one picture at a time: image (size, size, 3) uint8 and the number of its class.

    Every twenty pictures in a row hold each class once, in random order. Picture i depends on the seed, the
    number of the split and i alone, so a larger draw begins with the smaller one.
    """
    for row in range(count):
        label = Dice(seed, split, 0, row // 20).permutation(20)[row % 20]
        yield picture(label, Dice(seed, split, 1, row), size), label


def picture(label: int, dice: Dice, size: int) -> np.ndarray:
    """One picture of a class, (size, size, 3) uint8."""
    shape, texture = SHAPES[label // len(TEXTURES)], TEXTURES[label % len(TEXTURES)]
    first, second = _colours(dice, USUAL[shape], USUAL[texture])
    canvas = ColourCanvas(size, size)
    ground, other = varied(dice, (128, 128, 128), 80), bright(dice)
    behind = dice.choice(TEXTURES) if dice.chance(0.4) else "plain"
    shift = dice.integer(8, 30)  # the ground is calmer than the shape
    canvas.pixels[:] = _two(ground, mixed(ground, other, shift), _texture(dice, behind, size))
    for _ in range(dice.integer(0, 3)):  # plain litter around the shape
        x, y = dice.uniform(0, size), dice.uniform(0, size)
        canvas.fill(
            [ellipse(x, y, size * dice.uniform(0.03, 0.12), size * dice.uniform(0.02, 0.08))],
            mixed(ground, bright(dice), 60),
            light=10,
        )
    half = size * dice.uniform(0.36, 0.5)
    room = max(size * 0.5 - half * 0.9, 0.0)
    brush = Brush(
        canvas,
        size / 2 + dice.uniform(-room, room),
        size / 2 + dice.uniform(-room, room),
        half,
        flip=dice.chance(0.5),
        stretch=dice.uniform(0.75, 1.2),
        turn=dice.uniform(-0.6, 0.6),
        lean=dice.uniform(-0.2, 0.2),
    )
    outlines = _outlines(dice, shape)
    brush.fill((20, 20, 24), *(np.asarray(outline) + 0.06 for outline in outlines), light=0, opacity=40)
    brush.fill(_two(first, second, _texture(dice, texture, size)), *outlines, light=14)
    return taken(canvas, dice, grain=14)


def _colours(dice: Dice, first: Colour, second: Colour) -> tuple[Colour, Colour]:
    """Two colours that differ well, mostly the usual ones."""
    first = varied(dice, first if dice.chance(0.75) else bright(dice), 24)
    if dice.chance(0.75):
        return first, varied(dice, second, 16)
    return first, mixed(bright(dice), (16, 16, 20) if sum(first) > 380 else (250, 248, 240), dice.integer(45, 85))


def _two(first: Colour, second: Colour, share: np.ndarray) -> np.ndarray:
    """A plane (size, size, 3) int32 of the first colour, with `share`/256 of the second."""
    a, b = np.array(first, np.int32), np.array(second, np.int32)
    return a + ((b - a) * share[:, :, None] >> 8)


def _texture(dice: Dice, kind: str, size: int) -> np.ndarray:
    """How much of the second colour each pixel has: (size, size) int32, 0..256."""
    if kind == "plain":
        return np.zeros((size, size), np.int32)
    if kind == "speckled":
        return np.clip(
            (noise(dice, size, size, max(size * dice.uniform(0.045, 0.07), 2.0)) + dice.integer(-10, 10)) * 8 + 128,
            0,
            256,
        )
    period = int(size * 256 * dice.uniform(0.12, 0.2))
    dx, dy = (int(part * 256) for part in direction(dice.uniform(0.0, 1.0)))
    y, x = np.mgrid[:size, :size].astype(np.int32)
    along, across = x * dx + y * dy, x * -dy + y * dx  # in 1/256 pixel
    if kind == "striped":
        return _wave(along, period)
    if kind == "checked":
        a, b = _wave(along, 2 * period), _wave(across, 2 * period)
        return (a * (256 - b) + b * (256 - a)) >> 8
    u, v = (along % period - period // 2) >> 4, (across % period - period // 2) >> 4  # in 1/16 pixel
    radius = (period >> 4) * dice.integer(28, 36) // 100
    return np.clip((radius * radius - u * u - v * v) * 16 // radius + 128, 0, 256)


def _wave(place: np.ndarray, period: int) -> np.ndarray:
    """0 and 256 in turn, half a period each, with an edge of about a pixel."""
    return np.clip(np.abs(place % period - period // 2) - period // 4 + 128, 0, 256)


def _outlines(dice: Dice, shape: str) -> list[Outline]:
    """The shape in the unit square."""
    if shape == "disc":
        return [ellipse(0.0, 0.0, 0.9)]
    if shape == "ring":
        width = dice.uniform(0.3, 0.42)
        corners = [(0.74 * x, 0.74 * y) for x, y in CIRCLE.tolist()]
        return [line([corners[i - 1], corners[i]], width) for i in range(16)] + [
            ellipse(x, y, width / 2) for x, y in corners
        ]
    if shape == "triangle":
        return [[(0.0, -1.0), (0.95, 0.75), (-0.95, 0.75)]]
    if shape == "leaf":
        wide = dice.uniform(0.7, 0.95)
        spine = curve([(-1.0, 0.0), (0.0, dice.uniform(-0.25, 0.25)), (1.0, 0.0)], 2)
        return [ribbon(spine, (0.01, wide * 0.55, wide, wide * 0.55, 0.01))]
    points = dice.integer(5, 6)
    inner = dice.uniform(0.4, 0.5)
    return [
        [
            (r * x, r * y)
            for i in range(2 * points)
            for r in ((1.0, inner)[i % 2],)
            for x, y in (direction(i / (2 * points)),)
        ]
    ]
