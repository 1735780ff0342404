"""The table of the look `first_layers`: those of `FIRST_LAYER`, variant by variant."""

from revisit.analyses.inspect.tables import FIRST_LAYER
from revisit.analyses.tables import Table

FIRST_LAYERS = Table("first_layers.csv", {"variant": str, **FIRST_LAYER.columns})
