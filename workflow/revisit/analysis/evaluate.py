"""Metrics of a classifier's scores on the test set, overall and class by class.

Scores are logits. They are free up to a constant per image, so images are ranked for a class not by the logit but by
the log-odds of its softmax probability, which orders them as the probability does but never rounds to 0 or 1.
A class without an image, or with all of them, has no ranking: its average precision and AUC are None and left out of
the means. An image whose logits are not all finite (a diverged network) says nothing: its scores count as equal.
"""

import json
from pathlib import Path

import numpy as np

from revisit.errors import ArtifactError, ConfigError

CURVE_POINTS = 200


def load(folder: Path) -> tuple[np.ndarray, np.ndarray, list[str]]:
    """The test logits (N, K), the labels (N,) and the classes that training left in `results/models/<experiment>`.

    Raises:
        ArtifactError: a file is missing or damaged.
    """
    try:
        scores, labels = (np.load(folder / file, allow_pickle=False) for file in ("scores.npy", "labels.npy"))
        return scores, labels, [str(name) for name in json.loads((folder / "network.json").read_bytes())["classes"]]
    except (OSError, ValueError, EOFError, KeyError, TypeError) as error:
        raise ArtifactError(
            f"{folder}: missing or damaged ({error}); train it again (dvc repro -f train@{folder.name})"
        ) from error


def check(scores: np.ndarray, labels: np.ndarray, classes: list[str]) -> np.ndarray:
    """The scores (N, K) as float64, with rows that are not finite set to 0.

    Raises:
        ArtifactError: scores, labels and classes do not fit each other.
    """
    fits = scores.ndim == 2 and labels.shape == scores.shape[:1] and scores.shape[1] == len(classes) > 1 and len(labels)
    if not fits or labels.dtype.kind not in "iu" or not 0 <= labels.min() <= labels.max() < len(classes):
        raise ArtifactError(
            f"scores {scores.shape}, labels {labels.shape} and {len(classes)} classes do not fit each other; "
            "train the experiment again"
        )
    return np.where(np.isfinite(scores).all(axis=1, keepdims=True), scores, 0).astype(np.float64)


def log_odds(scores: np.ndarray) -> np.ndarray:
    """log p/(1-p) of the softmax probabilities: score minus the logarithm of the sum of the others' exponentials."""
    odds = np.empty_like(scores)
    for k in range(scores.shape[1]):
        others = np.delete(scores, k, axis=1)
        top = others.max(axis=1)
        odds[:, k] = scores[:, k] - top - np.log(np.exp(others - top[:, None]).sum(axis=1))
    return odds


def top_k(scores: np.ndarray, labels: np.ndarray, k: int) -> float:
    """The share of images whose class is among the `k` highest scores; of equal scores the first counts as higher.

    Raises:
        ConfigError: there are fewer than `k` classes.
    """
    if k > scores.shape[1]:
        raise ConfigError(f"top_k: {k} is more than the {scores.shape[1]} classes; take it out of analyses.evaluate")
    own = scores[np.arange(len(labels)), labels][:, None]
    earlier = np.arange(scores.shape[1]) < labels[:, None]
    return float((((scores > own) | ((scores == own) & earlier)).sum(axis=1) < k).mean())


def bootstrap_interval(accuracy: float, count: int, resamples: int, seed: int) -> tuple[float, float]:
    """The 95% percentile interval of an accuracy over `count` images (Efron & Tibshirani 1993, chapter 13).

    Drawing `count` images with replacement and counting the right ones is a binomial draw; it is made as such.
    """
    means = np.random.default_rng(seed).binomial(count, accuracy, resamples) / count
    low, high = np.percentile(means, [2.5, 97.5])
    return float(low), float(high)


def average_precision_11_point(relevant: np.ndarray, scores: np.ndarray) -> float | None:
    """VOC 2007's average precision: the mean over recalls 0, 0.1, ..., 1 of the best precision at that recall or more.

    Everingham et al. 2010, IJCV 88:303-338, section 4.2. Equal scores share one threshold. `relevant` (N,) bool.
    None where nothing or everything is relevant.
    """
    if not relevant.any() or relevant.all():
        return None
    order = np.argsort(-scores, kind="stable")
    last = np.append(np.flatnonzero(np.diff(scores[order])), len(order) - 1)  # of each run of equal scores
    hits = np.cumsum(relevant[order])[last]
    best = np.maximum.accumulate((hits / (last + 1))[::-1])[::-1]  # precision here or further down
    reached = np.searchsorted(10 * hits, np.arange(11) * relevant.sum())  # whole numbers: 0.3 is 3/10 here
    return float(best[reached].mean())


def average_precision(relevant: np.ndarray, scores: np.ndarray) -> float | None:
    """The area under the precision-recall curve as steps (scikit-learn's `average_precision_score`); None likewise."""
    from sklearn.metrics import average_precision_score

    return float(average_precision_score(relevant, scores)) if relevant.any() and not relevant.all() else None


def roc(relevant: np.ndarray, scores: np.ndarray) -> tuple[np.ndarray, np.ndarray, float] | None:
    """False and true positive rates from (0, 0) to (1, 1) and the area below; None where they are not defined."""
    from sklearn.metrics import auc, roc_curve

    if not relevant.any() or relevant.all():
        return None
    false_positive, true_positive, _ = roc_curve(relevant, scores)
    return false_positive, true_positive, float(auc(false_positive, true_positive))


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


def macro_roc(curves: list[tuple[np.ndarray, np.ndarray, float]]) -> tuple[np.ndarray, np.ndarray]:
    """The mean true positive rate of several curves at every false positive rate of one of them."""
    x = np.unique(np.concatenate([curve[0] for curve in curves]))
    y = np.mean([np.interp(x, curve[0], curve[1]) for curve in curves], axis=0)
    return np.append(0.0, x), np.append(0.0, y)


def confusion(scores: np.ndarray, labels: np.ndarray) -> np.ndarray:
    """How many images of class i are taken for class j: (K, K) int64."""
    K = scores.shape[1]
    return np.bincount(labels * K + scores.argmax(axis=1), minlength=K * K).reshape(K, K)


def evaluate(
    scores: np.ndarray, labels: np.ndarray, classes: list[str], k: list[int], bootstrap: int, seed: int
) -> tuple[dict, list[dict], np.ndarray, dict[str, tuple[np.ndarray, np.ndarray]]]:
    """All metrics of test logits `scores` (N, K) with `labels` (N,).

    Returns:
        The summary (evaluate.json), one row per class (per_class.csv), the confusion matrix, and the ROC curves by
        class, "micro" (all decisions pooled) and "macro" (mean over the classes), each of `CURVE_POINTS` at most.
        "macro_auc" is the mean of the classes' areas; hardest and easiest go by average precision.

    Raises:
        ArtifactError: the arrays do not fit each other.
        ConfigError: a k is larger than the number of classes.
    """
    scores = check(scores, labels, classes)
    matrix, odds = confusion(scores, labels), log_odds(scores)
    relevant = labels[:, None] == np.arange(len(classes))
    curves = {name: roc(relevant[:, i], odds[:, i]) for i, name in enumerate(classes)}
    rows = []
    for i, name in enumerate(classes):
        support, predicted, right = int(matrix[i].sum()), int(matrix[:, i].sum()), int(matrix[i, i])
        rows.append(
            {
                "class": name,
                "support": support,
                "precision": right / predicted if predicted else None,
                "recall": right / support if support else None,
                "average_precision": average_precision(relevant[:, i], odds[:, i]),
                "average_precision_11_point": average_precision_11_point(relevant[:, i], odds[:, i]),
                "auc": curves[name][2] if curves[name] else None,
            }
        )
    defined = {name: curve for name, curve in curves.items() if curve}
    micro = roc(relevant.ravel(), odds.ravel())
    drawn = {name: decimate(*curve[:2]) for name, curve in defined.items()} | {"micro": decimate(*micro[:2])}
    if defined:
        drawn["macro"] = decimate(*macro_roc(list(defined.values())))
    accuracy = top_k(scores, labels, 1)
    low, high = bootstrap_interval(accuracy, len(labels), bootstrap, seed)
    ranked = sorted((r for r in rows if r["average_precision"] is not None), key=lambda r: r["average_precision"])
    summary = {
        "accuracy": accuracy,
        "accuracy_low": low,
        "accuracy_high": high,
        "top_k": {f"top_{n}": top_k(scores, labels, n) for n in k},
        "mean_average_precision": _mean(rows, "average_precision"),
        "mean_average_precision_11_point": _mean(rows, "average_precision_11_point"),
        "macro_auc": _mean(rows, "auc"),
        "micro_auc": micro[2],
        "hardest_class": ranked[0]["class"] if ranked else None,
        "easiest_class": ranked[-1]["class"] if ranked else None,
    }
    return summary, rows, matrix, drawn


def _mean(rows: list[dict], key: str) -> float | None:
    values = [row[key] for row in rows if row[key] is not None]
    return float(np.mean(values)) if values else None
