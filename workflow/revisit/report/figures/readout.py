"""Where the curves of a drawn figure lie, so that the page can tell their values under the pointer."""

from typing import Any
from weakref import WeakKeyDictionary

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from matplotlib.ticker import PercentFormatter

CURVE = "curve-"  # the ids of the groups that hold a curve in the SVG
POINTS = 72  # an SVG's unit, to the inch
_names: WeakKeyDictionary[Line2D, str] = WeakKeyDictionary()


def mark(axes: Axes, line: Line2D, name: str) -> None:
    """Have the values of a line of these axes told, under this name."""
    line.set_gid(f"{CURVE}{sum(other in _names for other in axes.lines)}")
    _names[line] = name


def readout(figure: Figure) -> dict[str, Any] | None:
    """The scales and marked curves of a figure that `save` has drawn; None for one without.

    Returns:
        `x` and `y`: the ends of the scale in units of the SVG, then their values, and how values are written;
        `curves`: the ids of their groups in the SVG, and their names.
    """
    for axes in figure.axes:
        if curves := [line for line in axes.lines if line in _names and np.size(line.get_xdata())]:
            width, height = figure.get_size_inches() * POINTS
            box = axes.get_position()
            ends = {"x": (box.x0 * width, box.x1 * width), "y": ((1 - box.y0) * height, (1 - box.y1) * height)}
            scales = {key: _scale(axes, key, pair) for key, pair in ends.items()}
            return scales | {"curves": [{"id": line.get_gid(), "name": _names[line]} for line in curves]}
    return None


def _scale(axes: Axes, key: str, ends: tuple[float, float]) -> dict[str, Any]:
    axis, limits = (axes.xaxis, axes.get_xlim()) if key == "x" else (axes.yaxis, axes.get_ylim())
    percent = isinstance(axis.get_major_formatter(), PercentFormatter)
    return {
        "at": [round(float(end), 2) for end in ends],
        "value": [float(limit) for limit in limits],
        "label": axis.get_label_text(),
        "percent": percent,
    }
