"""How features and probabilities answer to a transformation of the image: small multiples, one column for each."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

import matplotlib as mpl
import numpy as np
from matplotlib.figure import Figure
from matplotlib.ticker import MaxNLocator, PercentFormatter

from revisit.report.figures.curves import DASHES
from revisit.report.figures.style import STYLE, WIDE
from revisit.report.palette import INK, MUTED, SERIES

Curve = tuple[np.ndarray, np.ndarray, np.ndarray]


@dataclass(frozen=True)
class Response:
    """One transformation: its name and what its amount counts; curves over the amount, (N,) each.

    `distances`: layer -> amount, distance, standard deviation; `probability`: amount, probability; empty: none.
    """

    title: str
    x_label: str
    distances: Mapping[str, Curve]
    probability: tuple[np.ndarray, np.ndarray] = field(default_factory=lambda: (np.empty(0), np.empty(0)))


def responses(columns: Sequence[Response], distance: str, probability: str) -> Figure:
    """Distances above, each layer a line with its standard deviation shaded, and probabilities below."""
    mpl.rcParams.update(STYLE)
    figure = Figure(figsize=(WIDE, 4.6), layout="constrained")
    axes = figure.subplots(2, len(columns), squeeze=False, sharex="col", sharey="row", height_ratios=(3, 2))
    for (above, below), column in zip(axes.T, columns, strict=True):
        for number, (layer, (x, y, spread)) in enumerate(column.distances.items()):
            colour, dash = SERIES[number % len(SERIES)], DASHES[number % len(DASHES)]
            above.fill_between(x, y - spread, y + spread, color=colour, alpha=0.13, linewidth=0)
            above.plot(x, y, color=colour, linestyle=dash, linewidth=1.6, marker="o", markersize=3, label=layer)
        above.axhline(1, color=MUTED, linewidth=0.8, linestyle=(0, (2, 2)))
        above.set_title(column.title)
        below.plot(*column.probability, color=INK, linewidth=1.6, marker="o", markersize=3)
        below.set_xlabel(column.x_label)
        below.xaxis.set_major_locator(MaxNLocator(5))
    axes[0, 0].set_ylabel(distance)
    axes[0, 0].set_ylim(bottom=0)
    axes[1, 0].set_ylabel(probability)
    axes[1, 0].set_ylim(-0.02, 1.02)
    axes[1, 0].yaxis.set_major_formatter(PercentFormatter(1.0, decimals=0))
    handles, labels = axes[0, 0].get_legend_handles_labels()
    figure.legend(handles, labels, loc="outside upper left", ncols=min(6, len(labels)))
    return figure
