"""The tables of stage `inspect` beside those of its looks."""

from revisit.analyses.tables import Table

PARAMETERS = Table("parameters.csv", {"layer": str, "weights": int, "biases": int, "parameters": int})
ACTIVATIONS = Table(
    "activations.csv", {"layer": str, "mean": float, "variance": float, "sparsity": float, "near_zero": float}
)
FIRST_LAYER = Table(
    "first_layer.csv",
    {
        "filter": int,
        "norm": float,
        "largest_activation": float,
        "dead": bool,
        "high_frequency": float,
        "low_frequency": float,
    },
)
COARSENESS = ("dead_share", "high_frequency", "low_frequency")  # of a first layer, added up
