"""The order of scores, in which equal ones share a place, and the area under its precision-recall curve."""

import numpy as np


def descending(scores: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """The order from the highest of `scores` (N,) to the lowest, and in it the last place of each run of equal ones."""
    order = np.argsort(-scores, kind="stable")
    return order, np.append(np.flatnonzero(np.diff(scores[order])), len(order) - 1)


def area(relevant: np.ndarray, scores: np.ndarray) -> float:
    """The area under the precision-recall curve as steps: the sum of recall gained times the precision there.

    `relevant` (N,) bool, one at least; `scores` (N,) float. It is scikit-learn's `average_precision_score`, without the
    half second of its import.
    """
    order, last = descending(scores)
    hits = np.cumsum(relevant[order])[last]
    return float((np.diff(hits, prepend=0) / hits[-1] * (hits / (last + 1))).sum())
