"""The tables of stage `neighbours`."""

from revisit.analyses.tables import Table

QUERIES = Table(
    "queries.csv",
    {
        "layer": str,
        "query": int,  # row of the test set
        "query_label": str,  # numbers of its classes, joined by spaces
        "rank": int,  # from 1
        "neighbour": int,
        "neighbour_label": str,
        "distance": float,
        "same_class": bool,  # written as true or false
    },
)
