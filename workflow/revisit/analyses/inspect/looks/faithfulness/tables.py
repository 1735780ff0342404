"""The table of the look `faithfulness`."""

from revisit.analyses.tables import Table

FAITHFULNESS = Table(
    "faithfulness.csv",
    {
        "layer": str,
        "map": int,
        "row": int,  # of the test set
        "activation": float,
        "own": float,  # correlation of the projection with the patch that it comes from
        "others": float,  # with the patches of the map's other images, mean
        "fall": float,  # of the activation with the pixels hidden that the projection shows, as a share of it
        "fall_at_random": float,  # with as many pixels of the field hidden at random, mean
    },
)
