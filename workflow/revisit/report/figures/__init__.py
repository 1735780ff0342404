"""Drawing: one function per kind of figure, each returning a matplotlib figure or an image array.

The only package that imports matplotlib. Same input, same bytes: `save` writes neither time nor version, and ids of
SVG elements are hashed with a fixed salt. Text stays text (the page's font), and a `$` in a name stays a `$`.
"""

from revisit.report.figures.classes import confusion, dots, dumbbells, ranked, roc
from revisit.report.figures.curves import Line, Variant, band, lines, span, spread, thin, variants
from revisit.report.figures.gradients import distributions
from revisit.report.figures.graphs import jump_test, smoothness
from revisit.report.figures.letters import lettered
from revisit.report.figures.networks import measures, readings, shares
from revisit.report.figures.objects import Point, Ranking, costs, painted, rankings, recalls, stacked
from revisit.report.figures.pictures import (
    covered,
    enlarged,
    filter_grid,
    flat,
    followed,
    heat,
    mosaic,
    outlined,
    scatter,
)
from revisit.report.figures.readout import readout
from revisit.report.figures.responses import Response, responses
from revisit.report.figures.style import SIZE, SMALL, save

__all__ = [
    "SIZE",
    "SMALL",
    "Line",
    "Point",
    "Ranking",
    "Response",
    "Variant",
    "band",
    "confusion",
    "costs",
    "covered",
    "distributions",
    "dots",
    "dumbbells",
    "enlarged",
    "filter_grid",
    "flat",
    "followed",
    "heat",
    "jump_test",
    "lettered",
    "lines",
    "measures",
    "mosaic",
    "outlined",
    "painted",
    "ranked",
    "rankings",
    "readings",
    "readout",
    "recalls",
    "responses",
    "roc",
    "save",
    "scatter",
    "shares",
    "smoothness",
    "span",
    "spread",
    "stacked",
    "thin",
    "variants",
]
