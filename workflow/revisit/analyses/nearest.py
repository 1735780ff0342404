"""Exact nearest neighbours in a feature space."""

import numpy as np

from revisit.errors import ConfigError

_BLOCK_BYTES = 2**26  # of distances held at a time
_SQUARE_BYTES = 2**28  # of the products of all rows with all, which half as many multiplications give at once


def nearest(X: np.ndarray, k: int, queries: np.ndarray | None = None) -> tuple[np.ndarray, np.ndarray]:
    """The `k` nearest rows of X for each query by Euclidean distance, the query itself left out.

    A screening by matrix products in single precision, ‖a-b‖² = ‖a‖² + ‖b‖² - 2a·b, keeps every row that may be among
    the nearest, given the bound on its rounding error (Higham 2002, Accuracy and Stability of Numerical Algorithms,
    section 3.1); the distances of those are then computed from the differences, in double precision. So the result is
    that of comparing all pairs in double precision. Rows at the same distance come in the order of their index.

    Args:
        X: (N, D), in memory or memory-mapped, finite.
        k: at least 1 and less than N.
        queries: rows of X, (Q,); None: all of them.

    Returns:
        Indices (Q, k) int64 and distances (Q, k) float64, the nearest first.

    Raises:
        ConfigError: there are not more than `k` rows.
    """
    N, D = X.shape
    if k >= N:
        raise ConfigError(f"k: {k} neighbours of one image among {N} do not exist; at most {N - 1} do")
    queries = np.arange(N) if queries is None else np.asarray(queries)
    single, squares = _centred(X)
    lengths, unit = np.sqrt(squares), np.finfo(np.float32).eps / 2
    # Of the products (D roundings, and 2 of the factors), and of the sums.
    error = 2 * (D + 2) * unit * lengths * lengths.max() + 5 * unit * (lengths + lengths.max()) ** 2
    indices, distances = np.empty((len(queries), k), np.int64), np.empty((len(queries), k))
    rows = max(1, _BLOCK_BYTES // (4 * N))
    together = 4 * N * N <= _SQUARE_BYTES and 2 * len(queries) > N
    products = single @ single.T if together else None
    for start in range(0, len(queries), rows):
        block = queries[start : start + rows]
        screened = single[block] @ single.T if products is None else products[block]
        screened *= -2
        screened += squares.astype(np.float32)
        screened += squares[block, None].astype(np.float32)
        screened[np.arange(len(block)), block] = np.inf
        reach = np.partition(screened, k - 1, axis=1)[:, k - 1] + 2 * error[block]
        for i, query in enumerate(block):
            near = np.flatnonzero(screened[i] <= reach[i])
            near = near[near != query]
            squared = _squared_distances(X, near, query)
            first = np.lexsort((near, squared))[:k]
            indices[start + i], distances[start + i] = near[first], np.sqrt(squared[first])
    return indices, distances


def _centred(X: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Rows minus their mean, in single precision, and their squared lengths: short rows have small rounding errors."""
    mean, step = X.mean(axis=0, dtype=np.float64), max(1, _BLOCK_BYTES // (8 * X.shape[1]))
    single, squares = np.empty(X.shape, np.float32), np.empty(len(X))
    for i in range(0, len(X), step):
        centred = X[i : i + step] - mean
        single[i : i + step] = centred
        squares[i : i + step] = np.einsum("nd,nd->n", centred, centred)
    return single, squares


def _squared_distances(X: np.ndarray, rows: np.ndarray, query: int) -> np.ndarray:
    """From the differences, in double precision, a few rows at a time: where all rows are equal, all are near."""
    row, step = X[query].astype(np.float64), max(1, _BLOCK_BYTES // (8 * X.shape[1]))
    parts = [((X[rows[i : i + step]] - row) ** 2).sum(axis=1) for i in range(0, len(rows), step)]
    return np.concatenate(parts)
