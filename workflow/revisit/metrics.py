"""The metrics of tasks and probes: their keys in the findings, and how readers are told them."""

from typing import NamedTuple


class Metric(NamedTuple):
    """How a metric is told."""

    label: str
    form: str  # of its numbers in tables, as in `revisit.report.numbers`


METRICS = {
    "accuracy": Metric("accuracy", "percent"),
    "map": Metric("mean AP", "percent"),
    "mean_iou": Metric("mean IoU", "percent"),
    "localised": Metric("localised", "percent"),
}
