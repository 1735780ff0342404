"""Reconstruction, without PyTorch."""

from revisit.tasks.facts import Facts

FACTS = Facts(
    description="of the input", labels="any", losses=("mean_squared_error", "binary_cross_entropy"), reorders=False
)
