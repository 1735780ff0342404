"""Classification with several labels, without PyTorch."""

from revisit.tasks.facts import Facts

FACTS = Facts(
    description="sigmoid cross-entropy, labels 0 excluded", labels="multi", metric="map", mixes=True, scored=True
)
