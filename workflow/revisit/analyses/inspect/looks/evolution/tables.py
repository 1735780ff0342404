"""The table of the look `evolution`."""

from revisit.analyses.tables import Table

EVOLUTION = Table(
    "evolution.csv",
    {
        "layer": str,
        "map": int,
        "moment": int,
        "row": int,  # of the training set
        "activation": float,
        "likeness": float,  # correlation of the projection with that of the moment before; none at the first one
    },
)
