"""The tables of stage `evaluate`."""

from revisit.analyses.tables import Table

DECISIONS = ("precision", "recall")  # of one label per image
SHIFTED = ("average_precision_shifted", "lowest_average_precision")  # of several
PER_CLASS = Table(
    "per_class.csv",
    {
        "class": str,
        "support": int,  # images
        "precision": float,
        "recall": float,
        "average_precision": float,
        "average_precision_low": float,  # of the bootstrap's interval, 95%
        "average_precision_high": float,
        "average_precision_11_point": float,
        "auc": float,  # area below the ROC curve
        "average_precision_shifted": float,  # as the course measured it
        "lowest_average_precision": float,  # of the worst ranking
    },
    optional=DECISIONS + SHIFTED,
)
ROC = Table("roc.csv", {"class": str, "false_positive_rate": float, "true_positive_rate": float})  # + micro and macro
CONFUSION = Table("confusion.csv", {"actual": str, "predicted": str, "count": int})  # of one label per image
