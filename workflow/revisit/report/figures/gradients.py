"""How gradients are distributed over a training, layer by layer, as TensorBoard draws distributions."""

import math
from collections.abc import Mapping
from typing import Any

import matplotlib as mpl
import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import MaxNLocator, NullLocator, StrMethodFormatter

from revisit.report.figures.style import STYLE, WIDE
from revisit.report.numbers import MINUS, power_of_ten
from revisit.report.palette import BLUE, INK

COLUMNS = 4
HEIGHT = 1.55  # inches of a row of small multiples
BELOW, LEFT = 0.35, 0.6  # inches beside the small multiples; a layout that measures its texts takes half as long again
LONGEST = 32  # characters of a name over a small multiple
STEEPEST = 1000  # the largest gradient over the width of the linear part of a scale, at most
BANDS = ((0, 6, 0.16), (1, 5, 0.30), (2, 4, 0.55))  # columns of the lower and of the upper end, and how dark


def distributions(layers: Mapping[str, tuple[np.ndarray, np.ndarray]]) -> Figure:
    """A small multiple for each layer: bands of quantiles over the steps, each on a scale of its own about 0.

    The scale is linear about 0, as far as half of the gradients reach, and logarithmic beyond (inverse hyperbolic
    sine), so that the bulk is seen beside values hundreds of times as large.

    Args:
        layers: name -> steps (S,), and lowest value, five quantiles and highest value at each (S, 7).
    """
    mpl.rcParams.update(STYLE)
    rows = -(-len(layers) // COLUMNS)
    height = HEIGHT * rows + BELOW
    figure = Figure(figsize=(WIDE, height))  # as wide with few layers: the page would enlarge a narrow one
    edges = {"left": LEFT / WIDE, "right": 1 - 0.05 / WIDE, "bottom": 1.2 * BELOW / height, "top": 1 - 0.25 / height}
    grid = figure.subplots(
        rows, COLUMNS, squeeze=False, sharex=True, gridspec_kw=edges | {"wspace": 0.42, "hspace": 0.38}
    )
    last = max((steps[-1] for steps, _ in layers.values()), default=1)
    for axes, (name, (steps, values)) in zip(grid.flat, layers.items(), strict=False):
        _bands(axes, steps, values)
        axes.set_title(shortened(name), fontsize=8)
        axes.set_xlim(0, 1.02 * last)
    for axes in grid.flat[len(layers) :]:
        axes.set_visible(False)
    for axes in grid.flat[max(0, len(layers) - COLUMNS) : len(layers)]:
        axes.tick_params(labelbottom=True)
        axes.set_xlabel("step")
    return figure


def shortened(name: str) -> str:
    """The name of a layer without as many of its outer modules as it is too long for: "a.b.conv" -> "…b.conv"."""
    whole = name
    while len(name) > LONGEST and "." in name:
        name = name.partition(".")[2]
    return name if name == whole else f"…{name}"


def _bands(axes: Axes, steps: np.ndarray, values: np.ndarray) -> None:
    """The quantiles of one layer: nested bands, darker towards the middle, and the median as a line."""
    dot: dict[str, Any] = {"marker": "o", "markersize": 3} if len(steps) == 1 else {}
    for lower, upper, alpha in BANDS:
        low, high = values[:, lower], values[:, upper]
        axes.fill_between(steps, low, high, color=BLUE, alpha=alpha, linewidth=0)
        if dot:  # one moment has no width
            axes.vlines(steps, low, high, color=BLUE, alpha=alpha, linewidth=7)
    axes.plot(steps, values[:, 3], color=INK, linewidth=1.1, **dot)
    largest = float(np.abs(values).max())
    half = float(np.median(values[:, 4] - values[:, 2])) / 2
    if largest > 0:
        width = max(half, largest / STEEPEST)
        axes.set_yscale("asinh", linear_width=width)
        ticks = _ticks(largest, width)
        axes.set_yticks(list(ticks), labels=list(ticks.values()))
        axes.yaxis.set_minor_locator(NullLocator())
    axes.tick_params(labelsize=7, left=False, bottom=False)  # many small marks would be half of the file
    axes.grid(axis="x", visible=False)
    axes.xaxis.set_major_locator(MaxNLocator(3, integer=True))
    axes.xaxis.set_major_formatter(StrMethodFormatter("{x:,.0f}"))


def _ticks(largest: float, width: float) -> dict[float, str]:
    """Places and labels: 0, and on both sides the power of ten below the largest value; a second one where it fits.

    `width` is that of the linear part of the scale.
    """
    power = math.floor(math.log10(largest))
    ends = {10.0**each: _power(each) for each in (power, power - 1) if each == power or 10.0**each > 4 * width}
    return {0.0: "0", **ends, **{-place: f"{MINUS}{label}" for place, label in ends.items()}}


def _power(exponent: int) -> str:
    """The label of a power of ten: "0.1", "100", "10⁻⁵"."""
    return f"{10.0**exponent:g}" if -2 <= exponent <= 2 else power_of_ten(exponent)
