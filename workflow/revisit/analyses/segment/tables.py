"""The tables of stage `segment`."""

from revisit.analyses.tables import Table

PER_CLASS = Table(
    "per_class.csv",
    {
        "class": str,
        "pixels": int,  # of the class
        "iou": float,
        "low": float,  # of the bootstrap's interval, 95%
        "high": float,
        "accuracy": float,  # share of its pixels told right
        "mask_ap": float,  # average precision of connected regions as objects, at an IoU of 0.5
    },
)
CONFUSION = Table("confusion.csv", {"actual": str, "predicted": str, "pixels": int})
SHOWN = Table("shown.csv", {"picture": int, "image": int, "actual": str, "predicted": str})  # names of classes
