"""What the minibatch losses of static and dynamic graphs look like: jumps at epoch boundaries, smoothness."""

from collections.abc import Callable
from typing import Any

import numpy as np
import pandas as pd

from revisit.report import figures
from revisit.report.numbers import formatted
from revisit.report.panel import panel
from revisit.report.runs import Run
from revisit.report.statistics import RUNNING_MEAN, epoch_mean, window
from revisit.report.study_writer import Section, StudyWriter, row, section

SPAN = 120  # steps in the close-up of two losses
MOST_EPOCHS = 20  # the question is about the first few
MOST_LINES = 4  # in one figure


@panel("jumps", order=50)
def jumps(writer: StudyWriter) -> Section | None:
    """Does the loss fall at epoch boundaries more than elsewhere?"""
    runs = _comparable([run for run in writer.having("train") if _short_epochs(run)])
    if not runs:
        return None
    epochs, first = min(run.settings["read_at"][0] for run in runs), runs[0]
    width = window(first.steps_per_epoch)
    blocks = [_jump_test(writer, runs, epochs, *way) for way in LOGGED]
    text = (
        f"How much the mean loss falls from the {width} steps before to the same number after each step. Dots: the "
        "epoch boundaries; a boundary is a jump when its dot lies above its bar, 3 standard deviations (1.4826 times "
        "the median absolute one) above the median of the two epochs around it. Both curves are of the same runs: the "
        f"loss of each minibatch, and the mean since the epoch began, which is what some programs log.{_which(runs)}"
    )
    return section("Jumps at epoch boundaries", text, [row(*blocks)])


def _minibatch(run: Run) -> np.ndarray:
    return run.history["loss"]


def _epoch_mean(run: Run) -> np.ndarray:
    return epoch_mean(run.history["loss"], run.steps_per_epoch)


LOGGED = (  # the ways of logging: name of the figure, what it shows, the curve, where its statistics are
    ("jumps-test", "minibatches", _minibatch, lambda statistics: statistics),
    ("jumps-epoch-mean", "mean since the epoch began", _epoch_mean, lambda statistics: statistics["epoch_mean"]),
)


def _jump_test(
    writer: StudyWriter,
    runs: list[Run],
    epochs: int,
    name: str,
    what: str,
    curve: Callable[[Run], np.ndarray],
    statistics: Callable[[dict[str, Any]], dict[str, Any]],
) -> dict[str, Any]:
    """The test for jumps of one way of logging."""
    drawing = figures.jump_test({run.label: curve(run) for run in runs}, runs[0].steps_per_epoch, epochs)
    counts = []
    for run in runs:
        found = statistics(run.statistics)["jumps"].get(f"epoch_{epochs}", {})
        if found.get("count") is not None:
            mean = formatted(found["mean_z"], ".1f")
            counts.append(f"{run.label}: {found['count']} of {found['boundaries']} boundaries, mean z {mean}")
    caption = f"Jumps: {'; '.join(counts) or 'the run is too short'}."
    title = f"Jumps in the first {epochs} epochs, {what}"
    alt = f"Fall of the loss at each step. {title}. {caption}"
    made_by = [stage for run in runs for stage in run.made_by]
    return writer.figure(name, drawing, title, caption, alt, made_by)


def _which(runs: list[Run]) -> str:
    """Which run the curves are of, where there are several."""
    return " Of several seeds, the first is shown." if any(run.replicates > 1 for run in runs) else ""


def _short_epochs(run: Run) -> bool:
    """Whether there are a few epoch boundaries to look at, in the training of one classifier."""
    read_at = run.settings["read_at"]
    single = not run.is_sweep and run.metric == "accuracy"
    return bool(single and run.epochs and read_at and 2 <= read_at[0] <= MOST_EPOCHS)


def _comparable(runs: list[Run]) -> list[Run]:
    """The first run with those whose epochs and data are the same: their falls fit on one scale."""

    def scale(run: Run) -> tuple[Any, ...]:
        return run.settings["dataset"], run.steps_per_epoch, run.settings["batch_size"], run.settings["read_at"]

    return [run for run in runs if scale(run) == scale(runs[0])][:MOST_LINES]


def _twins(runs: list[Run]) -> list[Run]:
    """A run with a static graph and one with a dynamic graph that differ in nothing else; none if there are none."""
    for static in (run for run in runs if run.settings["graph"] == "static"):
        for dynamic in runs:
            if static.twin_of(dynamic):
                return [static, dynamic]
    return []


@panel("smoothness", order=60)
def smoothness(writer: StudyWriter) -> Section | None:
    """The raw losses of a static and a dynamic graph, close up, beside the means that make either look smooth."""
    runs = _twins(writer.having("train"))
    if not runs:
        return None
    losses = {run.label: run.history["loss"] for run in runs}
    per_epoch = runs[0].steps_per_epoch
    first = per_epoch - SPAN // 4  # about the first boundary: before it the first, steep fall hides everything
    last = min(first + SPAN, *(len(loss) for loss in losses.values()))
    first = max(0, last - SPAN)
    drawing = figures.smoothness(losses, first, last, RUNNING_MEAN, per_epoch)
    apart = runs[1].statistics["difference"][runs[0].name]
    caption = (
        f"Minibatch losses of steps {first + 1:,} to {last:,}, as they are. Their largest difference over the whole "
        f"training is {formatted(apart['largest'], '.2g')}. A running mean of either looks smooth, and so does the "
        "mean since the epoch began, which starts anew at each dotted line."
    )
    made_by = [stage for run in runs for stage in run.made_by]
    alt = f"Losses of both graphs, a running mean, and the mean since the epoch began. {caption}"
    block = writer.figure("smoothness-closeup", drawing, "Both graphs, close up", caption, alt, made_by)
    frame = pd.DataFrame(
        [
            {"experiment": run.name, **run.statistics["roughness"], "difference": other}
            for run, other in zip(runs, (None, apart["mean"]), strict=True)
        ]
    )
    columns = {
        "experiment": ("experiment", "text"),
        "raw": ("roughness, as it is", "decimal"),
        "running_mean": (f"mean of {RUNNING_MEAN}", "decimal"),
        "epoch_mean": ("mean since the epoch began", "decimal"),
        "difference": ("mean difference", "decimal"),
    }
    caption = (
        "Roughness: standard deviation of the change from one step to the next; of the mean since the epoch began, "
        "within epochs."
    )
    table = writer.table("roughness", frame, "Roughness of the loss", columns, made_by, caption)
    text = (
        f"Same initial weights, same batches, same order: only the way in which the graph is run differs.{_which(runs)}"
    )
    return section("Is the dynamic graph smoother?", text, [row(block, table)])
