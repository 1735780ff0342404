"""Drawing: one function per kind of figure, each returning a matplotlib figure or an image array.

The only module that imports matplotlib. Same input, same bytes: `save` writes neither time nor version, and ids of
SVG elements are hashed with a fixed salt. Text stays text (the page's font), and a `$` in a name stays a `$`.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import matplotlib as mpl
import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.patches import Rectangle
from matplotlib.ticker import MaxNLocator, PercentFormatter, StrMethodFormatter

from revisit.report import palette
from revisit.report.palette import BLUE, GRID, INK, MUTED, PAPER, RUST, SERIES
from revisit.report.statistics import THRESHOLD, drops, running_mean, window, z_scores

STYLE = {
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
DASHES = ("-", (0, (4, 2)), (0, (1, 1.5)), (0, (6, 2, 1, 2)))  # curves that coincide stay visible
MOST_POINTS = 600  # per line: no screen shows more


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


def _axes(size: tuple[float, float] = SIZE) -> tuple[Figure, Axes]:
    mpl.rcParams.update(STYLE)
    figure = Figure(figsize=size, layout="constrained")
    return figure, figure.add_subplot()


def save(drawing: Figure | np.ndarray, path: Path) -> None:
    """Write a figure as SVG or PNG (by suffix), an image array (H, W[, C]) uint8 as PNG; the same bytes each time."""
    if isinstance(drawing, np.ndarray):
        from PIL import Image

        Image.fromarray(drawing).save(path, format="PNG", optimize=True)
    elif path.suffix == ".svg":
        nothing = dict.fromkeys(("Date", "Creator", "Format", "Type"))
        drawing.savefig(path, format="svg", transparent=True, metadata=nothing)
    else:
        drawing.savefig(path, format="png", dpi=150, transparent=True, metadata={"Software": None})


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
    legend: str = "best",
) -> Figure:
    """Curves over steps; `boundaries` are dotted verticals, `marks` named ones (x -> text above the axes)."""
    figure, axes = _axes()
    axes.grid(axis="x", visible=False)
    for x in boundaries:
        axes.axvline(x, color=GRID, linewidth=0.8, linestyle=(0, (2, 2)), zorder=0)
    for x, text in (marks or {}).items():
        axes.axvline(x, color=MUTED, linewidth=0.9, zorder=0.5)
        axes.text(x, 1.01, text, transform=axes.get_xaxis_transform(), ha="center", va="bottom", color=MUTED, size=8)
    for line in curves:
        if line.noisy and len(line.x) > MOST_POINTS:
            shade = {"color": line.colour, "alpha": 0.25, "linewidth": 0}
            axes.fill_between(*band(line.x, line.y), step="mid", label=line.label, **shade)
        else:
            weight = {"linewidth": 0.7, "alpha": 0.4} if line.noisy else {"linewidth": line.width}
            axes.plot(*thin(line.x, line.y), color=line.colour, linestyle=line.style, label=line.label, **weight)
    axes.set(xlabel=x_label, ylabel=y_label)
    axes.margins(x=0.01)
    axes.set_xlim(left=0)
    if y_range:
        axes.set_ylim(*y_range)
    axes.yaxis.set_major_locator(MaxNLocator(6))
    axes.xaxis.set_major_locator(MaxNLocator(6, integer=True))
    axes.xaxis.set_major_formatter(StrMethodFormatter("{x:,.0f}"))
    if percent:
        axes.yaxis.set_major_formatter(PercentFormatter(1.0, decimals=0))
    if any(line.label for line in curves):
        axes.legend(loc=legend)
    return figure


def jump_test(losses: Mapping[str, np.ndarray], steps_per_epoch: int, epochs: int) -> Figure:
    """Fall of the mean loss at every step, with the boundaries' own and the bar that a jump must pass.

    `losses`: label -> minibatch loss (steps,). A dot is a boundary; the tick above it is mean + 3 sd elsewhere.
    """
    figure, axes = _axes()
    axes.grid(axis="x", visible=False)
    steps = min(epochs * steps_per_epoch, *(len(loss) for loss in losses.values()))
    width = window(steps_per_epoch)
    bars = []
    for (label, loss), colour, style in zip(losses.items(), SERIES, DASHES, strict=False):
        fall = drops(loss, width)[: steps + 1]
        axes.plot(*thin(np.arange(len(fall)), fall), color=colour, linestyle=style, linewidth=1.2, label=label)
        for number, (drop, mean, z) in enumerate(z_scores(loss, steps_per_epoch, epochs), 1):
            if np.isfinite(z) and z != 0:
                x = number * steps_per_epoch
                axes.plot([x], [drop], "o", color=colour, markersize=5, markeredgecolor=PAPER, zorder=3)
                bars.append((x, mean + THRESHOLD * (drop - mean) / z, colour))
    for x, height, colour in bars:
        axes.plot([x - width, x + width], [height, height], color=colour, linewidth=1.8, solid_capstyle="butt")
    # Leave the first, steep fall out of the picture: no boundary lies there.
    visible = [height for _, height, _ in bars] or [0.0]
    inner = [drops(loss, width)[steps_per_epoch // 2 : steps - width] for loss in losses.values()]
    finite = np.concatenate([values[np.isfinite(values)] for values in inner])
    if finite.size:
        low, high = min(finite.min(), 0), max(finite.max(), *visible)
        axes.set_ylim(low - 0.08 * (high - low), high + 0.22 * (high - low))
    axes.axhline(0, color=MUTED, linewidth=0.8)
    axes.set(xlabel="step", ylabel=f"fall of the mean loss over {width} steps")
    axes.xaxis.set_major_formatter(StrMethodFormatter("{x:,.0f}"))
    axes.legend(loc="upper right", ncols=2)
    return figure


def smoothness(losses: Mapping[str, np.ndarray], first: int, last: int, width: int) -> Figure:
    """The raw losses between two steps, and the running mean of the first of them."""
    figure, axes = _axes()
    axes.grid(axis="x", visible=False)
    steps = np.arange(first, last) + 1  # the first step is step 1
    for (label, loss), colour, style in zip(losses.items(), (RUST, BLUE), DASHES, strict=False):
        axes.plot(steps, loss[first:last], color=colour, linestyle=style, linewidth=1.2, label=label)
    label, loss = next(iter(losses.items()))
    mean = running_mean(loss, width)
    x = np.arange(len(mean)) + (width + 1) / 2  # the middle of each window
    shown = (x > first) & (x <= last)
    axes.plot(x[shown], mean[shown], color=INK, linewidth=2.2, label=f"running mean of {label}, {width} steps")
    axes.set(xlabel="step", ylabel="minibatch loss")
    axes.margins(x=0.01)
    axes.xaxis.set_major_formatter(StrMethodFormatter("{x:,.0f}"))
    low, high = axes.get_ylim()
    axes.set_ylim(low, high + 0.3 * (high - low))
    axes.legend(loc="upper right")
    return figure


def confusion(counts: np.ndarray, classes: Sequence[str]) -> Figure:
    """Confusion matrix (K, K), rows actual: shade is the share of the row, numbers are counts."""
    side = 1.7 + 0.36 * len(classes)
    figure, axes = _axes((side + 0.3, side))
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
    figure, axes = _axes((4.6, 4.1))
    axes.plot([0, 1], [0, 1], color=MUTED, linewidth=0.8, linestyle=(0, (2, 2)))
    rest = [label for label in curves if label not in emphasised]
    for number, label in enumerate(rest):
        text = f"the other {len(rest)} classes" if number == 0 else None
        axes.plot(*curves[label], color=MUTED, linewidth=0.7, alpha=0.6, label=text)
    for (label, text), colour in zip(emphasised.items(), SERIES, strict=False):
        axes.plot(*curves[label], color=colour, linewidth=1.8, label=text)
    axes.set(xlabel="false positive rate", ylabel="true positive rate", xlim=(-0.01, 1.01), ylim=(-0.01, 1.02))
    axes.set_aspect("equal")
    axes.xaxis.set_major_formatter(PercentFormatter(1.0, decimals=0))
    axes.yaxis.set_major_formatter(PercentFormatter(1.0, decimals=0))
    axes.legend(loc="lower right")
    return figure


def dots(rows: Sequence[str], series: Mapping[str, Sequence[float | None]], x_label: str) -> Figure:
    """A dot per row and series on a common scale from the lowest value on (Cleveland's dot plot); values 0..1."""
    figure, axes = _axes((5.2, 1.3 + 0.5 * len(rows)))
    axes.grid(axis="y", visible=False)
    positions = np.arange(len(rows))
    for number, ((label, values), colour) in enumerate(zip(series.items(), SERIES, strict=False)):
        offset = 0.2 * (number - (len(series) - 1) / 2)
        known = [(value, y) for value, y in zip(values, positions + offset, strict=True) if value is not None]
        axes.plot(*zip(*known, strict=True), "os^D"[number % 4], color=colour, markersize=7, label=label)
        for value, y in known:
            axes.annotate(f"{value:.1%}", (value, y), (8, 0), textcoords="offset points", va="center", size=8.5)
    axes.set_yticks(positions, rows)
    axes.set(xlabel=x_label, ylim=(len(rows) - 0.4, -0.6))
    axes.margins(x=0.18)
    axes.xaxis.set_major_formatter(PercentFormatter(1.0, decimals=0))
    axes.xaxis.set_major_locator(MaxNLocator(5))
    figure.legend(loc="outside upper left", ncols=len(series))
    return figure


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
