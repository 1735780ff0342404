"""The tables of the look `reuse`: layers are counted from 1 in each block; source 0 is what enters the block."""

from revisit.analyses.tables import Table

READ = Table("reuse.csv", {"block": int, "layer": int, "source": int, "weight": float})
HIDDEN = Table("reuse_hidden.csv", {"block": int, "source": int, "readers": int, "loss": float, "accuracy": float})
