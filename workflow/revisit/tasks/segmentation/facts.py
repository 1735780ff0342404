"""Semantic segmentation, without PyTorch."""

from revisit.tasks.facts import Facts

FACTS = Facts(
    description="softmax cross-entropy of every pixel, void left out",
    labels="multi",
    metric="mean_iou",
    beside=("pixel_accuracy",),
    objects="masks",
)
