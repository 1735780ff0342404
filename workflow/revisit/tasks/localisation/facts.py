"""Localisation, without PyTorch."""

from revisit.tasks.facts import Facts

FACTS = Facts(
    description="softmax cross-entropy of the largest object's class, and smooth L1 of its box",
    labels="multi",
    metric="localised",
    beside=("classified", "boxed", "mean_boxed"),
    objects="boxes",
)
