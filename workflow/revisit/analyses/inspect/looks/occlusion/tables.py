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
        "top": int,  # where the square lies then, pixels of the network's input
        "left": int,
        "drop_on_object": float,
        "drop_off_object": float,
        "first_on_object": float,  # share of the squares with which the class is the most probable
        "first_off_object": float,
        "drop_on_projection": float,  # of the map's sum, as a share of it
        "drop_off_projection": float,
    },
    optional=("top", "left", "first_on_object", "first_off_object"),  # of findings of an earlier version
)
