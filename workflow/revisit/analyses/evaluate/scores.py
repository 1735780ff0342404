"""Metrics of a classifier's scores on the test set, overall and class by class.

Scores are logits. With one label per image they are free up to a constant per image, so images are ranked for a class
not by the logit but by the log-odds of its softmax probability, which orders them as the probability does but never
rounds to 0 or 1. With several labels per image the logit is itself the log-odds of the sigmoid's probability, and
labels of 0 are left out: such an image does not count for that class (see `targets`).
A class without an image, or with all of them, has no ranking: its average precision and AUC are None and left out of
the means. An image whose logits are not all finite (a diverged network) says nothing: its scores count as equal.
"""

from pathlib import Path
from typing import Any

import numpy as np

from revisit import reading, resampling, stages
from revisit.analyses import precision
from revisit.analyses.evaluate.roc import Curve, decimate, macro_roc, roc
from revisit.errors import ArtifactError, ConfigError
from revisit.models import registry

RANKING = (
    "average_precision",
    "average_precision_low",
    "average_precision_high",
    "average_precision_11_point",
    "auc",
)  # of each class
SHIFTED = ("average_precision_shifted", "lowest_average_precision")  # beside them with several labels per image


def load(folder: Path) -> tuple[np.ndarray, np.ndarray, list[str]]:
    """The test logits (N, K), the labels (N,) or (N, K) and the classes that training left in `folder`.

    Raises:
        ArtifactError: a file is missing or damaged.
    """
    try:
        scores, labels = (np.array(reading.array(folder / file)) for file in ("scores.npy", "labels.npy"))
        return scores, labels, [str(name) for name in reading.json_value(folder / "network.json")["classes"]]
    except (OSError, ValueError, LookupError, TypeError) as error:
        again = f"train it again with {stages.again(stages.trains(registry.experiment(folder)))}"
        raise ArtifactError(f"{folder}: missing or damaged ({error}); {again}") from error


def check(scores: np.ndarray, labels: np.ndarray, classes: list[str]) -> np.ndarray:
    """The scores (N, K) as float64, with rows that are not finite set to 0.

    Raises:
        ArtifactError: scores, labels and classes do not fit each other.
    """
    K, several = len(classes), labels.ndim == 2
    fits = scores.ndim == 2 and scores.shape[1] == K > (0 if several else 1) and len(labels)
    fits = fits and labels.shape == scores.shape[: labels.ndim] and labels.dtype.kind in "iu"
    low, high = (-1, 1) if several else (0, K - 1)
    if not fits or not low <= labels.min() <= labels.max() <= high:
        raise ArtifactError(
            f"scores {scores.shape}, labels {labels.shape} and {K} classes do not fit each other; "
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


def confusion(scores: np.ndarray, labels: np.ndarray) -> np.ndarray:
    """How many images of class i are taken for class j: (K, K) int64."""
    K = scores.shape[1]
    return np.bincount(labels * K + scores.argmax(axis=1), minlength=K * K).reshape(K, K)


def sigmoid(scores: np.ndarray) -> np.ndarray:
    """1 / (1 + exp(-score)) of finite scores, without overflow."""
    small = np.exp(-np.abs(scores))
    return np.where(scores >= 0, 1, small) / (1 + small)


def evaluate(
    scores: np.ndarray, labels: np.ndarray, classes: list[str], k: list[int], bootstrap: int, seed: int
) -> tuple[dict, list[dict], np.ndarray | None, dict[str, tuple[np.ndarray, np.ndarray]]]:
    """All metrics of test logits `scores` (N, K) with `labels`, (N,) or several per image (N, K) of 1, -1 and 0.

    Returns:
        The summary (evaluate.json), one row per class (per_class.csv), the confusion matrix, and the ROC curves by
        class, "micro" (all decisions pooled) and "macro" (mean over the classes), each of `CURVE_POINTS` at most.
        "macro_auc" is the mean of the classes' areas; hardest and easiest go by average precision; intervals hold
        95% of `bootstrap` resamples of the images. With several labels per image there is no accuracy (`k` is not
        used), no precision and recall at a decision, and no confusion matrix (None); instead there are the average
        precision as the course measured it and the lowest that is possible (see `precision`).

    Raises:
        ArtifactError: the arrays do not fit each other.
        ConfigError: a k is larger than the number of classes.
    """
    scores = check(scores, labels, classes)
    if labels.ndim == 2:
        matrix, summary = None, {}
        odds, relevant, counted = scores, labels == 1, labels != 0
    else:
        matrix, summary = confusion(scores, labels), _accuracies(scores, labels, k, bootstrap, seed)
        odds, relevant = log_odds(scores), labels[:, None] == np.arange(len(classes))
        counted = np.ones_like(relevant)
    curves = [roc(relevant[rows, i], odds[rows, i]) for i, rows in enumerate(counted.T)]
    micro = roc(relevant[counted], odds[counted])
    samples, means = precision.bootstrap(relevant, odds, counted, bootstrap, seed)
    rows = []
    for i, (name, curve) in enumerate(zip(classes, curves, strict=True)):
        shown, values = relevant[counted[:, i], i], odds[counted[:, i], i]
        row: dict[str, Any] = {"class": name, "support": int(shown.sum())}
        row |= _decisions(matrix, i) if matrix is not None else {}
        row["average_precision"] = precision.average_precision(shown, values)
        row["average_precision_low"], row["average_precision_high"] = resampling.interval(samples[:, i])
        row["average_precision_11_point"] = precision.average_precision_11_point(shown, values)
        row["auc"] = curve[2] if curve else None
        if matrix is None:
            row["average_precision_shifted"] = precision.average_precision_shifted(shown, sigmoid(values))
            row["lowest_average_precision"] = precision.lowest_average_precision(row["support"], len(shown))
        rows.append(row)
    summary |= _ranking(rows, means) | {"micro_auc": micro[2] if micro else None}
    if matrix is None:
        shifted = [row["average_precision_shifted"] for row in rows]
        summary["mean_average_precision_shifted"] = precision.mean_of(shifted)
    kept = RANKING if matrix is not None else RANKING + SHIFTED
    summary["per_class"] = {row["class"]: {key: row[key] for key in kept} for row in rows}
    return summary, rows, matrix, _drawn(dict(zip(classes, curves, strict=True)), micro)


def _accuracies(scores: np.ndarray, labels: np.ndarray, k: list[int], bootstrap: int, seed: int) -> dict:
    accuracy = top_k(scores, labels, 1)
    low, high = bootstrap_interval(accuracy, len(labels), bootstrap, seed)
    return {
        "accuracy": accuracy,
        "accuracy_low": low,
        "accuracy_high": high,
        "top_k": {f"top_{n}": top_k(scores, labels, n) for n in k},
    }


def _decisions(matrix: np.ndarray, i: int) -> dict[str, float | None]:
    """Precision and recall of class `i` by a confusion matrix."""
    right, support, predicted = int(matrix[i, i]), int(matrix[i].sum()), int(matrix[:, i].sum())
    return {"precision": right / predicted if predicted else None, "recall": right / support if support else None}


def _ranking(rows: list[dict], means: np.ndarray) -> dict:
    """What the rows of the classes say together; `means`: resampled mean average precisions (R,)."""
    ranked = sorted((r for r in rows if r["average_precision"] is not None), key=lambda r: r["average_precision"])
    low, high = resampling.interval(means)
    return {
        "mean_average_precision": precision.mean_of([row["average_precision"] for row in rows]),
        "mean_average_precision_low": low,
        "mean_average_precision_high": high,
        "mean_average_precision_11_point": precision.mean_of([row["average_precision_11_point"] for row in rows]),
        "macro_auc": precision.mean_of([row["auc"] for row in rows]),
        "hardest_class": ranked[0]["class"] if ranked else None,
        "easiest_class": ranked[-1]["class"] if ranked else None,
    }


def _drawn(curves: dict[str, Curve | None], micro: Curve | None) -> dict[str, tuple[np.ndarray, np.ndarray]]:
    """The curves that are defined, and their mean, with as few points as a figure needs."""
    defined = {name: curve for name, curve in curves.items() if curve}
    drawn = {name: decimate(*curve[:2]) for name, curve in defined.items()}
    if micro:
        drawn["micro"] = decimate(*micro[:2])
    if defined:
        drawn["macro"] = decimate(*macro_roc(list(defined.values())))
    return drawn
