"""The table of the look `correspondence`."""

from revisit.analyses.tables import Table

CHANGES = Table("correspondence.csv", {"layer": str, "part": str, "delta": float, "delta_se": float, "images": int})
