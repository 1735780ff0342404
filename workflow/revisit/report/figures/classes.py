"""Scores by class and by layer."""

from collections.abc import Mapping, Sequence

import numpy as np
from matplotlib.figure import Figure
from matplotlib.patches import Rectangle
from matplotlib.ticker import MaxNLocator, PercentFormatter

from revisit.report.figures.readout import mark
from revisit.report.figures.style import axes_of
from revisit.report.palette import BLUE, GRID, INK, MUTED, PAPER, RUST, SERIES


def confusion(counts: np.ndarray, classes: Sequence[str]) -> Figure:
    """Confusion matrix (K, K), rows actual: shade is the share of the row, numbers are counts."""
    side = 1.7 + 0.36 * len(classes)
    figure, axes = axes_of((side + 0.3, side))
    shares = counts / np.maximum(counts.sum(axis=1, keepdims=True), 1)
    for row, column in np.argwhere(counts > 0):
        share = shares[row, column]
        shade = {"color": BLUE, "alpha": 0.06 + 0.86 * share, "linewidth": 0}
        axes.add_patch(Rectangle((column - 0.5, row - 0.5), 1, 1, **shade))
        text = PAPER if share > 0.55 else INK
        axes.text(column, row, f"{counts[row, column]}", ha="center", va="center", size=7.5, color=text)
    size = len(classes)
    axes.set(xlim=(-0.5, size - 0.5), ylim=(size - 0.5, -0.5), xlabel="predicted", ylabel="actual", aspect="equal")
    axes.set_xticks(range(size), classes, rotation=45, ha="right", rotation_mode="anchor")
    axes.set_yticks(range(size), classes)
    axes.tick_params(length=0)
    axes.grid(visible=False)
    axes.set_xticks(np.arange(size + 1) - 0.5, minor=True)
    axes.set_yticks(np.arange(size + 1) - 0.5, minor=True)
    axes.grid(visible=True, which="minor")
    axes.tick_params(which="minor", length=0)
    return figure


def roc(curves: Mapping[str, tuple[np.ndarray, np.ndarray]], emphasised: Mapping[str, str]) -> Figure:
    """ROC curves (label -> false and true positive rates); `emphasised`: curve -> legend text, the rest is thin."""
    figure, axes = axes_of((4.6, 4.1))
    axes.plot([0, 1], [0, 1], color=MUTED, linewidth=0.8, linestyle=(0, (2, 2)))
    rest = [label for label in curves if label not in emphasised]
    for number, label in enumerate(rest):
        text = f"the other {len(rest)} classes" if number == 0 else None
        axes.plot(*curves[label], color=MUTED, linewidth=0.7, alpha=0.6, label=text)
    for (label, text), colour in zip(emphasised.items(), SERIES, strict=False):
        mark(axes, axes.plot(*curves[label], color=colour, linewidth=1.8, label=text)[0], label)
    axes.set(xlabel="false positive rate", ylabel="true positive rate", xlim=(-0.01, 1.01), ylim=(-0.01, 1.02))
    axes.set_aspect("equal")
    axes.xaxis.set_major_formatter(PercentFormatter(1.0, decimals=0))
    axes.yaxis.set_major_formatter(PercentFormatter(1.0, decimals=0))
    axes.legend(loc="lower right")
    return figure


def dots(rows: Sequence[str], series: Mapping[str, Sequence[float | None]], x_label: str) -> Figure:
    """A dot per row and series on a common scale from the lowest value on (Cleveland's dot plot); values 0..1."""
    figure, axes = axes_of((5.2, 1.3 + 0.5 * len(rows)))
    axes.grid(axis="y", visible=False)
    positions = np.arange(len(rows))
    for number, ((label, values), colour) in enumerate(zip(series.items(), SERIES, strict=False)):
        offset = 0.2 * (number - (len(series) - 1) / 2)
        known = [(value, y) for value, y in zip(values, positions + offset, strict=True) if value is not None]
        axes.plot(*np.array(known).reshape(-1, 2).T, "os^D"[number % 4], color=colour, markersize=7, label=label)
        for value, y in known:
            axes.annotate(f"{value:.1%}", (value, y), (8, 0), textcoords="offset points", va="center", size=8.5)
    axes.set_yticks(positions, rows)
    axes.set(xlabel=x_label, ylim=(len(rows) - 0.4, -0.6))
    axes.margins(x=0.18)
    low, high = axes.get_xlim()
    axes.xaxis.set_major_formatter(PercentFormatter(1.0, decimals=0 if high - low > 0.05 else 1))
    axes.xaxis.set_major_locator(MaxNLocator(5, steps=[1, 2, 5, 10]))
    figure.legend(loc="outside upper left", ncols=len(series))
    return figure


def dumbbells(rows: Sequence[str], ends: Mapping[str, Sequence[float]], x_label: str) -> Figure:
    """Two dots per row, joined by a line: what was, and what it became; `ends`: two labels -> values 0..1."""
    figure, axes = axes_of((5.2, 1.2 + 0.24 * len(rows)))
    axes.grid(axis="y", visible=False)
    positions = np.arange(len(rows))
    (_, before), (_, after) = ends.items()
    axes.hlines(positions, before, after, color=GRID, linewidth=3, zorder=1)
    for (label, values), colour, shape in zip(ends.items(), (RUST, BLUE), "so", strict=True):
        axes.plot(values, positions, shape, color=colour, markersize=6, label=label, zorder=2)
    axes.set_yticks(positions, rows)
    axes.set(xlabel=x_label, ylim=(len(rows) - 0.4, -0.6))
    axes.tick_params(axis="y", length=0)
    axes.xaxis.set_major_formatter(PercentFormatter(1.0, decimals=0))
    axes.xaxis.set_major_locator(MaxNLocator(6, steps=[1, 2, 5, 10]))
    figure.legend(loc="outside upper left", ncols=2)
    return figure


def ranked(values: Mapping[str, float], groups: Mapping[str, Sequence[str]], mean: float, x_label: str) -> Figure:
    """A dot per row, the highest value at the top; rows of a group have its colour and shape; a line at the mean."""
    rows = sorted(values, key=lambda row: -values[row])
    figure, axes = axes_of((4.6, 1.3 + 0.24 * len(rows)))
    axes.grid(axis="y", visible=False)
    axes.axvline(mean, color=MUTED, linewidth=0.9, linestyle=(0, (3, 2)), label="mean of all")
    of = {row: group for group, members in groups.items() for row in members}
    for group, colour, shape in zip(
        [*groups, None], [*SERIES[: len(groups)], MUTED], [*"s^Dvph"[: len(groups)], "o"], strict=True
    ):
        own = [(values[row], place) for place, row in enumerate(rows) if of.get(row) == group]
        axes.plot(
            *np.array(own).reshape(-1, 2).T,
            shape,
            color=colour,
            markersize=6.5 if group else 4.5,
            label=group or "others",
        )
    axes.set_yticks(range(len(rows)), rows)
    axes.set(xlabel=x_label, ylim=(len(rows) - 0.4, -0.6))
    axes.tick_params(axis="y", length=0)
    axes.xaxis.set_major_locator(MaxNLocator(5, steps=[1, 2, 5, 10]))
    figure.legend(loc="outside upper left", ncols=2 + len(groups))
    return figure
