"""Exact nearest neighbours in a feature space, and how often they share the class."""

import numpy as np

from revisit.analysis import targets
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


def share_same_class(labels: np.ndarray, indices: np.ndarray) -> float:
    """The share of neighbours that show a class of their query: labels (N,) or (N, K), neighbours of all rows (N, k).

    Over the queries that show a class, of which there is at least one.
    """
    queries = np.flatnonzero(targets.first_present(labels) >= 0)
    shared = sum(targets.share_class(labels, queries, column).sum() for column in indices[queries].T)
    return float(shared / (len(queries) * indices.shape[1]))


def choose_queries(labels: np.ndarray, classes: list[str], wanted: int | list[str], seed: int, key: str) -> np.ndarray:
    """Rows to show the neighbours of, each once: as many as `wanted`, or one for each class that it names.

    Args:
        labels: (N,) or (N, K).
        classes: names of the K classes.
        wanted: how many, spread over the classes (`spread_queries`); or names of classes, any of them repeatedly.
        seed: of the choice.
        key: of `wanted` in params.yaml, for messages.

    Raises:
        ConfigError: a name is no class, or not enough images show it; no image shows a class at all.
    """
    if isinstance(wanted, list):
        return named_queries(labels, classes, wanted, seed, key)
    rows = spread_queries(labels, wanted, seed)
    if not len(rows):
        raise ConfigError(f"{key}: none of the {len(labels)} test images shows a class; extract more of them")
    return rows


def spread_queries(labels: np.ndarray, count: int, seed: int) -> np.ndarray:
    """`count` rows spread over the classes: a random one of each class in the order of the classes, then a second, ...

    Classes that are used up are passed over; all rows that show a class, where there are no more than `count`. With
    several labels, (N, K), a row stands for the first class that it shows.
    """
    labels = targets.first_present(labels)
    shuffled = np.random.default_rng(seed).permutation(np.flatnonzero(labels >= 0))
    by_class = shuffled[np.argsort(labels[shuffled], kind="stable")]
    ordered = labels[by_class]
    turn = np.arange(len(ordered)) - np.searchsorted(ordered, ordered)  # how many of the class come before
    return by_class[np.lexsort((ordered, turn))][:count]


def named_queries(labels: np.ndarray, classes: list[str], names: list[str], seed: int, key: str) -> np.ndarray:
    """One random row for each of `names` that shows this class, all of them different; see `choose_queries`.

    Where an image shows several of the classes asked for, it is given to the one that has no other.
    """
    shuffled = np.random.default_rng(seed).permutation(len(labels))
    cost = np.full((len(names), len(labels)), np.inf)  # the place in the shuffled order, infinite for other classes
    for name in dict.fromkeys(names):
        if name not in classes:
            raise ConfigError(f"{key}: {name!r} is no class; the classes are: {', '.join(classes)}")
        places = np.flatnonzero(np.isin(shuffled, targets.showing(labels, classes.index(name))))
        if len(places) < names.count(name):
            raise ConfigError(
                f"{key}: {names.count(name)} query images of {name!r} are asked for, {len(places)} of the "
                f"{len(labels)} test images show it; name it less often, or extract more test images"
            )
        cost[np.ix_([i for i, other in enumerate(names) if other == name], places)] = places
    from scipy.optimize import linear_sum_assignment

    try:
        _, chosen = linear_sum_assignment(cost)
    except ValueError:  # no assignment without an infinite cost
        raise ConfigError(
            f"{key}: there are no {len(names)} different test images, one for each entry; name fewer classes, "
            "or extract more test images"
        ) from None
    return shuffled[chosen]
