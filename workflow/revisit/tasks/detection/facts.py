"""Detection, without PyTorch."""

from revisit.tasks.facts import Facts

FACTS = Facts(
    description="the detector's own terms, of classes and boxes, perhaps of masks",
    labels="multi",
    metric="map",
    objects="boxes",
)
