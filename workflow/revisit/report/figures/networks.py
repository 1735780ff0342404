"""Networks beside each other: what each takes, what more layers or labels bring, and what its layers read."""

from collections.abc import Mapping, Sequence
from typing import Any

import matplotlib as mpl
import numpy as np
from matplotlib.figure import Figure
from matplotlib.patches import Rectangle
from matplotlib.ticker import (
    FixedLocator,
    LogLocator,
    MaxNLocator,
    NullFormatter,
    NullLocator,
    PercentFormatter,
    ScalarFormatter,
)

from revisit.report.figures.readout import mark
from revisit.report.figures.style import STYLE, WIDE, axes_of
from revisit.report.numbers import number
from revisit.report.palette import BLUE, GRID, MUTED, RUST, SERIES

MARKS = "os^Dv*"
ROW = 0.24  # inches
SPAN = 20  # the largest value over the smallest, from which on a scale is logarithmic


def measures(rows: Sequence[str], columns: Mapping[str, Sequence[float | None]], together: bool = False) -> Figure:
    """A dot for each network or layer (row) and measure (column), named by its value; none where that is None.

    A measure that spans much has a logarithmic scale. Measures of one kind, `together`, share a scale from 0 on.
    """
    mpl.rcParams.update(STYLE)
    figure = Figure(figsize=(WIDE, 0.9 + ROW * len(rows)), layout="constrained")
    grid = figure.subplots(1, len(columns), squeeze=False, sharey=True)
    places = np.arange(len(rows))
    highest = max((value for values in columns.values() for value in values if value is not None), default=1)
    for axes, (label, measured), colour in zip(grid.flat, columns.items(), SERIES, strict=False):
        known = [(value, place) for value, place in zip(measured, places, strict=True) if value is not None]
        values = [value for value, _ in known]
        axes.hlines(places, 0, 1, color=GRID, linewidth=0.8, transform=axes.get_yaxis_transform(), zorder=0)
        axes.grid(axis="y", visible=False)
        axes.plot(values, [place for _, place in known], "o", color=colour, markersize=5)
        for value, place in known:
            axes.annotate(_short(value), (value, place), (6, 0), textcoords="offset points", va="center", size=7.5)
        axes.set_xlabel(label)
        low, high = min(values, default=1), highest if together else max(values, default=1)
        if together or low <= 0 or high < SPAN * low:
            nothing = low == high == 0  # then no other number on the scale means anything
            axes.set_xlim(min(0, low), 1.4 * (high or 1))
            axes.xaxis.set_major_locator(FixedLocator([0]) if nothing else MaxNLocator(3))
        else:
            span = high / low
            axes.set_xscale("log")
            axes.set_xlim(low / span**0.1, high * span**0.4)
            axes.xaxis.set_major_locator(LogLocator(numticks=4))
            axes.xaxis.set_minor_locator(NullLocator())
        axes.xaxis.set_major_formatter(lambda value, _: _short(value))
        axes.tick_params(labelsize=7.5)
    grid.flat[0].set_yticks(places, rows)
    grid.flat[0].set_ylim(len(rows) - 0.4, -0.6)
    for axes in grid.flat:
        axes.tick_params(axis="y", length=0)
    return figure


def _short(value: float) -> str:
    """With three digits: 853 k, 1.43 G."""
    for size, unit in ((1e12, "T"), (1e9, "G"), (1e6, "M"), (1e3, "k")):
        if value >= size:
            return f"{value / size:.3g} {unit}"
    return number(value)


def shares(kinds: Mapping[str, Mapping[int, tuple[float, float, float]]], y_label: str, x_label: str) -> Figure:
    """A share over a few counts, on a logarithmic scale; a kind has a line, and at each count an interval.

    Args:
        kinds: name -> count -> mean, and both ends of its interval.
        y_label: what is measured.
        x_label: what is counted.
    """
    figure, axes = axes_of()
    axes.grid(axis="x", visible=False)
    axes.set_xscale("log")
    for place, (name, points) in enumerate(kinds.items()):
        colour, shape = SERIES[place % len(SERIES)], MARKS[place % len(MARKS)]
        x = np.array(sorted(points))
        mean, low, high = np.array([points[count] for count in x], float).T  # unknown: NaN
        (drawn,) = axes.plot(x, mean, color=colour, marker=shape, markersize=6, linewidth=1.6, label=name)
        axes.vlines(x, low.clip(0), high.clip(max=1), color=colour, linewidth=1.2, alpha=0.7)
        mark(axes, drawn, name)
    ticks = sorted({count for points in kinds.values() for count in points})
    apart = [count for place, count in enumerate(ticks) if not place or count > 1.15 * ticks[place - 1]]
    axes.xaxis.set_major_locator(FixedLocator(apart))
    axes.xaxis.set_major_formatter(ScalarFormatter())
    axes.xaxis.set_minor_formatter(NullFormatter())
    axes.set(xlabel=x_label, ylabel=y_label)
    axes.margins(x=0.1, y=0.1)
    axes.yaxis.set_major_locator(MaxNLocator(6))
    low, high = axes.get_ylim()
    axes.yaxis.set_major_formatter(PercentFormatter(1.0, decimals=0 if high - low > 0.05 else 1))
    figure.legend(loc="outside upper left", ncols=3)
    return figure


def readings(weights: Sequence[np.ndarray], rises: Sequence[np.ndarray]) -> Figure:
    """What the layers of each dense block read of every source before them, and what it costs to hide a source.

    Args:
        weights: for each block, of its L layers (rows) by L sources (columns): L by L, NaN where there is nothing to
            read. The darker a square, the larger its weight; the largest of a block is darkest.
        rises: for each block, by how much the loss rises without each source but the last one, (L - 1,).
    """
    mpl.rcParams.update(STYLE)
    figure = Figure(figsize=(WIDE, 4.4), layout="constrained")
    sizes = [len(block) for block in weights]
    grid = figure.subplots(2, len(weights), squeeze=False, sharey="row", sharex="col", height_ratios=(3, 2))
    grid[0, 0].set_ylim(max(sizes) + 0.5, 0.5)
    for place, (above, below, block, rise) in enumerate(zip(*grid, weights, rises, strict=True), 1):
        largest = np.nanmax(block) or 1.0
        for layer, source in np.argwhere(np.isfinite(block)):
            shade: dict[str, Any] = {
                "color": BLUE,
                "alpha": 0.04 + 0.9 * float(block[layer, source] / largest),
                "linewidth": 0,
            }
            above.add_patch(Rectangle((source - 0.5, layer + 0.5), 1, 1, **shade))
        above.grid(visible=False)
        above.set_title(f"Block {place}")
        below.bar(np.arange(len(rise)), rise, width=0.7, color=RUST)
        below.axhline(0, color=MUTED, linewidth=0.8)
        below.grid(axis="x", visible=False)
        below.set_xlim(-0.6, len(block) - 0.4)
        below.set_xlabel("source")
        for axes in (above, below):
            axes.xaxis.set_major_locator(MaxNLocator(5, integer=True))
        above.yaxis.set_major_locator(MaxNLocator(6, integer=True))
    grid[0, 0].set_ylabel("layer that reads")
    grid[1, 0].set_ylabel("rise of the loss")
    return figure
