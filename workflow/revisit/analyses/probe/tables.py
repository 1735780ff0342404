"""The tables of stage `probe`."""

from revisit.analyses.tables import Table

PROBES = Table(
    "probe.csv",
    {
        "layer": str,
        "protocol": str,
        "dimensions": int,
        "C": float,
        "accuracy": float,  # of one label per image
        "map": float,  # mean average precision, of several
        "train_size": int,
        "test_size": int,
    },
    optional=("accuracy", "map"),
)
PER_CLASS = Table("per_class.csv", {"layer": str, "protocol": str, "class": str, "average_precision": float})
