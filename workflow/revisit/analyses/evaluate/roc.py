"""ROC curves: of one class, their mean over the classes, and as few points as a figure needs."""

import numpy as np

from revisit import ranking

CURVE_POINTS = 200

Curve = tuple[np.ndarray, np.ndarray, float]  # false positive rates, true positive rates, area below


def roc(relevant: np.ndarray, scores: np.ndarray) -> Curve | None:
    """False and true positive rates from (0, 0) to (1, 1) and the area below; None where they are not defined.

    `relevant` (N,) bool, `scores` (N,). Not defined where nothing or everything is relevant. The curve is that of
    scikit-learn's `roc_curve`, whose import takes longer than all curves: one point for each different score, but none
    inside of a straight line from one point to the next.
    """
    if not relevant.any() or relevant.all():
        return None
    order, last = ranking.descending(scores)
    true = np.cumsum(relevant[order])[last]
    false = last + 1 - true
    bends = np.ones(len(last), bool)
    bends[1:-1] = (np.diff(false, 2) != 0) | (np.diff(true, 2) != 0)
    x, y = (np.append(0, count[bends]) / count[-1] for count in (false, true))
    return x, y, float(np.trapezoid(y, x))


def decimate(x: np.ndarray, y: np.ndarray, points: int = CURVE_POINTS) -> tuple[np.ndarray, np.ndarray]:
    """A rising curve from (0, 0) to (1, 1) with at most `points` of its own points, ends included.

    Points are taken at even steps of x + y, so that none left out is further than 2/(points - 1) from one kept.
    """
    if len(x) <= points:
        return x, y
    kept = np.searchsorted(x + y, np.linspace(0, x[-1] + y[-1], points))
    kept[0] = 0
    kept = np.unique(np.minimum(kept, len(x) - 1))
    return x[kept], y[kept]


def macro_roc(curves: list[Curve]) -> tuple[np.ndarray, np.ndarray]:
    """The mean true positive rate of several curves at every false positive rate of one of them."""
    x = np.unique(np.concatenate([curve[0] for curve in curves]))
    y = np.mean([np.interp(x, curve[0], curve[1]) for curve in curves], axis=0)
    return np.append(0.0, x), np.append(0.0, y)
