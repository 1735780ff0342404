"""How well a class's images are ranked before the others: average precision in two definitions, and its uncertainty.

- The area under the precision-recall curve as steps: the sum of recall gained times the precision there, as in
  scikit-learn's `average_precision_score`.
- VOC 2007's: the mean over recalls 0, 0.1, ..., 1 of the best precision at that recall or more, see
  `revisit.interpolation`.

In both, equal scores share one threshold. A class that none of the images shows, or all of them, has no ranking: its
average precision is None. Images that do not count for a class ("difficult" ones) are left out before ranking.

The course behind report S0 (CMU 16-824; `compute_ap` in util.py of github.com/alasin/pascal_object_classification_tf)
measures the first one after taking 1e-5 off the probabilities of the images that show the class.
"""

import numpy as np

from revisit import interpolation, ranking, resampling

SHIFT = 1e-5  # what the course's measure takes off the probability of a positive


def average_precision(relevant: np.ndarray, scores: np.ndarray) -> float | None:
    """The area under the precision-recall curve of `scores` (N,) for the images that are `relevant` (N,) bool."""
    return ranking.area(relevant, scores) if _ranks(relevant) else None


def average_precision_11_point(relevant: np.ndarray, scores: np.ndarray) -> float | None:
    """VOC 2007's average precision of `scores` (N,) for the images that are `relevant` (N,) bool."""
    if not _ranks(relevant):
        return None
    order, last = ranking.descending(scores)
    hits = np.cumsum(relevant[order])[last]
    curve = (hits / hits[-1])[None], (hits / (last + 1))[None]
    return float(interpolation.precisions(*curve, interpolation.TENTHS).mean())


def average_precision_shifted(relevant: np.ndarray, probabilities: np.ndarray) -> float | None:
    """The course's measure: the area once `SHIFT` is taken off the `probabilities` (N,) of what is `relevant` (N,).

    In single precision, as there. Where probabilities differ by more than that it changes nothing; but a network that
    says nearly the same of every image, by less than `SHIFT`, gets the worst ranking: `lowest_average_precision`.
    Where it says exactly the same, all the positives are one tie behind the others, which is their share of the images.
    """
    shifted = probabilities.astype(np.float32)
    shifted[relevant] -= np.float32(SHIFT)
    return average_precision(relevant, shifted)


def lowest_average_precision(positives: int, images: int) -> float | None:
    """The area of the worst ranking, in which all `positives` of `images` come last, one by one.

    The k-th of P positives among N images then has the precision k / (N - P + k); the area is the mean of these. None
    where there is no ranking.
    """
    if not 0 < positives < images:
        return None
    k = np.arange(1, positives + 1)
    return float((k / (images - positives + k)).mean())


def by_class(relevant: np.ndarray, scores: np.ndarray, counted: np.ndarray) -> list[float | None]:
    """The area of every class: `relevant` and `counted` (N, K) bool, `scores` (N, K)."""
    columns = zip(relevant.T, scores.T, counted.T, strict=True)
    return [average_precision(shown[counts], values[counts]) for shown, values, counts in columns]


def mean_of(values: list[float | None]) -> float | None:
    """The mean of those that are not None, None where there is none."""
    defined = [value for value in values if value is not None]
    return float(np.mean(defined)) if defined else None


def areas(relevant: np.ndarray, scores: np.ndarray, weights: np.ndarray) -> np.ndarray:
    """`ranking.area` for each of R weightings: image i counts `weights[r, i]` times, (R, N) integers -> (R,) float64.

    The order of the images is the same in all, so they are sorted once. NaN where there is no ranking.
    """
    if not _ranks(relevant):
        return np.full(len(weights), np.nan)
    order, last = ranking.descending(scores)
    positives = np.flatnonzero(relevant[order])
    runs = np.searchsorted(last, positives)  # the run of equal scores that each lies in
    closing = np.flatnonzero(np.diff(runs, append=-1))  # the last positive of a run
    drawn = weights[:, order]
    hits = np.cumsum(drawn[:, positives], axis=1)[:, closing]
    seen = np.cumsum(drawn, axis=1)
    precision = hits / np.maximum(seen[:, last[runs[closing]]], 1)
    all_hits = hits[:, -1]
    area = (np.diff(hits, axis=1, prepend=0) * precision).sum(axis=1) / np.maximum(all_hits, 1)
    return np.where((all_hits > 0) & (all_hits < seen[:, -1]), area, np.nan)


def bootstrap(
    relevant: np.ndarray, scores: np.ndarray, counted: np.ndarray, number: int, seed: int
) -> tuple[np.ndarray, np.ndarray]:
    """The areas in `number` resamples of the images: of each class (number, K) and their means (number,), float64.

    Images are drawn, with all they show, so that what the classes have in common is kept. NaN where a resample has no
    ranking; the means leave that out. Arrays as in `by_class`.
    """
    blocks = []
    for weights in resampling.resamples(len(scores), number, seed):
        columns = zip(relevant.T, scores.T, counted.T, strict=True)
        found = [areas(shown[counts], values[counts], weights[:, counts]) for shown, values, counts in columns]
        blocks.append(np.stack(found, axis=1))
    samples = np.concatenate(blocks)
    defined = ~np.isnan(samples)
    total, classes = np.where(defined, samples, 0).sum(axis=1), defined.sum(axis=1)
    return samples, np.where(classes > 0, total / np.maximum(classes, 1), np.nan)


def _ranks(relevant: np.ndarray) -> bool:
    return bool(relevant.any() and not relevant.all())
