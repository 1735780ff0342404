"""Learning curves: of one training, and of all variants of a sweep."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from matplotlib.ticker import MaxNLocator, PercentFormatter, StrMethodFormatter

from revisit.report.figures.readout import mark
from revisit.report.figures.style import SIZE, WIDE, axes_of
from revisit.report.palette import GRID, INK, MUTED, SERIES

if TYPE_CHECKING:
    from matplotlib.typing import LegendLocType, LineStyleType

DASHES: tuple["LineStyleType", ...] = (  # with 6 colours: 12 kinds of line
    "-",
    (0, (7, 2)),
    (0, (4, 1.5, 1, 1.5)),
    (0, (2.5, 1.5)),
)
MOST_POINTS = 600  # per line: no screen shows more
COLUMNS = 3  # of names below a figure
LEGEND = (0.4, 0.3)  # the shares of the axes, across and up, that a legend in a corner may take
LINE_HEIGHT = 12.0  # points between two labels
DOT: dict[str, Any] = {"marker": "o", "markersize": 5, "clip_on": False}  # a curve of one point has no line


@dataclass(frozen=True)
class Line:
    """One curve: x and y (N,), label, colour, and how it is drawn."""

    x: np.ndarray
    y: np.ndarray
    label: str
    colour: str
    style: str = "-"
    width: float = 1.6
    noisy: bool = False  # thin and light; where there are too many points, the band that they fill


def thin(x: np.ndarray, y: np.ndarray, most: int = MOST_POINTS) -> tuple[np.ndarray, np.ndarray]:
    """At most `most` points of a curve: the means of equal runs of neighbours (the last run may be shorter)."""
    run = -(-len(x) // most)
    if run <= 1:
        return x, y
    starts = np.arange(0, len(x), run)
    counts = np.diff(np.append(starts, len(x)))
    return np.add.reduceat(x, starts) / counts, np.add.reduceat(y, starts) / counts


def band(x: np.ndarray, y: np.ndarray, most: int = MOST_POINTS) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """x, lowest and highest y of each run of neighbours: what a noisy curve of too many points would blacken."""
    starts = np.arange(0, len(x), -(-len(x) // most))
    return thin(x, y, most)[0], np.minimum.reduceat(y, starts), np.maximum.reduceat(y, starts)


def lines(
    curves: Sequence[Line],
    y_label: str,
    x_label: str = "step",
    y_range: tuple[float, float] | None = None,
    boundaries: Sequence[float] = (),
    marks: Mapping[float, str] | None = None,
    percent: bool = False,
    legend: "LegendLocType" = "best",
    size: tuple[float, float] = SIZE,
    until: float | None = None,
) -> Figure:
    """Curves over steps; `boundaries` are dotted verticals, `marks` named ones (x -> text above the axes).

    The axis ends with the curves, or at `until`. A legend in the upper or lower right goes to the other one where
    curves end in the first alone.
    """
    figure, axes = axes_of(size)
    axes.grid(axis="x", visible=False)
    for x in boundaries:
        axes.axvline(x, color=GRID, linewidth=0.8, linestyle=(0, (2, 2)), zorder=0)
    for x, text in (marks or {}).items():
        axes.axvline(x, color=MUTED, linewidth=0.9, zorder=0.5)
        axes.text(x, 1.01, text, transform=axes.get_xaxis_transform(), ha="center", va="bottom", color=MUTED, size=8)
    for line in curves:
        if line.noisy and len(line.x) > MOST_POINTS:
            shade: dict[str, Any] = {"color": line.colour, "alpha": 0.25, "linewidth": 0}
            axes.fill_between(*band(line.x, line.y), step="mid", label=line.label, **shade)
        else:
            weight: dict[str, Any] = {"linewidth": 0.7, "alpha": 0.4} if line.noisy else {"linewidth": line.width}
            weight |= DOT if len(line.x) == 1 else {}
            (drawn,) = axes.plot(
                *thin(line.x, line.y), color=line.colour, linestyle=line.style, label=line.label, **weight
            )
            if not line.noisy:
                mark(axes, drawn, line.label)
    _scales(axes, x_label, y_label, y_range, percent, ticks=6 if size == SIZE else 4)
    if until is not None:
        axes.set_xlim(right=1.01 * until)
    if any(line.label for line in curves):
        axes.legend(loc=_free(axes, curves, legend), handlelength=2.0 if size == SIZE else 1.3)
    return figure


def _free(axes: Axes, curves: Sequence[Line], wished: "LegendLocType") -> "LegendLocType":
    """`wished`; the lower right for the upper right, or the other way round, where curves end in that one alone."""
    (left, right), (low, high) = axes.get_xlim(), axes.get_ylim()
    ends = np.concatenate([line.y[line.x > right - LEGEND[0] * (right - left)] for line in curves])
    heights = (ends - low) / (high - low)  # comparisons with NaN are false
    above, below = (heights > 1 - LEGEND[1]).any(), (heights < LEGEND[1]).any()
    if wished == "upper right" and above and not below:
        return "lower right"
    if wished == "lower right" and below and not above:
        return "upper right"
    return wished


def _scales(
    axes: Axes, x_label: str, y_label: str, y_range: tuple[float, float] | None, percent: bool, ticks: int
) -> None:
    axes.set(xlabel=x_label, ylabel=y_label)
    axes.margins(x=0.01)
    axes.set_xlim(left=0)
    if y_range:
        axes.set_ylim(*y_range)
    axes.yaxis.set_major_locator(MaxNLocator(ticks, steps=[1, 2, 5, 10]))  # no 1.5: labels may be whole percents
    axes.xaxis.set_major_locator(MaxNLocator(ticks, integer=True))
    axes.xaxis.set_major_formatter(StrMethodFormatter("{x:,.0f}"))
    if percent:
        low, high = axes.get_ylim()
        axes.yaxis.set_major_formatter(PercentFormatter(1.0, decimals=0 if high - low > 0.05 else 1))


def span(values: Sequence[np.ndarray], highest: float = 1.0) -> tuple[float, float] | None:
    """The part of an axis that curves of these values, (N,) each, need, with a margin; None where none is finite.

    `highest`: the quantile at which it ends; below 1 the highest few values have no say.
    """
    joined = np.concatenate(values)
    joined = joined[np.isfinite(joined)]
    if not joined.size:
        return None
    low, high = joined.min(), np.quantile(joined, highest)
    margin = 0.04 * (high - low) or 0.05
    return low - margin, high + margin


@dataclass(frozen=True)
class Variant:
    """The curve of one variant of a sweep: x, mean y, lowest and highest y of its runs (N,); empty: nothing to draw.

    `name` and `end`, its last value, stand beside the end of the curve; `ended`: a run diverged, so that the curve
    stops at its last value.
    """

    x: np.ndarray
    y: np.ndarray
    low: np.ndarray
    high: np.ndarray
    name: str
    end: str
    ended: bool = False
    bold: bool = False


def variants(
    curves: Sequence[Variant],
    y_label: str,
    x_label: str = "step",
    y_range: tuple[float, float] | None = None,
    percent: bool = False,
    until: float = 0,
    half: bool = False,
) -> Figure:
    """One curve per variant with the range of its runs, each named at the right; a cross ends a diverged one.

    The axis ends with the longest curve, and not before `until`. A `half` one is as wide as half the page, for two side
    by side: its curves are named below.
    Colour and dashes together tell twelve variants apart, also in one colour.
    """
    height = max(3.6, 1.0 + LINE_HEIGHT / 72 * len(curves))
    names = -(-len(curves) // COLUMNS) * LINE_HEIGHT / 72 if half else 0.0
    figure, axes = axes_of((SIZE[0], SIZE[1] + names) if half else (WIDE, height))
    axes.grid(axis="x", visible=False)
    for number, curve in enumerate(curves):
        colour, dash = SERIES[number % len(SERIES)], DASHES[number % len(DASHES)]
        if (curve.high > curve.low).any():
            axes.fill_between(curve.x, curve.low, curve.high, color=colour, alpha=0.13, linewidth=0)
        weight: dict[str, Any] = {"linewidth": 2.4 if curve.bold else 1.5} | (DOT if len(curve.x) == 1 else {})
        (drawn,) = axes.plot(*thin(curve.x, curve.y), color=colour, linestyle=dash, **weight)
        mark(axes, drawn, curve.name)
        if curve.ended and len(curve.x):
            axes.plot(curve.x[-1:], curve.y[-1:], "X", color=colour, markersize=8, clip_on=False, zorder=3)
    _scales(axes, x_label, y_label, y_range, percent, ticks=6)
    if half:
        _name_below(figure, curves)
    axes.set_xlim(right=1.01 * max([until, *(curve.x[-1] for curve in curves if len(curve.x))]))
    if not half:
        _label_ends(axes, curves, spacing=LINE_HEIGHT / 72 / (height - 0.6))
    return figure


def _name_below(figure: Figure, curves: Sequence[Variant]) -> None:
    """The names of the curves below the axes, in columns; that of a bold one is bold."""
    styles = [(SERIES[number % len(SERIES)], DASHES[number % len(DASHES)]) for number in range(len(curves))]
    handles = [Line2D([], [], color=colour, linestyle=dash, linewidth=1.6) for colour, dash in styles]
    names = [curve.name for curve in curves]
    legend = figure.legend(handles, names, loc="outside lower left", ncols=COLUMNS, fontsize=7.5, handlelength=2.6)
    for text, curve in zip(legend.get_texts(), curves, strict=True):
        text.set_fontweight("bold" if curve.bold else "normal")


def _label_ends(axes: Axes, curves: Sequence[Variant], spacing: float) -> None:
    """The names at the right of the axes, as near to the curves' ends as they fit without touching."""
    low, high = axes.get_ylim()
    ends = [np.clip((curve.y[-1] - low) / (high - low), 0, 1) if len(curve.y) else 0.0 for curve in curves]
    order = sorted(range(len(curves)), key=lambda number: (ends[number], -number))
    places = spread(np.array([ends[number] for number in order]), spacing)
    right = axes.get_xlim()[1]
    for number, place in zip(order, places, strict=True):
        curve = curves[number]
        colour, dash = SERIES[number % len(SERIES)], DASHES[number % len(DASHES)]
        line: dict[str, Any] = {"transform": axes.transAxes, "clip_on": False}
        if len(curve.x) and curve.x[-1] > 0.9 * right:
            axes.plot([1.005, 1.03], [ends[number], place], color=colour, linewidth=0.7, alpha=0.7, **line)
        shown = len(curve.x) > 0
        axes.plot(
            [1.035, 1.085], [place, place], color=colour if shown else MUTED, linestyle=dash, linewidth=1.6, **line
        )
        weight = "bold" if curve.bold else "normal"
        style: dict[str, Any] = {"va": "center", "size": 8.5, "weight": weight, "color": INK if shown else MUTED}
        axes.text(1.095, place, f"{curve.name}  {curve.end}", transform=axes.transAxes, **style)


def spread(places: np.ndarray, spacing: float) -> np.ndarray:
    """Sorted places (N,) in 0..1, moved apart to at least `spacing` with the least squared movement, and kept inside.

    Isotonic regression of the places less their ranks' spacing, by pooling adjacent violators.
    """
    groups: list[list[float]] = []  # [sum, count] of each group of labels that touch
    for number, place in enumerate(places):
        groups.append([float(place) - number * spacing, 1])
        while len(groups) > 1 and groups[-2][0] / groups[-2][1] >= groups[-1][0] / groups[-1][1]:
            total, count = groups.pop()
            groups[-1] = [groups[-1][0] + total, groups[-1][1] + count]
    means = np.repeat([total / count for total, count in groups], [int(count) for _, count in groups])
    ranks = np.arange(len(places)) * spacing
    room = max(1.0, ranks[-1]) if len(places) else 1.0
    return np.clip(means + ranks, ranks, room - ranks[::-1])
