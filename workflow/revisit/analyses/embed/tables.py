"""The tables of stage `embed`."""

from revisit.analyses.tables import Table

POINTS = Table(
    "points.csv",
    {
        "layer": str,
        "row": int,  # of the test set
        "label": str,  # numbers of its classes, joined by spaces
        "iterations": int,
        "x": float,
        "y": float,
    },
)
