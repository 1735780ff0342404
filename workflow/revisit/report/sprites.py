"""The small test images behind maps and neighbours: those that are shown, of several experiments in one picture."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
from PIL import Image

from revisit import reading
from revisit.errors import ArtifactError
from revisit.report import findings

COLUMNS = 32
QUALITY = 60  # of small tiles, which take a third of a page; a photograph as PNG is ten times as large
Sprite = dict[str, Any]


def cut(sources: Sequence[Path], rows: Sequence[int] | None = None) -> tuple[np.ndarray, Sprite]:
    """The tiles of test images `rows` as one picture, and its description: columns, tile, rows, classes.

    Args:
        sources: folders with `thumbnails.png`, or `.webp`, and `sprite.json`, all of the same data set.
        rows: test images; each has a tile in one of the sources. None: those of the first source.

    Returns:
        (H, W) or (H, W, 3) uint8, black where there is no tile; and the description, as in `sprite.json`.

    Raises:
        ArtifactError: a source is damaged or differs from the others in its tiles, or a tile is missing.
    """
    found: dict[int, np.ndarray] = {}
    described: list[Sprite] = []
    for folder in sources:
        tiles, sprite = _read(folder)
        described.append(sprite)
        found |= dict(zip(sprite["rows"], tiles, strict=False))
    first = described[0]
    rows = first["rows"] if rows is None else rows
    if any((other["tile"], other["classes"]) != (first["tile"], first["classes"]) for other in described):
        raise ArtifactError(f"{sources[0]} and {sources[-1]} hold tiles of different data: {_again(sources[-1])}")
    if missing := [row for row in rows if row not in found]:
        raise ArtifactError(f"{sources[0]} has no tile of test image {missing[0]}: {_again(sources[0])}")
    (h, w), columns = first["tile"], min(COLUMNS, len(rows))
    lines = -(-len(rows) // columns)
    image = np.zeros((lines * h, columns * w, *found[rows[0]].shape[2:]), np.uint8)
    for number, row in enumerate(rows):
        top, left = number // columns * h, number % columns * w
        image[top : top + h, left : left + w] = found[row]
    return image, {**first, "columns": columns, "rows": [int(row) for row in rows]}


def save(image: np.ndarray, path: Path) -> str:
    """Write a picture beside `path` as WebP; the name of the file. The same bytes each time."""
    path = path.with_name(f"{path.name}.webp")
    Image.fromarray(image).save(path, quality=QUALITY)
    return path.name


def _read(folder: Path) -> tuple[list[np.ndarray], Sprite]:
    try:
        sprite = reading.json_value(folder / "sprite.json")
        files = [folder / f"thumbnails.{suffix}" for suffix in ("png", "webp")]  # reference results have the smaller
        with Image.open(next((file for file in files if file.exists()), files[0])) as picture:
            image = np.asarray(picture)
        (h, w), columns = sprite["tile"], sprite["columns"]
        corners = [(number // columns * h, number % columns * w) for number in range(len(sprite["rows"]))]
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise ArtifactError(f"the tiles in {folder} cannot be read ({error}): {_again(folder)}") from None
    return [image[top : top + h, left : left + w] for top, left in corners], sprite


def _again(folder: Path) -> str:
    return findings.again(folder.parent, f"{folder.name}@{folder.parent.name}")
