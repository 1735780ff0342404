"""Pictures without axes: maps of points, grids of equal tiles, filters, heat maps."""

from collections.abc import Sequence

import matplotlib as mpl
import numpy as np
from matplotlib.figure import Figure
from PIL import Image

from revisit.report.figures.style import STYLE
from revisit.report.palette import PAPER

SIDE = 64  # screen pixels of a tile, about
GAP = 4
GREY = 128


def scatter(x: np.ndarray, y: np.ndarray, colours: Sequence[str]) -> Figure:
    """Points (N,), each of its own colour, without axes: the axes of an embedding mean nothing."""
    mpl.rcParams.update(STYLE)
    figure = Figure(figsize=(4.4, 4.4))
    axes = figure.add_axes((0, 0, 1, 1))
    axes.scatter(x, y, s=11 if len(x) < 3000 else 3, c=colours, linewidths=0)
    axes.set_aspect("equal")
    axes.axis("off")
    return figure


def mosaic(tiles: Sequence[np.ndarray], columns: int, gap: int = GAP) -> np.ndarray:
    """Equal tiles (h, w, 1 or 3) uint8 row by row as one image (H, W, 4) uint8 with transparent gaps."""
    height, width = tiles[0].shape[:2]
    rows = -(-len(tiles) // columns)
    image = np.zeros((rows * (height + gap) - gap, columns * (width + gap) - gap, 4), np.uint8)
    for number, tile in enumerate(tiles):
        top, left = number // columns * (height + gap), number % columns * (width + gap)
        image[top : top + height, left : left + width, :3] = tile
        image[top : top + height, left : left + width, 3] = 255
    return image


def enlarged(tile: np.ndarray, side: int = SIDE) -> np.ndarray:
    """A picture (h, w, C) uint8 in a whole multiple of its size, at most `side` pixels; a larger one shrunk to that."""
    factor = side // max(tile.shape[:2])
    if factor:
        return tile.repeat(factor, axis=0).repeat(factor, axis=1)
    h, w = (max(1, round(length * side / max(tile.shape[:2]))) for length in tile.shape[:2])
    return _resized(tile, h, w, Image.Resampling.BOX)


def heat(values: np.ndarray, shape: tuple[int, int]) -> np.ndarray:
    """A map (h, w) as a picture (*shape, 3) uint8: 0, or its least value below, is dark, its largest bright.

    What is not finite counts as 0.
    """
    values = np.nan_to_num(values, nan=0.0, posinf=0.0, neginf=0.0)
    low, high = min(0.0, float(values.min())), float(values.max())
    colours = mpl.colormaps["viridis"]((values - low) / (high - low or 1.0), bytes=True)[..., :3]
    return _resized(colours, *shape, Image.Resampling.NEAREST)


def outlined(tile: np.ndarray, boxes: Sequence[tuple[Sequence[float], str]], width: int = 2) -> np.ndarray:
    """A picture (h, w, C) uint8 with the outlines of boxes on it: (h, w, 3).

    A box is (top, left, bottom, right) in shares of height and width, with its colour (`#rrggbb`).
    """
    tile = np.broadcast_to(tile, (*tile.shape[:2], 3)).copy()
    h, w = tile.shape[:2]
    for (top, left, bottom, right), colour in boxes:
        y, x = slice(round(top * h), round(bottom * h)), slice(round(left * w), round(right * w))
        inner = tile[y, x][width:-width, width:-width].copy()
        tile[y, x] = np.frombuffer(bytes.fromhex(colour[1:]), np.uint8)
        tile[y, x][width:-width, width:-width] = inner
    return tile


def covered(tile: np.ndarray, box: Sequence[float]) -> np.ndarray:
    """A picture (h, w, C) uint8 with a grey box on it, outlined in white: (h, w, 3); the box as in `outlined`."""
    tile = np.broadcast_to(tile, (*tile.shape[:2], 3)).copy()
    h, w = tile.shape[:2]
    tile[round(box[0] * h) : round(box[2] * h), round(box[1] * w) : round(box[3] * w)] = GREY
    return outlined(tile, [(box, PAPER)], 1)


def filter_grid(weights: np.ndarray, cell: int | None = None, gap: int = 6, columns: int | None = None) -> np.ndarray:
    """Filters (out, in, h, w) as one image (H, W, 4) uint8, each weight `cell` screen pixels (none: about 50 a filter).

    Three input channels: colour, each filter stretched about 0. Otherwise grey (the mean over the channels), 0 in the
    middle and the scale common, so that filters can be compared. The gaps are transparent. 8 or more in a row, if
    `columns` does not say how many.
    """
    colour = weights.shape[1] == 3
    weights = np.nan_to_num(weights if colour else weights.mean(axis=1, keepdims=True), posinf=0.0, neginf=0.0)
    scale = np.abs(weights).max(axis=(1, 2, 3), keepdims=True) if colour else np.abs(weights).max()
    columns = columns or max(8, int(np.ceil(np.sqrt(len(weights)))))
    return mosaic(_filters(weights, scale, cell or max(1, 50 // max(weights.shape[2:]))), columns, gap)


def followed(weights: np.ndarray) -> np.ndarray:
    """Filters (moments, n, in, h, w) as an image of n rows: a row is one filter over time, on one scale about 0."""
    moments, count, channels, h, w = weights.shape
    weights = np.nan_to_num(weights if channels == 3 else weights.mean(axis=2, keepdims=True), posinf=0.0, neginf=0.0)
    scale = np.abs(weights).max(axis=(0, 2, 3, 4), keepdims=True)
    rows = (weights / np.maximum(scale, 1e-12)).swapaxes(0, 1).reshape(count * moments, -1, h, w)
    return mosaic(_filters(rows, 1.0, max(1, 80 // max(h, w))), moments)


def _filters(weights: np.ndarray, scale: np.ndarray | float, cell: int) -> list[np.ndarray]:
    """Filters (n, C, h, w) from -scale to scale as tiles (h, w, C) uint8, enlarged by `cell`."""
    shades = np.clip(np.rint(127.5 + 127.5 * weights / np.maximum(scale, 1e-12)), 0, 255).astype(np.uint8)
    return [shade.transpose(1, 2, 0).repeat(cell, axis=0).repeat(cell, axis=1) for shade in shades]


def _resized(tile: np.ndarray, h: int, w: int, how: Image.Resampling) -> np.ndarray:
    picture = Image.fromarray(tile[..., 0] if tile.shape[2] == 1 else tile).resize((w, h), how)
    return np.asarray(picture).reshape(h, w, tile.shape[2])


def flat(tiles: np.ndarray) -> np.ndarray:
    """Pictures (rows, columns, h, w, C) one after the other: (rows * columns, h, w, C)."""
    return tiles.reshape(-1, *tiles.shape[2:])
