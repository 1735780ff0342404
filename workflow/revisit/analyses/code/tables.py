"""The table of stage `code`."""

from revisit.analyses.tables import Table

LABELS = Table(
    "labels.csv",
    {
        "features": str,  # code, untrained, principal, pixels
        "dimensions": int,
        "labels": int,  # that a classifier was fitted on
        "accuracy": float,  # on all test images, the mean over the draws
        "low": float,  # Student's interval of that mean
        "high": float,
    },
)
