"""The table of the look `evolution`."""

from revisit.analyses.tables import Table

EVOLUTION = Table("evolution.csv", {"layer": str, "map": int, "moment": int, "row": int, "activation": float})
