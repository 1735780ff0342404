"""Random subsets that are the same on every machine and with every version of NumPy."""

import numpy as np


def stratified(labels: np.ndarray, count: int | None, classes: int, seed: np.random.SeedSequence) -> np.ndarray:
    """Rows of a random subset with the classes in the proportions of the whole, ascending (count,) int64.

    Each class gets its share of `count` rounded down; what is left goes to the largest remainders (ties: the
    lower class first). `labels` (N,) int64; a count of None or N keeps every row. Only raw bits of PCG64 are
    used, which no version of NumPy changes (NEP 19).
    """
    if count is None or count == len(labels):
        return np.arange(len(labels))
    sizes = np.bincount(labels, minlength=classes)
    shares, remainders = np.divmod(sizes * count, len(labels))
    favoured = np.argsort(-remainders, kind="stable")[: count - shares.sum()]
    shares[favoured] += 1
    order = _shuffled(len(labels), seed)
    kept = [order[labels[order] == label][:share] for label, share in enumerate(shares)]
    return np.sort(np.concatenate(kept))


def simple(rows: int, count: int | None, seed: np.random.SeedSequence) -> np.ndarray:
    """A simple random sample of `count` of the numbers below `rows`, ascending (count,) int64; None keeps all.

    For images with several labels, which have no strata.
    """
    if count is None or count == rows:
        return np.arange(rows)
    return np.sort(_shuffled(rows, seed)[:count])


def _shuffled(rows: int, seed: np.random.SeedSequence) -> np.ndarray:
    """All rows, by ascending random keys; the row number settles the (hardly possible) ties."""
    return np.argsort(np.random.PCG64(seed).random_raw(rows), kind="stable")
