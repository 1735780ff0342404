"""Reconstruction, without PyTorch."""

from revisit.tasks.facts import Facts

FACTS = Facts(
    description="of the input",
    labels="any",
    losses=("mean_squared_error", "binary_cross_entropy"),
    beside=("squared_error", "cross_entropy", "entropy", "squared_error_of_noisy", "squared_error_of_noise"),
    reorders=False,
)
