"""The table of the look `deconvnet`."""

from revisit.analyses.tables import Table

DECONVNET = Table(
    "deconvnet.csv",
    {
        "layer": str,
        "map": int,
        "rank": int,  # among the images of the map, from 1
        "row": int,  # of the test set
        "label": int,  # the first class that the image shows, -1 without any
        "y": int,  # of the activation in the layer
        "x": int,
        "activation": float,
        "top": int,  # of the receptive field in the network's input, pixels
        "left": int,
        "bottom": int,
        "right": int,
    },
)
