"""Maps of a feature space in the plane: t-SNE (van der Maaten & Hinton 2008, JMLR 9:2579-2605) by openTSNE.

Principal components first, exactly; then t-SNE with exact nearest neighbours, started from the first two components
(Kobak & Berens 2019, Nature Communications 10:5416). Iterations count as in scikit-learn, which the reports used: the
first 250 are those of early exaggeration (factor 12), so "300" is 250 + 50. The forces between all points are
interpolated on a grid (Linderman et al. 2019, Nature Methods 16:243-245) while a map of many points is small, and come
from a tree (van der Maaten 2014, JMLR 15:3221-3245) otherwise. One thread and one seed: always the same bytes.
"""

import logging
import warnings
from dataclasses import dataclass
from typing import Any

import numpy as np

from revisit.analyses.axes import principal_axes
from revisit.analyses.nearest import nearest
from revisit.errors import ArtifactError, ConfigError

EXAGGERATED = 250  # iterations of early exaggeration
EXAGGERATION = 12
# A grid takes time by the extent of the map, a tree by the number of points. Measured with 10,000, CPU seconds of 100
# iterations: 1.1 and 5.1 at the start, 3.9 and 5.3 before iteration 400, 5.1 and 5.2 after it, 13 and 5.4 at 700.
MANY = 4000
GRID, TREE = {"negative_gradient_method": "fft", "min_num_intervals": 20}, {"negative_gradient_method": "bh"}
GRID_UNTIL = 400  # iterations
KEPT = 10  # neighbours that the map should keep


@dataclass(frozen=True)
class Map:
    """The state of one t-SNE run after some iterations."""

    points: np.ndarray  # (N, 2) float64
    kl_divergence: float  # nats


def choose_rows(count: int, points: int, seed: int) -> np.ndarray:
    """`points` random rows out of `count`, ascending; all of them where there are no more."""
    return np.sort(np.random.default_rng(seed).permutation(count)[:points])


def principal_components(X: np.ndarray, components: int) -> np.ndarray:
    """Rows X (N, D) in the space of their first principal components: (N, min(components, N, D)) float64.

    Each axis points to where its largest value is positive.
    """
    centred = X - X.mean(axis=0, dtype=np.float64)
    scores = centred @ principal_axes(centred)[:, :components]
    return scores * np.where(scores[np.abs(scores).argmax(axis=0), np.arange(scores.shape[1])] < 0, -1, 1)


def tsne(X: np.ndarray, perplexity: float, iterations: list[int], seed: int, what: str = "features") -> dict[int, Map]:
    """The map of X (N, D) after each number of iterations: states of one run. `what` X is, for messages.

    A state is the one at which a run of that many iterations would end, since openTSNE's momentum and gains carry over
    (the same bits for counts of 250 and more).

    Raises:
        ConfigError: the perplexity is too large for the number of points.
        ArtifactError: all points are the same.
    """
    N = len(X)
    if 3 * perplexity > N - 1:  # t-SNE looks at 3 x perplexity neighbours
        raise ConfigError(
            f"perplexity: {perplexity:g} is too large for {N} points, at most {(N - 1) / 3:.4g} is possible; "
            f"lower it, or embed at least {int(np.ceil(3 * perplexity)) + 1} points"
        )
    plane = X[:, :2] if X.shape[1] > 1 else np.column_stack([X, np.zeros(N)])
    if not plane[:, 0].std() > 0:
        raise ArtifactError(
            f"the {what} of all {N} points are the same, there is nothing to map: the network has died; "
            "train it with a lower learning rate, or take the experiment out of analyses.embed in params.yaml"
        )
    from openTSNE import TSNEEmbedding, affinity, initialization

    logger = logging.getLogger("openTSNE")
    level = logger.level
    logger.setLevel(logging.ERROR)
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            start = initialization.jitter(
                initialization.rescale(plane), random_state=seed
            )  # no two points in one place
            affinities = affinity.PerplexityBasedNN(X, perplexity, method="exact", n_jobs=1, random_state=seed)
            state = TSNEEmbedding(start, affinities, n_jobs=1, random_state=seed)
            maps, done = {}, 0
            for count in sorted(set(iterations) | {EXAGGERATED, GRID_UNTIL}):
                if count > max(iterations):
                    break
                phase: dict[str, Any] = GRID if N >= MANY and count <= GRID_UNTIL else TREE
                if count <= EXAGGERATED:
                    phase = phase | {"exaggeration": EXAGGERATION}
                state = state.optimize(count - done, inplace=False, **phase)
                done = count
                if count in iterations:
                    maps[count] = Map(np.array(state), float(state.kl_divergence))
    finally:
        logger.setLevel(level)
    return maps


def same_class(points: np.ndarray, labels: np.ndarray, k: int = KEPT) -> float:
    """How far a map keeps the classes apart: the share of the `k` nearest points of a point that share a class with it.

    Args:
        points: in the plane, (N, 2).
        labels: (N,) int64, or (N, K) int8 with several labels per image, of which 1 is present.
        k: neighbours of a point; all others where there are no more.

    Returns:
        The mean over the points that have a class, 0 without any.
    """
    shown = labels == 1 if labels.ndim == 2 else labels[:, None] == np.unique(labels)
    near = nearest(points, min(k, len(points) - 1))[0]
    alike = (shown[near] & shown[:, None]).any(axis=2).mean(axis=1)
    having = shown.any(axis=1)
    return float(alike[having].mean()) if having.any() else 0.0


def neighbourhood_preservation(X: np.ndarray, points: np.ndarray, k: int = KEPT) -> float:
    """The share of the `k` nearest neighbours in X (N, D) that are among the `k` nearest in the plane, `points` (N, 2).

    As in Kobak & Berens 2019 ("KNN"). Where there are no more than `k` rows, all other rows are the neighbours.
    """
    k = min(k, len(X) - 1)
    before, after = nearest(X, k)[0], nearest(points, k)[0]
    return float((before[:, :, None] == after[:, None, :]).any(axis=2).mean())
