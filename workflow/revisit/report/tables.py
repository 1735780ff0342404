"""A table of published numbers judged as a whole: is the order ours, and how far do ours lie from them?"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

PERMUTATIONS = 9999
LEVEL = 0.05


@dataclass(frozen=True)
class Agreement:
    """How two columns of a table agree: Spearman's rank correlation, its p by permutation, mean absolute difference."""

    correlation: float
    p: float
    difference: float


def agreement(published: Sequence[float], ours: Sequence[float]) -> Agreement:
    """How `ours` agree with `published`, entry by entry (Spearman 1904; Edgington & Onghena 2007, Randomization Tests).

    The p is the share of orders of our numbers, drawn at random with a fixed seed, whose correlation is at least as
    high; the order found counts as one of them. A column of equal numbers has no order: correlation 0, p 1.
    """
    theirs, own = np.asarray(published, float), np.asarray(ours, float)
    difference = float(np.abs(own - theirs).mean())
    if np.ptp(theirs) == 0 or np.ptp(own) == 0:
        return Agreement(0.0, 1.0, difference)
    from scipy.stats import rankdata  # takes long to import, and only tables need it

    a, b = (rankdata(column) - (len(column) + 1) / 2 for column in (theirs, own))
    norm = np.sqrt((a @ a) * (b @ b))
    correlation = float(a @ b / norm)
    orders = np.random.default_rng(0).permuted(np.tile(b, (PERMUTATIONS, 1)), axis=1)
    at_least = int((orders @ a / norm >= correlation - 1e-12).sum())
    return Agreement(correlation, (at_least + 1) / (PERMUTATIONS + 1), difference)
