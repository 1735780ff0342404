"""The table of the look `occlusion`."""

from revisit.analyses.tables import Table

OCCLUSION = Table(
    "occlusion.csv",
    {
        "row": int,  # of the test set
        "label": int,
        "class": str,
        "map": int,  # the strongest
        "probability": float,  # of the class, with nothing hidden
        "lowest": float,
        "drop_on_object": float,
        "drop_off_object": float,
        "drop_on_projection": float,  # of the map's sum, as a share of it
        "drop_off_projection": float,
    },
)
