"""The table of the look `strongest`."""

from revisit.analyses.tables import Table

STRONGEST = Table("strongest.csv", {"layer": str, "row": int, "map": int, "mean_activation": float})
