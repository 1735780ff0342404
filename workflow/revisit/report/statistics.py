"""Statistics of learning curves that the ledger of claims tests.

`of_run` gives, for one run (None where the run is too short to say, diverged, or has no such curve):

    early.<curve>            mean over the first fifth of the training; curves are loss and <metric> of minibatches,
    late.<curve>             mean over its last third; and train_loss, test_loss, train_<metric>, test_<metric>, ...
    rise.<curve>             mean over the last third less that over the middle third
    at.<unit>_<n>            test metric (or test loss) after n epochs or steps, n in `read_at`
    jumps.epoch_<n>          within the first n epochs, n in `read_at`, where the protocol counts epochs; see `jumps`
      .boundaries            epoch boundaries inside: n - 1
      .count                 boundaries where the loss falls more than it does elsewhere (z >= 3)
      .mean_z                mean z over the boundaries
      .drop_at_boundaries    mean fall of the loss across a boundary
      .drop_elsewhere        median fall across the other steps of the neighbouring epochs, mean over the boundaries
    epoch_mean.jumps         likewise of the loss as the mean since the epoch began, which starts anew with each epoch
    roughness.raw            standard deviation of the step-to-step change of the minibatch loss
    roughness.running_mean   the same of its running mean over 20 steps
    roughness.epoch_mean     the same of the mean since the epoch began, within epochs
    gap.loss                 test loss - training loss at the end of training
    gap.ratio                test loss / training loss at the end
    gap.ratio_at_1000        that ratio at step 1,000, or at the first evaluation after it
    gap.ratio_after_1000     mean of that ratio over the evaluations after step 1,000
    gap.<metric>             training metric - test metric at the end (accuracy or map; absent where there is none)
    overfitting.lowest_step  step of the lowest test loss
    overfitting.last_step    last step evaluated
    overfitting.rise         test loss at the end / lowest test loss - 1
    reached.percent_50       first step evaluated whose test metric is at least 50% (None: at none)

`differences` adds `difference.<other>.mean` and `.largest`: the absolute difference of the minibatch losses of this and
another experiment that differs in nothing but its graph, step by step. The statistics of each variant's run of the same
seed are under `variants.<variant>`.
"""

import csv
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from revisit import reading

RUNNING_MEAN = 20  # steps
THRESHOLD = 3.0  # standard deviations; at most 1 false alarm in 100 boundaries with the few windows of a short run
NORMAL = 1.4826  # standard deviation of a normal distribution in units of its median absolute deviation
Columns = Mapping[str, np.ndarray]


def read_columns(path: Path) -> dict[str, np.ndarray]:
    """Columns of a numeric CSV as float64 arrays (N,); an empty cell is NaN. Raises ValueError."""
    try:
        with reading.table(path) as stream:
            header, *rows = list(csv.reader(stream)) or [[]]
        values = np.array([[float(cell or "nan") for cell in row] for row in rows]).reshape(len(rows), len(header))
        if np.isinf(values).any():
            raise ValueError("a number is infinite")
    except (OSError, ValueError, csv.Error) as error:
        raise ValueError(f"no table of numbers ({str(error)[:200]})") from None
    return dict(zip(header, values.T, strict=True))


def running_mean(values: np.ndarray, width: int = RUNNING_MEAN) -> np.ndarray:
    """Mean of each `width` consecutive values: (N,) -> (N - width + 1,); empty when N < width."""
    if len(values) < width:
        return np.empty(0)
    return np.lib.stride_tricks.sliding_window_view(values, width).mean(axis=1)


def epoch_mean(loss: np.ndarray, steps_per_epoch: int) -> np.ndarray:
    """The mean of the loss since the epoch began, at every step: (N,) -> (N,). It starts anew with every epoch."""
    parts = np.split(loss, range(steps_per_epoch, len(loss), steps_per_epoch))
    return np.concatenate([np.cumsum(part) / np.arange(1, len(part) + 1) for part in parts])


def roughness(loss: np.ndarray) -> float | None:
    """Standard deviation of the change from one step to the next: 0 for a straight line; in units of the loss."""
    return _number(np.diff(loss).std()) if len(loss) > 2 else None


def drops(loss: np.ndarray, width: int) -> np.ndarray:
    """Fall of the mean loss from the `width` steps before each step to the `width` steps from it on.

    (N,) -> (N + 1,): entry i compares loss[i - width : i] with loss[i : i + width]; NaN where a window is cut off.
    """
    result = np.full(len(loss) + 1, np.nan)
    means = running_mean(loss, width)
    if len(means) > width:
        result[width : width + len(means) - width] = means[:-width] - means[width:]
    return result


def window(steps_per_epoch: int) -> int:
    """Width of the windows of `drops`: an eighth of an epoch, and at least two steps."""
    return max(2, steps_per_epoch // 8)


def z_scores(loss: np.ndarray, steps_per_epoch: int, epochs: int) -> list[tuple[float, float, float]]:
    """(fall, median fall elsewhere, z) for each of the `epochs` - 1 boundaries between the first `epochs` epochs.

    Elsewhere: every step of the epoch before and of the epoch after the boundary whose windows touch no boundary.
    Taking both sides makes the general decline of the loss, steeper before than after, no jump. The spread elsewhere
    is the median absolute deviation, scaled to the standard deviation of normal numbers (Iglewicz & Hoaglin 1993,
    How to Detect and Handle Outliers): the steep first steps of a training would widen a standard deviation until no
    jump exceeded it. NaN where undefined.
    """
    width = window(steps_per_epoch)
    fall = drops(loss, width)
    inner = np.arange(width, steps_per_epoch - width + 1)  # offsets in an epoch whose windows stay in it
    found = []
    for boundary in range(steps_per_epoch, steps_per_epoch * epochs, steps_per_epoch):
        if boundary + steps_per_epoch > len(loss) or len(inner) < 3:
            found.append((np.nan, np.nan, np.nan))
            continue
        elsewhere = np.concatenate([fall[boundary - steps_per_epoch + inner], fall[boundary + inner]])
        median = np.median(elsewhere)
        spread = NORMAL * np.median(np.abs(elsewhere - median))
        z = (fall[boundary] - median) / spread if spread > 0 else np.nan
        found.append((fall[boundary], median, z))
    return found


def jumps(loss: np.ndarray, steps_per_epoch: int, epochs: int) -> dict[str, float | int | None]:
    """Jumps of the loss at the boundaries of the first `epochs` epochs; keys as in the head of this module."""
    scores = np.array(z_scores(loss, steps_per_epoch, epochs)).reshape(-1, 3)
    if not len(scores) or not np.isfinite(scores[:, 2]).all():
        unknown = dict.fromkeys(("count", "mean_z", "drop_at_boundaries", "drop_elsewhere"))
        return {"boundaries": max(0, epochs - 1), **unknown}
    fall, elsewhere, z = scores.T
    return {
        "boundaries": len(scores),
        "count": int((z >= THRESHOLD).sum()),
        "mean_z": _number(z.mean()),
        "drop_at_boundaries": _number(fall.mean()),
        "drop_elsewhere": _number(elsewhere.mean()),
    }


def gap(evaluations: Columns, metric: str | None = "accuracy") -> dict[str, float | None]:
    """Distance between training and test curves; keys as in the head of this module."""
    if not len(evaluations["step"]):
        return dict.fromkeys(("loss", "ratio", "ratio_at_1000", "ratio_after_1000", *([metric] if metric else [])))
    train, test, step = evaluations["train_loss"], evaluations["test_loss"], evaluations["step"]
    with np.errstate(divide="ignore", invalid="ignore"):
        ratio = test / train
    since, late = ratio[step >= 1000], ratio[step > 1000]
    gaps = {
        "loss": _number(test[-1] - train[-1]),
        "ratio": _number(ratio[-1]),
        "ratio_at_1000": _number(since[0]) if len(since) else None,
        "ratio_after_1000": _number(late.mean()) if len(late) else None,
    }
    if metric:
        gaps[metric] = _number(evaluations[f"train_{metric}"][-1] - evaluations[f"test_{metric}"][-1])
    return gaps


def overfitting(evaluations: Columns) -> dict[str, float | int | None]:
    """Where the test loss is lowest and how far it rises after; keys as in the head of this module."""
    test, step = evaluations["test_loss"], evaluations["step"]
    if not len(step):
        return dict.fromkeys(("lowest_step", "last_step", "rise"))
    if not np.isfinite(test).all():
        return {"lowest_step": None, "last_step": int(step[-1]), "rise": None}
    lowest = int(test.argmin())
    rise = _number(test[-1] / test[lowest] - 1) if test[lowest] > 0 else None
    return {"lowest_step": int(step[lowest]), "last_step": int(step[-1]), "rise": rise}


def reached(evaluations: Columns, metric: str) -> dict[str, int | None]:
    """When the test metric reaches half of what can be; keys as in the head of this module."""
    steps = evaluations["step"][100 * evaluations[f"test_{metric}"] >= 50]
    return {"percent_50": int(steps[0]) if len(steps) else None}


def of_run(
    history: Columns,
    evaluations: Columns,
    metric: str | None,
    steps_per_epoch: int,
    epochs: Sequence[int],
    read_at: Mapping[str, int],
) -> dict[str, dict[str, Any]]:
    """Statistics of one run; keys as in the head of this module.

    Args:
        history: columns of its history, `step`, `loss` and the minibatch's metric, one row per step; rows of a run of
            many steps may be means of several, and then its curves have no jumps and no roughness.
        evaluations: columns of its evaluations.
        metric: the key of its test metric.
        steps_per_epoch: whole steps.
        epochs: the numbers of epochs within which jumps are looked for.
        read_at: name -> step of the moments at which the test metric is read.
    """
    loss, whole = history["loss"], not len(history["step"]) or int(history["step"][0]) == 1
    value = evaluations[f"test_{metric}" if metric else "test_loss"]
    mean = epoch_mean(loss, steps_per_epoch) if whole else loss
    statistics: dict[str, dict[str, Any]] = {
        "jumps": {f"epoch_{count}": jumps(loss if whole else loss[:0], steps_per_epoch, count) for count in epochs},
        "epoch_mean": {
            "jumps": {f"epoch_{count}": jumps(mean if whole else mean[:0], steps_per_epoch, count) for count in epochs}
        },
        "roughness": {
            "raw": roughness(loss) if whole else None,
            "running_mean": roughness(running_mean(loss)) if whole else None,
            "epoch_mean": _roughness_within(mean, steps_per_epoch) if whole else None,
        },
        "gap": gap(evaluations, metric),
        "overfitting": overfitting(evaluations),
        "reached": reached(evaluations, metric) if metric else {},
        "at": {
            name: _number(at[0]) if len(at := value[evaluations["step"] == step]) else None
            for name, step in read_at.items()
        },
    }
    return statistics | shares(history, evaluations)


def shares(history: Columns, evaluations: Columns) -> dict[str, dict[str, float | None]]:
    """`early`, `late` and `rise` of every curve of a run; keys as in the head of this module."""
    last = history["step"][-1] if len(history["step"]) else 0
    means: dict[str, dict[str, float | None]] = {"early": {}, "late": {}, "rise": {}}
    for table in (history, evaluations):
        share = table["step"] / last if last else table["step"]
        for name, values in table.items():
            if name in ("step", "epoch", "learning_rate"):
                continue
            early, middle, late = (
                _mean(values[(share > low) & (share <= high)]) for low, high in ((0, 1 / 5), (1 / 3, 2 / 3), (2 / 3, 1))
            )
            means["early"][name], means["late"][name] = early, late
            means["rise"][name] = late - middle if late is not None and middle is not None else None
    return means


def _roughness_within(mean: np.ndarray, steps_per_epoch: int) -> float | None:
    """Roughness of a curve that starts anew with every epoch: the steps from one epoch to the next do not count."""
    change = np.diff(mean)
    inside = np.arange(1, len(mean)) % steps_per_epoch != 0
    return _number(change[inside].std()) if inside.sum() > 1 else None


def _mean(values: np.ndarray) -> float | None:
    return _number(values.mean()) if len(values) else None


def differences(loss: np.ndarray, others: Mapping[str, np.ndarray]) -> dict[str, dict[str, float | None]]:
    """Absolute difference of a loss (N,) from that of each other experiment (M,), over the steps that both made."""
    found = {}
    for other, theirs in others.items():
        steps = min(len(loss), len(theirs))
        apart = np.abs(loss[:steps] - theirs[:steps])
        found[other] = {
            "mean": _number(apart.mean()) if steps else None,
            "largest": _number(apart.max()) if steps else None,
        }
    return found


def _number(value: float) -> float | None:
    """A Python float for JSON; None for infinities and NaN (a diverged run)."""
    return float(value) if np.isfinite(value) else None
