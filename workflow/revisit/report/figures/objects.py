"""What detectors find: precision over recall, what became of detections, recall of proposals; classes of pixels."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import matplotlib as mpl
import numpy as np
from matplotlib.figure import Figure
from matplotlib.ticker import (
    FixedLocator,
    LogLocator,
    MaxNLocator,
    NullLocator,
    PercentFormatter,
    ScalarFormatter,
    StrMethodFormatter,
)

from revisit.report.figures.readout import mark
from revisit.report.figures.style import STYLE, WIDE, axes_of
from revisit.report.palette import BLUE, GREEN, GRID, INK, MUTED, PAPER, RUST, SERIES, class_colour

COLUMNS = 5  # of small curves
PALE = "#c8cdd3"
TONES = (GREEN, MUTED, *SERIES[3:], RUST, BLUE, PALE)
HATCHES = ("", "///", "\\\\\\\\\\\\", "xxx", "---", "|||", "+++", "//")
MARKS = "os^Dv*"
BACKGROUND, VOID = (246, 247, 249), (200, 205, 211)
PERIOD = 6  # pixels of a pattern


@dataclass(frozen=True)
class Ranking:
    """One class: its name with its average precision; recall and precision (N,), and VOC 2007's eleven of them."""

    title: str
    curve: tuple[np.ndarray, np.ndarray]
    points: tuple[np.ndarray, np.ndarray]


def rankings(classes: Sequence[Ranking]) -> Figure:
    """Precision over recall, small, a class beside the other; the eleven points as crosses."""
    mpl.rcParams.update(STYLE)
    columns = min(COLUMNS, len(classes))
    lines = -(-len(classes) // columns)
    width, height = WIDE * columns / COLUMNS, 0.4 + 1.75 * lines
    figure = Figure(figsize=(width, height))
    # Labels are as large in every such figure: a layout that measures them takes as long as the drawing.
    figure.subplots_adjust(0.58 / width, 0.45 / height, 1 - 0.16 / width, 1 - 0.25 / height, wspace=0.18, hspace=0.24)
    grid = figure.subplots(lines, columns, squeeze=False, sharex=True, sharey=True)
    for axes in grid.flat[len(classes) :]:
        axes.axis("off")
    for axes, one in zip(grid.flat, classes, strict=False):
        recall, precision = (np.append(first, values) for first, values in zip((0.0, 1.0), one.curve, strict=True))
        axes.plot(recall, precision, color=BLUE, linewidth=1.4)
        axes.plot(*_crosses(*one.points), color=RUST, linewidth=0.9)
        axes.set_title(one.title, size=8)
        axes.set(xlim=(-0.03, 1.03), ylim=(-0.03, 1.05))
        axes.tick_params(labelsize=7, length=0)  # grid lines show where they are
        axes.grid(visible=False)
        axes.axhline(0.5, color=GRID, linewidth=0.6, zorder=0)
        for axis in (axes.xaxis, axes.yaxis):
            axis.set_major_locator(FixedLocator([0, 0.5, 1]))
            axis.set_major_formatter(PercentFormatter(1.0, decimals=0))
    figure.supxlabel("recall", y=0.06 / height, va="bottom", size=9, color=INK)
    figure.supylabel("precision", x=0.06 / width, ha="left", size=9, color=INK)
    return figure


def _crosses(x: np.ndarray, y: np.ndarray, size: float = 0.018) -> tuple[np.ndarray, np.ndarray]:
    """Lines that cross at the points (N,), as one curve with gaps: a tenth of the bytes of as many markers."""
    gap = np.nan
    dx, dy = size * np.array([-1, 1, gap, -1, 1, gap]), size * np.array([-1, 1, gap, 1, -1, gap])
    return (np.asarray(x)[:, None] + dx).ravel(), (np.asarray(y)[:, None] + dy).ravel()


def stacked(rows: Sequence[str], parts: Mapping[str, Sequence[int]], x_label: str) -> Figure:
    """A bar per row, of counts one after the other; each part has a colour and a pattern of its own."""
    figure, axes = axes_of((5.2, 1.5 + 0.26 * len(rows)))
    axes.grid(axis="y", visible=False)
    left = np.zeros(len(rows))
    for number, (name, counts) in enumerate(parts.items()):
        look: dict[str, Any] = {
            "color": TONES[number % len(TONES)],
            "hatch": HATCHES[number % len(HATCHES)],
            "edgecolor": PAPER,
        }
        axes.barh(range(len(rows)), counts, 0.72, left, label=name, linewidth=0.5, **look)
        left += counts
    axes.set_yticks(range(len(rows)), rows)
    axes.set(xlabel=x_label, ylim=(len(rows) - 0.4, -0.6))
    axes.tick_params(axis="y", length=0)
    axes.xaxis.set_major_locator(MaxNLocator(6, integer=True))
    figure.legend(loc="outside upper left", ncols=3)
    return figure


def recalls(curves: Mapping[str, tuple[np.ndarray, np.ndarray]]) -> Figure:
    """Recall (N,) over the number of boxes (N,), on a logarithmic scale; each curve with its own mark."""
    figure, axes = axes_of()
    for number, (name, (boxes, recall)) in enumerate(curves.items()):
        shape, colour = MARKS[number % len(MARKS)], SERIES[number % len(SERIES)]
        dash = "-" if number % 2 == 0 else (0, (4, 2))
        mark(
            axes,
            axes.plot(boxes, recall, color=colour, marker=shape, markersize=4, linestyle=dash, label=name)[0],
            name,
        )
    axes.set_xscale("log")
    axes.xaxis.set_major_formatter(ScalarFormatter())
    axes.set(xlabel="proposals of an image", ylabel="recall", ylim=(-0.02, 1.02))
    axes.yaxis.set_major_formatter(PercentFormatter(1.0, decimals=0))
    figure.legend(loc="outside upper left", ncols=2)
    return figure


@dataclass(frozen=True)
class Point:
    """A thing with a name: where it lies, and the ends of an interval of y."""

    name: str
    x: float
    y: float
    ends: tuple[float, float]


def costs(points: Sequence[Point], x_label: str, y_label: str) -> Figure:
    """What comes out (y, a share) over what it costs (x, logarithmic); each point has a mark and its name beside it."""
    figure, axes = axes_of()
    xs = [point.x for point in points]
    low, high = (min(xs, default=1), max(xs, default=1))
    axes.set_xscale("log")
    axes.set(xlabel=x_label, ylabel=y_label, xlim=(low / 2, high * 2))
    for number, point in enumerate(points):
        colour = SERIES[number % len(SERIES)]
        axes.plot([point.x] * 2, point.ends, color=colour, linewidth=1.2, alpha=0.7)
        axes.plot(point.x, point.y, MARKS[number % len(MARKS)], color=colour, markersize=8)
        above = number % 2 == 0  # names of neighbours stand above and below
        place: dict[str, Any] = {"xytext": (0, 5 if above else -5), "ha": "center", "va": "bottom" if above else "top"}
        end = point.ends[1] if above else point.ends[0]
        axes.annotate(point.name, (point.x, end), textcoords="offset points", size=8.5, **place)
    axes.xaxis.set_major_locator(LogLocator(subs=(1, 2, 5)))
    axes.xaxis.set_major_formatter(StrMethodFormatter("{x:,.0f}"))
    axes.xaxis.set_minor_locator(NullLocator())
    axes.yaxis.set_major_formatter(PercentFormatter(1.0, decimals=0))
    axes.set_ylim(0, 1.12 * max((point.ends[1] for point in points), default=1))
    return figure


def painted(kinds: np.ndarray) -> np.ndarray:
    """Classes of pixels (h, w) uint8 as a picture (h, w, 3): 0 background, 255 void; each class a colour and pattern.

    Of six patterns that of class k is the k-th, whatever its colour: plain, lines across, down, both ways, and dots.
    """
    table = np.zeros((256, 3), np.uint8)
    table[1:255] = [tuple(bytes.fromhex(class_colour(number)[1:])) for number in range(254)]
    table[0], table[255] = BACKGROUND, VOID
    picture = table[kinds].astype(np.float64)
    y, x = np.indices(kinds.shape)
    lines = (y < -1, y, x, x + y, x - y)
    struck = np.stack([lines[0], *(each % PERIOD < 2 for each in lines[1:]), (x % PERIOD < 3) & (y % PERIOD < 3)])
    pattern = (kinds.astype(np.int64) - 1) % len(struck)
    dark = np.take_along_axis(struck, pattern[None], 0)[0] & (kinds != 0) & (kinds != 255)
    picture[dark] *= 0.6
    return np.rint(picture).astype(np.uint8)
