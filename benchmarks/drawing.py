"""A drawing of measurements against a size: both axes logarithmic, one panel for each quantity."""

from collections.abc import Mapping, Sequence
from pathlib import Path

GREY = "#808080"  # readable on white and on black
WIDE = 20  # characters of a name, of which no two stand side by side above a panel
LINES = ("#3b82c4", "#d9772b", "#3f9c5a", "#b04fb0", GREY)


def draw(path: Path, size: str, sizes: Sequence[float], panels: Mapping[str, Mapping[str, Sequence[float]]]) -> None:
    """Write an SVG of a panel for each quantity, with a named line for each of its series.

    The same numbers give the same bytes; the background is transparent.

    Args:
        path: the file.
        size: what the horizontal axis counts.
        sizes: where the points are, above 0.
        panels: quantity -> name of the line -> a number above 0 for each size.
    """
    import matplotlib

    style = {"svg.hashsalt": "revisit", "svg.fonttype": "none", "font.size": 9, "legend.fontsize": 8}
    style |= {f"{part}.color": GREY for part in ("text", "xtick", "ytick")}
    style |= {"axes.edgecolor": GREY, "axes.labelcolor": GREY}
    with matplotlib.rc_context(style):
        from matplotlib.figure import Figure
        from matplotlib.ticker import LogLocator

        figure = Figure(figsize=(3.6 * len(panels), 2.8), layout="constrained")
        places = figure.subplots(1, len(panels), squeeze=False)[0]
        for axes, (quantity, lines) in zip(places, panels.items(), strict=True):
            for colour, (name, values) in zip(LINES, lines.items(), strict=False):
                axes.plot(sizes, values, "o-", color=colour, label=name, markersize=4, linewidth=1.3)
            axes.set(xscale="log", yscale="log", xlabel=size, ylabel=quantity)
            axes.set_xticks(sizes, [f"{value:,}" for value in sizes])
            axes.minorticks_off()
            axes.yaxis.set_major_locator(LogLocator(subs=(1, 2, 5)))
            axes.yaxis.set_major_formatter("{x:g}")
            axes.spines[["top", "right"]].set_visible(False)
            axes.grid(color=GREY, alpha=0.25, linewidth=0.6)
            columns = 2 if max(map(len, lines)) < WIDE else 1
            axes.legend(frameon=False, labelcolor=GREY, ncols=columns, loc="lower center", bbox_to_anchor=(0.5, 1))
        figure.savefig(path, format="svg", transparent=True, metadata={"Date": None})
