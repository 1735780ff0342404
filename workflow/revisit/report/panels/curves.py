"""How the networks learned: loss and metric against the step, and the gap to the test set."""

from collections.abc import Callable
from typing import Any

import numpy as np
import pandas as pd

from revisit.metrics import METRICS
from revisit.report import figures
from revisit.report.figures import Line
from revisit.report.numbers import formatted
from revisit.report.palette import BLUE, RUST
from revisit.report.panel import panel
from revisit.report.runs import Run
from revisit.report.statistics import RUNNING_MEAN, running_mean
from revisit.report.study_writer import Section, StudyWriter, row, section

LARGE = 2  # experiments that get large figures; more get small multiples
MOST_BOUNDARIES = 20  # epoch boundaries that can be told apart; longer trainings have epochs on their axis
HIGHEST = 0.998  # quantile of the losses at which their axis ends: the first few are far above the others
SHORT = 1000  # steps: what longer trainings do at first, their minibatches show less well than their tables
Range = tuple[float, float] | None


@panel("curves", order=30)
def curves(writer: StudyWriter) -> Section | None:
    """Loss and metric of every training that is no sweep, on common scales where they can be compared."""
    trained = writer.having("train")
    for name in ("history", "evaluations") if trained else ():
        parts = [pd.DataFrame({"experiment": run.name, **getattr(run, name)}) for run in trained]
        writer.data(name, pd.concat(parts, ignore_index=True))
    runs = [run for run in trained if not run.is_sweep]
    if not runs:
        return None
    small = len(runs) > LARGE
    metrics = _common(
        [run for run in runs if run.metric],
        lambda run: run.metric,
        lambda run: [*(run.evaluations[f"{split}_{run.metric}"] for split in ("train", "test")), *_rise(run)],
    )
    losses = _common(
        runs, lambda run: run.loss, lambda run: [run.history["loss"], run.evaluations["test_loss"]], highest=HIGHEST
    )
    pairs = []
    for run in runs:
        pairs.append([_loss(writer, run, losses[run.name], small)])
        if run.metric:
            pairs[-1].append(_metric(writer, run, run.metric, metrics[run.name], small))
    if small or not any(run.metric for run in runs):
        blocks = [row(*(figure for pair in pairs for figure in pair), small=small)]
    else:
        blocks = [row(*pair) for pair in pairs]
    lengths = "Dotted lines are epoch boundaries; " if any(len(_boundaries(run)) for run in runs) else ""
    measured = " and ".join(["loss", *dict.fromkeys(METRICS[run.metric].label for run in runs if run.metric)])
    text = (
        f"Minibatches at every step (pale), the running mean of their loss, and {measured} on the test set at "
        f"intervals. {lengths}experiments with the same loss share one scale."
    )
    return section("Learning curves", text if lengths else text.replace("experiments", "Experiments"), blocks)


@panel("gap", order=40)
def gap(writer: StudyWriter) -> Section | None:
    """Training against test loss of classifiers: does the network overfit, and from which step on?"""
    runs = [run for run in writer.having("train") if run.metric == "accuracy"]
    if not runs:
        return None
    small = len(runs) > LARGE
    ranges = _common(
        runs, lambda run: run.loss, lambda run: [run.evaluations[f"{split}_loss"] for split in ("train", "test")]
    )
    blocks = []
    for run in runs:
        columns, found = run.evaluations, run.statistics["overfitting"]
        (unit, scale), last = _axis(run), columns["step"][-1] if len(columns["step"]) else 0
        drawing = figures.lines(
            [
                Line(columns["step"] * scale, columns["train_loss"], "training set", BLUE),
                Line(columns["step"] * scale, columns["test_loss"], "test set", RUST),
            ],
            "loss",
            unit,
            y_range=ranges[run.name],
            boundaries=_boundaries(run),
            marks={1000 * scale: "1,000 steps"} if last > 1000 else _marks(run),
            legend="upper right",
            size=figures.SMALL if small else figures.SIZE,
        )
        ratio, lowest = run.statistics["gap"]["ratio"], found["lowest_step"]
        title, text = f"Training and test loss, {_label(run)}", ""
        if ratio is not None and lowest is not None:
            text = f"At the end the test loss is {ratio:.2f} times the training loss; it was lowest at step {lowest:,}."
        blocks.append(writer.figure(f"gap-{run.name}", drawing, title, text, f"{title}. {text}", run.made_by))
    text = (
        "Both losses are measured without dropout, the training loss on a fixed part of the training set as large as "
        "the test set. A gap that grows while the test loss rises is overfitting; a gap alone is not."
    )
    return section("Training against test", text, [row(*blocks, small=small)])


def _loss(writer: StudyWriter, run: Run, y_range: Range, small: bool) -> dict[str, Any]:
    step, loss = run.history["step"], run.history["loss"]
    mean, (unit, scale) = running_mean(loss), _axis(run)
    middle = np.arange(len(mean)) + (RUNNING_MEAN + 1) / 2
    mean_label = f"mean of {RUNNING_MEAN}" if small else f"running mean, {RUNNING_MEAN} steps"
    drawing = figures.lines(
        [
            Line(step * scale, loss, "minibatch", BLUE, noisy=True),
            Line(middle * scale, mean, mean_label, BLUE),
            Line(run.evaluations["step"] * scale, run.evaluations["test_loss"], "test set", RUST),
        ],
        "loss",
        unit,
        y_range=y_range,
        boundaries=_boundaries(run),
        marks=_marks(run),
        legend="upper right",
        size=figures.SMALL if small else figures.SIZE,
        until=run.length * scale,
    )
    value = run.train["test_loss"]
    title, caption = f"Loss, {run.label}", f"Test loss at the end: {formatted(value, '.3f')}."
    if run.diverged:
        caption = f"Diverged after step {_last_finite(run):,}."
    return writer.figure(f"loss-{run.name}", drawing, title, caption, f"{title}. {caption}", run.made_by)


def _metric(writer: StudyWriter, run: Run, metric: str, y_range: Range, small: bool) -> dict[str, Any]:
    columns, label = run.evaluations, METRICS[metric].label
    unit, scale = _axis(run)
    minibatch = [run.history[metric]] if metric in run.history else []
    drawing = figures.lines(
        [
            *(Line(run.history["step"] * scale, values, "minibatch", BLUE, noisy=True) for values in minibatch),
            Line(columns["step"] * scale, columns[f"train_{metric}"], "training set", BLUE),
            Line(columns["step"] * scale, columns[f"test_{metric}"], "test set", RUST),
        ],
        label,
        unit,
        y_range=y_range,
        boundaries=_boundaries(run),
        marks=_marks(run),
        percent=True,
        legend="lower right",
        size=figures.SMALL if small else figures.SIZE,
        until=run.length * scale,
    )
    read = [f"{formatted(value, '.1%')} after {int(name.split('_')[1]):,}" for name, value in run.read_out().items()]
    end = f"{formatted(run.train[f'test_{metric}'], '.1%')} at the end"
    told = f"{', '.join(read)} {'epochs' if run.epochs else 'steps'}" if read else end
    title, caption = f"{label[0].upper()}{label[1:]}, {run.label}", f"Test set: {told}."
    return writer.figure(f"{metric}-{run.name}", drawing, title, caption, f"{title}. {caption}", run.made_by)


def _rise(run: Run) -> list[np.ndarray]:
    """The running mean of the minibatches' metric in a short training, whose axis shows all of its rise."""
    if run.metric not in run.history or run.length > SHORT:
        return []
    return [running_mean(run.history[run.metric])]


def _label(run: Run) -> str:
    return f"{run.label}, {run.keep.replace('_', ' ')}" if run.is_sweep else run.label


def _axis(run: Run) -> tuple[str, float]:
    """What the horizontal axis counts, and how many of it a step is."""
    return ("epoch", 1 / run.steps_per_epoch) if run.epochs and run.epochs > MOST_BOUNDARIES else ("step", 1)


def _boundaries(run: Run) -> list[float]:
    """Steps of the epoch boundaries, where the protocol counts epochs and they can be told apart."""
    if not run.epochs or run.epochs > MOST_BOUNDARIES:
        return []
    return [number * run.steps_per_epoch for number in range(1, run.epochs)]


def _marks(run: Run) -> dict[float, str]:
    """Where a run diverged, else the moments of `read_at` before the end, named, in the unit of the axis."""
    _, scale = _axis(run)
    if run.diverged:
        return {_last_finite(run) * scale: "diverged"}
    steps = {count: count * (run.steps_per_epoch if run.epochs else 1) for count in run.settings["read_at"]}
    plural = "epochs" if run.epochs else "steps"
    marks = {step * scale: f"{count:,} {plural}" for count, step in steps.items() if step < run.length}
    return marks if len(marks) <= 2 else {}


def _last_finite(run: Run) -> int:
    finite = np.isfinite(run.history["loss"])
    return int(run.history["step"][finite][-1]) if finite.any() else 0


def _common(
    runs: list[Run], kind: Callable[[Run], Any], values: Callable[[Run], list[np.ndarray]], highest: float = 1.0
) -> dict[str, Range]:
    """A scale per run, common to the runs of a kind; those that diverged have no say where another did not."""
    scales = {}
    for run in runs:
        alike = [other for other in runs if kind(other) == kind(run)]
        fine = [other for other in alike if not other.diverged] or alike
        scales[run.name] = figures.span([array for other in fine for array in values(other)], highest)
    return scales
