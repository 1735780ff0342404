"""Average precision of detections, overall and class by class, and what became of each."""

from collections.abc import Sequence
from typing import Any

import numpy as np

from revisit import interpolation, resampling
from revisit.objects import average_precision, fates, matching
from revisit.objects.arrays import Floats
from revisit.objects.average_precision import Measure
from revisit.objects.fates import Fate
from revisit.objects.found import Detections, Truths
from revisit.objects.matching import Matches

LEVELS = np.arange(1, 100) / 100  # scores from which detections may count
MOST = 60  # points of a curve
SUFFIXES: dict[Measure, str] = {"area": "", "eleven": "_11_point", "coco": "_coco"}
MISSED = "missed"  # what may become of an object


def precisions(
    detections: Detections, truths: Truths, voc: Matches, masks: matching.Overlap | None, number: int, seed: int
) -> tuple[dict[str, Any], list[dict[str, Any]]]:
    """Average precisions in a summary, and class by class.

    Args:
        detections: of the split.
        truths: of the split.
        voc: what became of the detections by VOC's rule and the overlaps of boxes.
        masks: the overlaps of masks, where there are any.
        number: of resamples behind each interval.
        seed: of these.

    Returns:
        `mean_average_precision` by the area, with `_11_point` at eleven recalls, with `_coco` COCO's, each with the
        ends of its interval, `_low` and `_high`, of the images drawn again; with the prefix `mask_` by masks, and
        these with `_of_several` on the images that show two objects of one class or more. And the values of each class:
        average_precision, its `_low` and `_high`, and so on; None without an object.
    """
    boxes = matching.by_boxes(detections, truths)
    coco = matching.match(detections, truths, boxes, matching.COCO_THRESHOLDS, "coco")
    wanted: list[tuple[str, Matches, Measure]] = [
        *((f"average_precision{SUFFIXES[how]}", voc, how) for how in ("area", "eleven")),
        (f"average_precision{SUFFIXES['coco']}", coco, "coco"),
    ]
    summary: dict[str, Any] = {}
    if masks is not None:
        wanted.append(("mask_average_precision", matching.match(detections, truths, masks), "area"))
        several = average_precision.by_class(detections, truths, wanted[-1][1], "area", truths.several())
        summary["mask_mean_average_precision_of_several"] = average_precision.mean(several)
    rows: list[dict[str, Any]] = [{"objects": int(count)} for count in truths.counted()]
    for key, matches, how in wanted:
        summary |= _measured(key, detections, truths, matches, how, number, seed, rows)
    return summary, rows


def precision(
    key: str, detections: Detections, truths: Truths, number: int, seed: int, rows: list[dict[str, Any]]
) -> dict[str, Any]:
    """The average precision by the area under the name `key` alone, as `precisions` has it; classes join `rows`."""
    matches = matching.match(detections, truths, matching.by_boxes(detections, truths))
    return _measured(key, detections, truths, matches, "area", number, seed, rows)


def _measured(
    key: str,
    detections: Detections,
    truths: Truths,
    matches: Matches,
    how: Measure,
    number: int,
    seed: int,
    rows: list[dict[str, Any]],
) -> dict[str, Any]:
    """The mean with its interval; the values of each class join `rows`."""
    each = average_precision.by_class(detections, truths, matches, how)
    samples, means = average_precision.bootstrap(detections, truths, matches, how, number, seed)
    name = key.replace("average_precision", "mean_average_precision")
    for kind, (row, value) in enumerate(zip(rows, each, strict=True)):
        row[key] = value
        row[f"{key}_low"], row[f"{key}_high"] = resampling.interval(samples[:, kind])
    low, high = resampling.interval(means)
    return {name: average_precision.mean(each), f"{name}_low": low, f"{name}_high": high}


def curves(
    detections: Detections, truths: Truths, matches: Matches, classes: Sequence[str]
) -> dict[str, list[str | float]]:
    """The columns of curves.csv: of each class with objects at most `MOST` points, and VOC 2007's eleven."""
    columns: dict[str, list[str | float]] = {"class": [], "kind": [], "recall": [], "precision": []}
    for kind in np.flatnonzero(truths.counted()).tolist():
        recall, precision = average_precision.curve(detections, truths, matches, kind)
        eleven = interpolation.precisions(recall[None], precision[None], interpolation.TENTHS)[0]
        points = np.round(interpolation.TENTHS, 1), eleven
        for name, x, y in (("curve", *thinned(recall, precision)), ("point", *points)):
            columns["class"] += [classes[kind]] * len(x)
            columns["kind"] += [name] * len(x)
            columns["recall"] += x.tolist()
            columns["precision"] += y.tolist()
    return columns


def thinned(recall: Floats, precision: Floats) -> tuple[Floats, Floats]:
    """At most `MOST` points of a curve (N,): of those where recall rises, as many at even steps, ends included."""
    rising = np.flatnonzero(np.diff(recall, prepend=0) > 0)
    if len(rising) > MOST:
        rising = rising[np.unique(np.linspace(0, len(rising) - 1, MOST).round().astype(np.int64))]
    return recall[rising], precision[rising]


def thresholds(detections: Detections, truths: Truths, matches: Matches) -> dict[str, np.ndarray]:
    """The columns of thresholds.csv, all classes together; a precision or recall of nothing is NaN."""
    counts = fates.outcomes(detections, truths, matches, LEVELS).sum(axis=1)
    right, wrong, missing = counts.T
    return {
        "score": LEVELS,
        "true_positives": right,
        "false_positives": wrong,
        "false_negatives": missing,
        "precision": _share(right, right + wrong),
        "recall": _share(right, right + missing),
    }


def best_score(table: dict[str, np.ndarray]) -> float:
    """The score of `thresholds` with the best F1, the harmonic mean of precision and recall; the lowest of equal."""
    right = table["true_positives"]
    f1 = 2 * right / np.maximum(2 * right + table["false_positives"] + table["false_negatives"], 1)
    return float(table["score"][f1.argmax()])


def at(table: dict[str, np.ndarray], score: float) -> dict[str, float | int | None]:
    """The row of `thresholds` for a score, the nearest one; F1 beside it."""
    row = int(np.abs(table["score"] - score).argmin())
    found = {key: _plain(values[row]) for key, values in table.items()}
    right, wrong, missing = (int(table[key][row]) for key in ("true_positives", "false_positives", "false_negatives"))
    return found | {"f1": 2 * right / (2 * right + wrong + missing) if right + wrong + missing else None}


def of_classes(
    fate: np.ndarray, detections: Detections, truths: Truths, matches: Matches, classes: Sequence[str], score: float
) -> list[dict[str, str | int]]:
    """The rows of fates.csv: how many detections with `score` or more of each class have each fate, and objects missed.

    `fate`: of each detection, (D,) int8.
    """
    counts = fates.counts(fate, detections, len(classes), score)
    missing = fates.missed(detections, truths, matches, score)
    missed = np.bincount(truths.kind[missing], minlength=len(classes))
    names = [*(one.name.lower() for one in Fate), MISSED]
    table = np.append(counts, missed[:, None], axis=1).tolist()
    return [
        {"class": name, "fate": what, "count": count}
        for name, row in zip(classes, table, strict=True)
        for what, count in zip(names, row, strict=True)
    ]


def _share(part: np.ndarray, whole: np.ndarray) -> np.ndarray:
    return np.divide(part, whole, out=np.full(len(whole), np.nan), where=whole > 0)


def _plain(value: Any) -> Any:
    return None if np.isnan(value) else value.item()
