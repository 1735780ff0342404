"""The tables of the look `invariance`."""

from revisit.analyses.tables import Table

DISTANCES = Table(
    "invariance.csv", {"transform": str, "amount": float, "layer": str, "distance": float, "distance_sd": float}
)
PROBABILITIES = Table("invariance_probability.csv", {"transform": str, "amount": float, "probability": float})
