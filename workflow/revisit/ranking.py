"""The order of scores, in which equal ones share a place."""

import numpy as np


def descending(scores: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """The order from the highest of `scores` (N,) to the lowest, and in it the last place of each run of equal ones."""
    order = np.argsort(-scores, kind="stable")
    return order, np.append(np.flatnonzero(np.diff(scores[order])), len(order) - 1)
