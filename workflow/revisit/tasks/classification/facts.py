"""Classification, without PyTorch."""

from revisit.tasks.facts import Facts

FACTS = Facts(
    description="softmax cross-entropy", labels="single", metric="accuracy", mixes=True, stepwise=True, scored=True
)
