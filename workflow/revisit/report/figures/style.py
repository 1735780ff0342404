"""The look of every figure, and how one is written: same input, same bytes."""

from io import BytesIO
from pathlib import Path
from typing import Any

import matplotlib as mpl
import numpy as np
from matplotlib.axes import Axes
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure
from PIL import Image

from revisit.report.palette import GRID, INK, MUTED

STYLE: dict[Any, Any] = {
    "svg.fonttype": "none",
    "svg.hashsalt": "revisit",
    "text.parse_math": False,
    "font.family": "DejaVu Sans",
    "font.size": 9,
    "axes.edgecolor": MUTED,
    "axes.labelcolor": INK,
    "axes.titlesize": 9,
    "axes.titlecolor": INK,
    "axes.titlelocation": "left",
    "axes.spines.top": False,
    "axes.spines.right": False,
    "axes.linewidth": 0.8,
    "axes.grid": True,
    "axes.axisbelow": True,
    "grid.color": GRID,
    "grid.linewidth": 0.6,
    "text.color": INK,
    "xtick.color": MUTED,
    "ytick.color": MUTED,
    "xtick.labelcolor": INK,
    "ytick.labelcolor": INK,
    "legend.frameon": False,
    "legend.fontsize": 8.5,
    "lines.solid_capstyle": "round",
    "path.simplify_threshold": 0.5,
}
SIZE = (5.2, 3.3)  # inches; two stand side by side on the page, one fills a phone
SMALL = (3.3, 2.25)  # four side by side
WIDE = 9.0  # inches of width; one alone
MOST_BYTES = 20_000  # of a picture that is kept to the pixel
HOPELESS_BYTES = 5 * MOST_BYTES  # by the quickest lossless compression: the best one makes it no fifth of that
QUALITY = 80  # of one that is not
COLOURS = 128  # of a figure that becomes a picture


def axes_of(size: tuple[float, float] = SIZE) -> tuple[Figure, Axes]:
    """A new figure of `size` inches and its axes."""
    mpl.rcParams.update(STYLE)
    figure = Figure(figsize=size, layout="constrained")
    return figure, figure.add_subplot()


def save(drawing: Figure | np.ndarray, path: Path) -> None:
    """Write a figure as SVG or WebP (by suffix), an image array (H, W[, C]) uint8 as WebP; the same bytes each time.

    An array of more than MOST_BYTES is not kept to the pixel, a figure has COLOURS at most.
    """
    if isinstance(drawing, Figure) and path.suffix == ".svg":
        nothing = dict.fromkeys(("Date", "Creator", "Format", "Type"))
        drawing.savefig(path, format="svg", transparent=True, metadata=nothing)
        return
    if isinstance(drawing, Figure):
        path.write_bytes(_webp(_rastered(drawing), lossless=True))
    else:
        path.write_bytes(_small(Image.fromarray(drawing)))


def _small(picture: Image.Image) -> bytes:
    if len(_webp(picture, lossless=True, quality=0, method=0)) <= HOPELESS_BYTES:
        content = _webp(picture, lossless=True)
        if len(content) <= MOST_BYTES:
            return content
    return _webp(picture, quality=QUALITY)


def _webp(picture: Image.Image, **options: int) -> bytes:
    stream = BytesIO()
    picture.save(stream, format="WEBP", **options)
    return stream.getvalue()


def _rastered(figure: Figure) -> Image.Image:
    figure.set_facecolor("none")
    figure.set_dpi(150)
    canvas = FigureCanvasAgg(figure)
    canvas.draw()
    # Of the thousands of colours most are those of smoothed edges; with fewer it takes a third of the bytes.
    return Image.fromarray(np.array(canvas.buffer_rgba())).quantize(COLOURS, method=Image.Quantize.FASTOCTREE)
