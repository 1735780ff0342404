"""Close looks at minibatch losses: falls at epoch boundaries, and a static beside a dynamic graph."""

from collections.abc import Mapping

import numpy as np
from matplotlib.figure import Figure
from matplotlib.ticker import StrMethodFormatter

from revisit.report.figures.curves import DASHES, thin
from revisit.report.figures.style import axes_of
from revisit.report.palette import BLUE, GREEN, GRID, INK, MUTED, PAPER, RUST, SERIES
from revisit.report.statistics import THRESHOLD, drops, epoch_mean, running_mean, window, z_scores


def jump_test(losses: Mapping[str, np.ndarray], steps_per_epoch: int, epochs: int) -> Figure:
    """Fall of the mean loss at every step, with the boundaries' own and the bar that a jump must pass.

    `losses`: label -> loss at every step (steps,), of the minibatch or the mean since the epoch began. A dot is a
    boundary; the bar near it is where a jump begins: the median elsewhere + 3 standard deviations, see `z_scores`.
    """
    figure, axes = axes_of()
    axes.grid(axis="x", visible=False)
    steps = min(epochs * steps_per_epoch, *(len(loss) for loss in losses.values()))
    width = window(steps_per_epoch)
    bars = []
    for (label, loss), colour, style in zip(losses.items(), SERIES, DASHES, strict=False):
        fall = drops(loss, width)[: steps + 1]
        axes.plot(*thin(np.arange(len(fall)), fall), color=colour, linestyle=style, linewidth=1.2, label=label)
        for number, (drop, median, z) in enumerate(z_scores(loss, steps_per_epoch, epochs), 1):
            if np.isfinite(z) and z != 0:
                x = number * steps_per_epoch
                axes.plot([x], [drop], "o", color=colour, markersize=5, markeredgecolor=PAPER, zorder=3)
                bars.append((x, median + THRESHOLD * (drop - median) / z, colour))
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


def smoothness(losses: Mapping[str, np.ndarray], first: int, last: int, width: int, steps_per_epoch: int) -> Figure:
    """The raw losses between two steps, a running mean of the first of them, and the last one's mean by epoch.

    `losses`: label -> minibatch loss (steps,); steps `first` (exclusive) to `last` are shown. The mean since the epoch
    began starts anew at the dotted boundaries.
    """
    figure, axes = axes_of()
    axes.grid(axis="x", visible=False)
    for epoch in range(steps_per_epoch, last, steps_per_epoch):
        if epoch > first:
            axes.axvline(epoch + 0.5, color=GRID, linewidth=0.8, linestyle=(0, (2, 2)), zorder=0)
    steps = np.arange(first, last) + 1  # the first step is step 1
    for (label, loss), colour, style in zip(losses.items(), (RUST, BLUE), DASHES, strict=False):
        axes.plot(steps, loss[first:last], color=colour, linestyle=style, linewidth=1.2, label=label)
    label, loss = next(iter(losses.items()))
    mean = running_mean(loss, width)
    x = np.arange(len(mean)) + (width + 1) / 2  # the middle of each window
    shown = (x > first) & (x <= last)
    axes.plot(x[shown], mean[shown], color=INK, linewidth=2.2, label=f"running mean of {label}, {width} steps")
    label, loss = list(losses.items())[-1]
    by_epoch = epoch_mean(loss, steps_per_epoch)[first:last]
    axes.plot(steps, by_epoch, color=GREEN, linewidth=2.2, label=f"{label}, mean since the epoch began")
    axes.set(xlabel="step", ylabel="loss")
    axes.margins(x=0.01)
    axes.xaxis.set_major_formatter(StrMethodFormatter("{x:,.0f}"))
    low, high = axes.get_ylim()
    axes.set_ylim(low, high + 0.4 * (high - low))
    axes.legend(loc="upper right")
    return figure
