"""Pictures without axes: maps of points, grids of filters."""

import matplotlib as mpl
import numpy as np
from matplotlib.figure import Figure

from revisit.report import palette
from revisit.report.figures.style import STYLE


def scatter(x: np.ndarray, y: np.ndarray, labels: np.ndarray) -> Figure:
    """Points (N,) coloured by class, without axes: the axes of an embedding mean nothing."""
    mpl.rcParams.update(STYLE)
    figure = Figure(figsize=(4.4, 4.4))
    axes = figure.add_axes((0, 0, 1, 1))
    axes.scatter(x, y, s=11, c=[palette.class_colour(int(label)) for label in labels], linewidths=0)
    axes.set_aspect("equal")
    axes.axis("off")
    return figure


def filter_grid(weights: np.ndarray, cell: int = 10, gap: int = 6) -> np.ndarray:
    """First-layer filters (out, in, h, w) as one uint8 image, 8 or more in a row, each pixel `cell` screen pixels.

    Three input channels: colour, each filter stretched about 0. Otherwise grey (the mean over the channels), 0 in the
    middle and the scale common, so that filters can be compared. The gaps are transparent.
    """
    colour = weights.shape[1] == 3
    weights = weights if colour else weights.mean(axis=1, keepdims=True)
    count, _, height, width = weights.shape
    columns = max(8, int(np.ceil(np.sqrt(count))))
    rows = -(-count // columns)
    scale = np.abs(weights).max(axis=(1, 2, 3), keepdims=True) if colour else np.abs(weights).max()
    shades = np.clip(np.rint(127.5 + 127.5 * weights / np.maximum(scale, 1e-12)), 0, 255).astype(np.uint8)
    image = np.zeros((rows * (height * cell + gap) - gap, columns * (width * cell + gap) - gap, 4), np.uint8)
    for number, shade in enumerate(shades):
        top, left = (number // columns) * (height * cell + gap), (number % columns) * (width * cell + gap)
        tile = shade.transpose(1, 2, 0).repeat(cell, axis=0).repeat(cell, axis=1)
        image[top : top + height * cell, left : left + width * cell, :3] = tile
        image[top : top + height * cell, left : left + width * cell, 3] = 255
    return image
