"""Many thumbnails in one PNG file: one request in a browser instead of a thousand."""

import io
from typing import TypeVar

import numpy as np
from PIL import Image

from revisit.files import json_bytes

COLUMNS = 32
MOST = 2000  # tiles of a map: each comes with its image
Rows = TypeVar("Rows", np.ndarray, list[int])


def sprite(thumbnails: np.ndarray) -> np.ndarray:
    """Tiles (N, h, w, C) uint8 in rows of `COLUMNS`: (rows·h, COLUMNS·w, C), black where there is none."""
    N, h, w, C = thumbnails.shape
    rows = -(-N // COLUMNS)
    tiles = np.zeros((rows * COLUMNS, h, w, C), np.uint8)
    tiles[:N] = thumbnails
    return tiles.reshape(rows, COLUMNS, h, w, C).swapaxes(1, 2).reshape(rows * h, COLUMNS * w, C)


def thinned(rows: Rows, most: int | None = None) -> Rows:
    """Every n-th of `rows`, as many as leave `most` at most; None: `MOST`."""
    return rows[:: -(-len(rows) // (most or MOST))]


def files(thumbnails: np.ndarray, rows: np.ndarray, classes: list[str]) -> dict[str, bytes]:
    """The contents of `thumbnails.png` and `sprite.json`; the same input gives the same bytes.

    Args:
        thumbnails: all test thumbnails (N, h, w, C) uint8, C = 1 or 3.
        rows: the rows of them that get a tile, in this order.
        classes: names of the classes, for whoever shows the tiles.
    """
    image, picture = sprite(thumbnails[rows]), io.BytesIO()
    Image.fromarray(image[..., 0] if image.shape[2] == 1 else image).save(picture, "png", optimize=True)
    description = {
        "columns": COLUMNS,
        "tile": list(thumbnails.shape[1:3]),
        "rows": [int(row) for row in rows],
        "classes": classes,
    }
    return {"thumbnails.png": picture.getvalue(), "sprite.json": json_bytes(description)}
