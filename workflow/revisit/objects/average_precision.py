"""Average precision of detections, class by class, and how sure it is.

Detections of a class over all images are ranked by score, of equal scores the earlier row first, and each is right or
wrong by `revisit.objects.matching`. Three ways of putting the curve of precision over recall into a number:

- `eleven`, VOC 2007's: the mean over eleven recalls of the best precision at that recall or more, see
  `revisit.interpolation`.
- `area`, VOC's since 2010: the area below the same best precisions, as steps (VOCevaldet.m of 2010).
- `coco`: as `eleven`, over 101 recalls (cocoeval.py of pycocotools).

A class without an object that counts has no average precision: None, left out of the mean over the classes.
"""

from typing import Literal

import numpy as np

from revisit import interpolation, resampling
from revisit.objects.arrays import Flags, Floats, Rows
from revisit.objects.found import Detections, Truths
from revisit.objects.matching import Matches

Measure = Literal["eleven", "area", "coco"]

_RECALLS: dict[Measure, Floats] = {"eleven": interpolation.TENTHS, "coco": np.linspace(0, 1, 101)}


def by_class(
    detections: Detections,
    truths: Truths,
    matches: Matches,
    measure: Measure = "eleven",
    images: Flags | None = None,
) -> list[float | None]:
    """The average precision of each class, the mean over the thresholds of `matches`: K numbers in [0, 1] or None.

    `images`: (truths.images,) bool, those that are looked at; all where it is None.
    """
    looked_at = np.ones(truths.images, bool) if images is None else images
    samples = _weighted(detections, truths, matches, measure, looked_at[None].astype(np.int32))[0]
    return [None if np.isnan(value) else float(value) for value in samples]


def mean(values: list[float | None]) -> float | None:
    """The mean over the classes that have an average precision; None where none has."""
    defined = [value for value in values if value is not None]
    return float(np.mean(defined)) if defined else None


def bootstrap(
    detections: Detections, truths: Truths, matches: Matches, measure: Measure, number: int, seed: int
) -> tuple[Floats, Floats]:
    """The average precisions in `number` resamples of the images: of each class (number, K) and their means (number,).

    Images are drawn with all they show and all that was found in them; an image drawn twice counts as two that look
    alike. NaN where a resample has no object of a class; the means leave that out. `revisit.resampling.interval` makes
    intervals of them.
    """
    blocks = resampling.resamples(truths.images, number, seed)
    samples = np.concatenate([_weighted(detections, truths, matches, measure, weights) for weights in blocks])
    defined = ~np.isnan(samples)
    total, classes = np.where(defined, samples, 0).sum(axis=1), defined.sum(axis=1)
    return samples, np.where(classes > 0, total / np.maximum(classes, 1), np.nan)


def curve(
    detections: Detections, truths: Truths, matches: Matches, kind: int, threshold: int = 0
) -> tuple[Floats, Floats]:
    """Recall and precision of class `kind` after each detection that counts, by descending score: (N,) float64 each.

    `threshold` is the place of the threshold in `matches`. Without an object, the recall is NaN.
    """
    rows = _ranked(detections, matches, kind, threshold)
    hits = np.cumsum(matches.true[threshold, rows])
    positives = int(truths.counted()[kind])
    recall = hits / positives if positives else np.full(len(rows), np.nan)
    return recall, hits / np.arange(1, len(rows) + 1)


def _weighted(detections: Detections, truths: Truths, matches: Matches, measure: Measure, weights: Rows) -> Floats:
    """The average precisions (R, K) where image i counts `weights[r, i]` times, (R, N) integers."""
    counts = np.zeros((truths.images, truths.classes))
    np.add.at(counts, (truths.image[~truths.difficult], truths.kind[~truths.difficult]), 1)
    positives = weights @ counts
    levels = len(matches.truth)
    result = np.full(positives.shape, np.nan)
    for kind in np.flatnonzero(truths.counted()).tolist():
        total = np.zeros(len(weights))
        for threshold in range(levels):
            rows = _ranked(detections, matches, kind, threshold)
            drawn = weights[:, detections.image[rows]]
            total += _measured(drawn, matches.true[threshold, rows], positives[:, kind], measure)
        result[:, kind] = np.where(positives[:, kind] > 0, total / levels, np.nan)
    return result


def _ranked(detections: Detections, matches: Matches, kind: int, threshold: int) -> Rows:
    """The rows of the detections of a class that are right or wrong, by descending score."""
    rows = np.flatnonzero((detections.kind == kind) & ~matches.ignored[threshold])
    return rows[np.argsort(-detections.score[rows], kind="stable")]


def _measured(drawn: Rows, true: Flags, positives: Floats, measure: Measure) -> Floats:
    """The measure (R,) of a ranking, in which detection i counts `drawn[r, i]` times, (R, D); `positives` (R,).

    The best precision from a recall on is always that of a true detection, so only these columns are looked at. Where
    one is drawn twice, its second copy is at least as precise as the first, so the copies need no columns of their own.
    """
    hits = np.cumsum(drawn[:, true], axis=1)
    if not hits.shape[1]:
        return np.zeros(len(drawn))
    precision = hits / np.maximum(np.cumsum(drawn, axis=1)[:, true], 1)
    recall = hits / np.maximum(positives, 1)[:, None]
    if measure == "area":
        best = np.maximum.accumulate(precision[:, ::-1], axis=1)[:, ::-1]
        area: Floats = (np.diff(recall, axis=1, prepend=0) * best).sum(axis=1)
        return area
    sampled: Floats = interpolation.precisions(recall, precision, _RECALLS[measure]).mean(axis=1)
    return sampled
