"""Many thumbnails in one PNG file: one request in a browser instead of a thousand."""

import io
from collections.abc import Sequence

import numpy as np
from PIL import Image

from revisit.files import json_bytes

COLUMNS = 32
MOST = 2000  # tiles of a map: each comes with its image


def sprite(thumbnails: np.ndarray) -> np.ndarray:
    """Tiles (N, h, w, C) uint8 in rows of `COLUMNS`: (rows·h, COLUMNS·w, C), black where there is none."""
    N, h, w, C = thumbnails.shape
    rows = -(-N // COLUMNS)
    tiles = np.zeros((rows * COLUMNS, h, w, C), np.uint8)
    tiles[:N] = thumbnails
    return tiles.reshape(rows, COLUMNS, h, w, C).swapaxes(1, 2).reshape(rows * h, COLUMNS * w, C)


def tiles(sprite: np.ndarray, tile: Sequence[int], number: int) -> np.ndarray:
    """The first `number` tiles (N, h, w, C) of a picture (rows·h, COLUMNS·w[, C]) that `sprite` has made.

    `tile` is (h, w).
    """
    h, w = tile
    lines = sprite.reshape(-1, h, COLUMNS, w, 1 if sprite.ndim == 2 else sprite.shape[2])
    return lines.swapaxes(1, 2).reshape(-1, h, w, lines.shape[-1])[:number]


def image(thumbnails: np.ndarray) -> Image.Image:
    """Tiles (N, h, w, C) as one picture, C = 1 or 3."""
    picture = sprite(thumbnails)
    return Image.fromarray(picture[..., 0] if picture.shape[2] == 1 else picture)


def thinned(rows: np.ndarray) -> np.ndarray:
    """Every n-th of `rows`, as many as leave `MOST` at most."""
    return rows[:: -(-len(rows) // MOST)]


def files(thumbnails: np.ndarray, rows: np.ndarray, classes: list[str]) -> dict[str, bytes]:
    """The contents of `thumbnails.png` and `sprite.json`; the same input gives the same bytes.

    Args:
        thumbnails: all test thumbnails (N, h, w, C) uint8, C = 1 or 3.
        rows: the rows of them that get a tile, in this order.
        classes: names of the classes, for whoever shows the tiles.
    """
    picture = io.BytesIO()
    image(thumbnails[rows]).save(picture, "png", optimize=True)
    description = {
        "columns": COLUMNS,
        "tile": list(thumbnails.shape[1:3]),
        "rows": [int(row) for row in rows],
        "classes": classes,
    }
    return {"thumbnails.png": picture.getvalue(), "sprite.json": json_bytes(description)}
