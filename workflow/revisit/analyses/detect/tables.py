"""The tables of stage `detect`."""

from revisit.analyses.tables import Table

PER_CLASS = Table(
    "per_class.csv",
    {
        "class": str,
        "objects": int,  # that count
        "ap_area": float,  # average precision: area below the curve, at an IoU of 0.5
        "low": float,  # of the bootstrap's interval of that, 95%
        "high": float,
        "ap_11": float,  # VOC 2007's eleven points, at an IoU of 0.5
        "ap_coco": float,  # COCO's, over IoUs from 0.5 to 0.95
        "mask_ap": float,  # as ap_area, of masks
        "svm_ap": float,  # as ap_area, scored by SVMs
        "moved_ap": float,  # likewise, and moved by a regression
    },
    optional=("mask_ap", "svm_ap", "moved_ap"),
)
CURVES = Table(
    "curves.csv",
    {"class": str, "kind": str, "recall": float, "precision": float},  # kind: `curve`, or `point` of the eleven
)
FATES = Table("fates.csv", {"class": str, "fate": str, "count": int})  # at the score with the best F1
THRESHOLDS = Table(
    "thresholds.csv",
    {
        "score": float,  # detections count from it on
        "true_positives": int,
        "false_positives": int,
        "false_negatives": int,
        "precision": float,
        "recall": float,
    },
)
RECALL = Table("recall.csv", {"source": str, "boxes": int, "iou": float, "recall": float})  # of proposals of regions
SHOWN = Table(
    "shown.csv",
    {
        "picture": int,  # place of the tile
        "image": int,  # row of the test set
        "what": str,  # truth or detection
        "class": str,
        "score": float,
        "x0": float,  # corners in shares of width and height
        "y0": float,
        "x1": float,
        "y1": float,
        "fate": str,  # of a truth: counted or difficult
    },
)
