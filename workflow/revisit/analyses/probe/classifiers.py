"""How much a layer knows: how well a linear classifier does on its features (a linear probe).

`probe` is the sound classifier. Features are standardised with the mean and the standard deviation of the rows that
the probe is fitted on (a constant feature becomes 0) and get a constant 1 for the bias. One linear SVM per class
against the rest, with the squared hinge loss, see `svm`.

With one label per row, a row goes to the class with the highest score, and the measure is the accuracy. With several
labels, rows whose label for a class is 0 (excluded) are left out of the SVM and of the score of that class, and the
measure is the mean average precision (area under the precision-recall curve).

C is the one with the best measure in a cross-validation on the same rows, stratified by the (first) class that a row
shows; the smallest where several are best. Test rows decide nothing.

`published_probe` is the classifier of the report (S2, UvA's deep learning course of 2016, practical 3), scikit-learn's
`OneVsRestClassifier(SVC(kernel="linear"))`: features as they are, the hinge loss, C = 1.
"""

from dataclasses import dataclass

import numpy as np

from revisit.analyses import precision, svm, targets
from revisit.analyses.axes import principal_axes
from revisit.errors import ConfigError

PUBLISHED_C = 1.0  # scikit-learn's default
_ROWS = 4096  # in double precision at a time


@dataclass(frozen=True)
class Probe:
    """A fitted probe and how it did on rows that it has not seen."""

    score: float | None  # accuracy; with several labels mean average precision, None where no class can be ranked
    C: float
    cross_validation: dict[float, float]  # C -> mean score over the folds; empty where C is given
    train_size: int
    test_size: int
    average_precision: list[float | None] | None  # of each class; None with one label per row


def published_rows(count: int, seed: int) -> tuple[np.ndarray, np.ndarray]:
    """Rows to fit on and rows to score: an 80/20 split of a random half of `count` rows, as in the report (S2)."""
    half = np.random.default_rng(seed).permutation(count)[: count // 2]
    fitted, scored = np.split(half, [round(0.8 * len(half))])
    return fitted, scored


def probe(
    X: np.ndarray,
    labels: np.ndarray,
    test_X: np.ndarray,
    test_labels: np.ndarray,
    classes: int,
    C: list[float],
    folds: int,
    seed: int,
) -> Probe:
    """Fit on `X` (N, D) float32 with `labels`, score `test_X` (M, D) with `test_labels`.

    Args:
        X: features to fit on.
        labels: their classes, (N,) int64 in 0..classes-1; with several labels (N, classes) int8 of 1, -1 and 0.
        test_X: features to score.
        test_labels: their classes, likewise.
        classes: the number of classes.
        C: the values to choose from.
        folds: of the cross-validation; none takes place where there is one value to choose from.
        seed: of the folds.

    Raises:
        ConfigError: there are fewer rows than folds, or no rows to score.
    """
    if len(X) < folds or not len(test_X):
        raise _too_few(f"{len(X)} rows to fit on in {folds} folds", test_X)
    mean, scale = standard(X)
    rows = standardised(X, mean, scale)
    axes = principal_axes(rows)
    rows = rows @ axes
    signs = _signs(labels, classes).astype(X.dtype)
    scores = cross_validate(rows, labels, signs, sorted(C), folds, seed) if len(C) > 1 else {}
    best = max(scores, key=scores.__getitem__) if scores else C[0]  # the first of the best ones: the smallest C
    W = axes @ svm.fit(rows, signs, best)
    blocks = (standardised(test_X[i : i + _ROWS], mean, scale) @ W for i in range(0, len(test_X), _ROWS))
    return _scored(np.concatenate(list(blocks)), test_labels, best, scores, len(X))


def published_probe(
    X: np.ndarray, labels: np.ndarray, test_X: np.ndarray, test_labels: np.ndarray, classes: int
) -> Probe:
    """Fit the report's classifier on `X` (N, D) float32 with `labels`, score `test_X` (M, D) with `test_labels`.

    Arrays as in `probe`. With one label per row, a class that no row of `X` shows is never predicted, as there.

    Raises:
        ConfigError: there are no rows to fit on, or none to score.
    """
    if not len(X) or not len(test_X):
        raise _too_few(f"{len(X)} rows to fit on", test_X)
    signs = _signs(labels, classes)
    scores = svm.hinge_scores(X, signs, test_X, PUBLISHED_C)
    if labels.ndim == 1:
        scores[:, ~(signs == 1).any(axis=0)] = -np.inf
    return _scored(scores, test_labels, PUBLISHED_C, {}, len(X))


def _too_few(fitted: str, test_X: np.ndarray) -> ConfigError:
    remedy = "extract more rows (analyses.extract in params.yaml)"
    return ConfigError(f"probe: {fitted} and {len(test_X)} to score are too few; {remedy}")


def _signs(labels: np.ndarray, classes: int) -> np.ndarray:
    """+1 in the class, -1 outside it, 0 where a row does not count for it: (N, K)."""
    return labels if labels.ndim == 2 else np.where(labels[:, None] == np.arange(classes), 1, -1)


def _scored(
    scores: np.ndarray, labels: np.ndarray, C: float, cross_validation: dict[float, float], train_size: int
) -> Probe:
    areas = average_precisions(scores, labels) if labels.ndim == 2 else None
    return Probe(_score(scores, labels), C, cross_validation, train_size, len(labels), areas)


def standard(X: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """The mean of each feature of X (N, D) and one over its standard deviation, 0 for a constant one: (D,) float64."""
    mean = X.mean(axis=0, dtype=np.float64)
    variance = sum(np.square(X[i : i + _ROWS] - mean).sum(axis=0) for i in range(0, len(X), _ROWS)) / len(X)
    varies = (variance > 0) & np.ptp(X, axis=0).astype(bool)  # the mean of a constant may be rounded
    return mean, np.where(varies, 1 / np.sqrt(np.where(varies, variance, 1)), 0)


def standardised(X: np.ndarray, mean: np.ndarray, scale: np.ndarray) -> np.ndarray:
    """(X - mean)·scale and a column of ones for the bias: (N, D + 1) in the type of X."""
    rows = np.ones((len(X), X.shape[1] + 1), X.dtype)
    for i in range(0, len(X), _ROWS):
        rows[i : i + _ROWS, :-1] = (X[i : i + _ROWS] - mean) * scale
    return rows


def cross_validate(
    X: np.ndarray, labels: np.ndarray, signs: np.ndarray, C: list[float], folds: int, seed: int
) -> dict[float, float]:
    """The mean score over stratified folds for each C, in the order of C: each solution starts the next.

    A fold in which no class can be ranked counts 0 for every C.
    """
    fold = stratified_folds(targets.first_present(labels), folds, seed)
    score = np.zeros((folds, len(C)))
    for i in range(folds):
        out, W = fold == i, None
        for j, value in enumerate(C):
            W = svm.fit(X[~out], signs[~out], value, W)
            score[i, j] = _score(X[out] @ W, labels[out]) or 0
    return dict(zip(C, score.mean(axis=0).tolist(), strict=True))


def stratified_folds(labels: np.ndarray, folds: int, seed: int) -> np.ndarray:
    """The fold of each row, (N,): sizes differ by one at most, in every class as in total.

    scikit-learn's StratifiedKFold does the same; importing it takes longer than a small probe.
    """
    shuffled = np.random.default_rng(seed).permutation(len(labels))
    by_class = shuffled[np.argsort(labels[shuffled], kind="stable")]
    fold = np.empty(len(labels), np.int64)
    fold[by_class] = np.arange(len(labels)) % folds  # dealt like cards, class after class
    return fold


def average_precisions(scores: np.ndarray, labels: np.ndarray) -> list[float | None]:
    """Of every class by scores (N, K) and labels (N, K) of 1, -1 and 0; None where no row shows it, or every row."""
    return precision.by_class(labels == 1, scores, labels != 0)


def _score(scores: np.ndarray, labels: np.ndarray) -> float | None:
    if labels.ndim == 2:
        return precision.mean_of(average_precisions(scores, labels))
    return float((scores.argmax(axis=1) == labels).mean())
