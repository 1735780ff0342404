"""How the networks learned: curves, the gap to the test set, jumps at epoch boundaries, smoothness."""

from typing import Any

import numpy as np
import pandas as pd

from revisit.report import figures
from revisit.report.figures import Line
from revisit.report.numbers import formatted
from revisit.report.palette import BLUE, RUST
from revisit.report.sheet import Run, Sheet, row, section
from revisit.report.statistics import RUNNING_MEAN, running_mean, window

SPAN = 120  # steps in the close-up of two losses


def curves(sheet: Sheet) -> dict[str, Any] | None:
    """Loss and accuracy against the step, one pair of figures per experiment on common scales; end results."""
    runs = sheet.having("train")
    if not runs:
        return None
    _data(sheet, runs)
    loss_range = _range([values for run in runs for values in (run.history["loss"], run.evaluations["test_loss"])])
    accuracy_range = _range([run.evaluations[f"{split}_accuracy"] for run in runs for split in ("train", "test")])
    blocks = [_results(sheet, runs)]
    for run in runs:
        blocks.append(row(_loss(sheet, run, loss_range), _accuracy(sheet, run, accuracy_range)))
    text = (
        "Minibatch loss at every step (pale) and its running mean; loss and accuracy on the test set at intervals. "
        "Dotted lines are epoch boundaries. All experiments share one scale."
    )
    return section("curves", "Learning curves", text, blocks)


def gap(sheet: Sheet) -> dict[str, Any] | None:
    """Training against test loss: does the network overfit, and from which step on?"""
    runs = sheet.having("train")
    if not runs:
        return None
    losses = [run.evaluations[f"{split}_loss"] for run in runs for split in ("train", "test")]
    y_range = _range(losses)
    blocks = []
    for run in runs:
        columns, found = run.evaluations, run.statistics["overfitting"]
        drawing = figures.lines(
            [
                Line(columns["step"], columns["train_loss"], "training set", BLUE),
                Line(columns["step"], columns["test_loss"], "test set", RUST),
            ],
            "loss",
            y_range=y_range,
            boundaries=_boundaries(run),
            marks={1000: "1,000 steps"} if columns["step"][-1] > 1000 else _marks(run),
            legend="upper right",
        )
        ratio, lowest = run.statistics["gap"]["ratio"], found["lowest_step"]
        title, text = f"Training and test loss, {run.label}", ""
        if ratio is not None and lowest is not None:
            text = f"At the end the test loss is {ratio:.2f} times the training loss; it was lowest at step {lowest:,}."
        blocks.append(sheet.figure(f"gap-{run.name}", drawing, title, text, f"{title}. {text}", _train(run)))
    text = (
        "Both losses are measured without dropout, the training loss on a fixed part of the training set as large as "
        "the test set. A gap that grows while the test loss rises is overfitting; a gap alone is not."
    )
    return section("gap", "Training against test", text, [row(*blocks)])


def jumps(sheet: Sheet) -> dict[str, Any] | None:
    """Does the loss fall at epoch boundaries more than elsewhere?"""
    runs = [run for run in sheet.having("train") if run.settings["read_at"]]
    if not runs:
        return None
    epochs = min(run.settings["read_at"][0] for run in runs)
    first = runs[0]
    drawing = figures.jump_test({run.label: run.history["loss"] for run in runs}, first.steps_per_epoch, epochs)
    counts = []
    for run in runs:
        found = run.statistics["jumps"].get(f"epoch_{epochs}", {})
        if found.get("count") is not None:
            mean = formatted(found["mean_z"], ".1f")
            counts.append(f"{run.label}: {found['count']} of {found['boundaries']} boundaries, mean z {mean}")
    caption = (
        f"How much the mean loss falls from the {window(first.steps_per_epoch)} steps before to the same number after "
        f"each step. Dots: the epoch boundaries; a boundary is a jump when its dot lies above its bar, 3 standard "
        f"deviations beyond the mean of the two epochs around it. Jumps: {'; '.join(counts) or 'the run is too short'}."
    )
    alt = f"Fall of the loss at each step of the first {epochs} epochs. {'; '.join(counts)}"
    made_by = [stage for run in runs for stage in _train(run)]
    block = sheet.figure("jumps-test", drawing, f"Jumps in the first {epochs} epochs", caption, alt, made_by)
    text = "A jump at an epoch boundary must be larger than the falls that the noise of the minibatches makes anyway."
    return section("jumps", "Jumps at epoch boundaries", text, [block])


def _twins(runs: list[Run]) -> list[Run]:
    """A run with a static graph and one with a dynamic graph that differ in nothing else; none if there are none."""

    def protocol(run: Run) -> list[Any]:
        return [run.settings[key] for key in ("dataset", "model", "dropout", "optimizer", "batch_size", "seed")]

    for static in (run for run in runs if run.settings["graph"] == "static"):
        for dynamic in (run for run in runs if run.settings["graph"] == "dynamic"):
            if protocol(static) == protocol(dynamic):
                return [static, dynamic]
    return []


def smoothness(sheet: Sheet) -> dict[str, Any] | None:
    """The raw losses of a static and a dynamic graph, close up, beside a running mean of the first."""
    runs = _twins(sheet.having("train"))
    if not runs:
        return None
    losses = {run.label: run.history["loss"] for run in runs}
    first = runs[0].steps_per_epoch  # from the second epoch on: the first, steep fall hides everything
    last = min(first + SPAN, *(len(loss) for loss in losses.values()))
    first = max(0, last - SPAN)
    drawing = figures.smoothness(losses, first, last, RUNNING_MEAN)
    apart = runs[1].statistics["difference"][runs[0].name]
    caption = (
        f"Minibatch losses of steps {first + 1:,} to {last:,}, as they are. Their largest difference over the whole "
        f"training is {formatted(apart['largest'], '.2g')}. A running mean of either looks smooth."
    )
    made_by = [stage for run in runs for stage in _train(run)]
    alt = f"Losses of both graphs and a running mean. {caption}"
    block = sheet.figure("smoothness-closeup", drawing, "Both graphs, close up", caption, alt, made_by)
    frame = pd.DataFrame(
        [
            {"experiment": run.name, **run.statistics["roughness"], "difference": other}
            for run, other in zip(runs, (None, apart["mean"]), strict=True)
        ]
    )
    columns = {
        "experiment": ("experiment", "text"),
        "raw": ("roughness, as it is", "decimal"),
        "running_mean": (f"roughness, mean of {RUNNING_MEAN}", "decimal"),
        "difference": ("mean difference", "decimal"),
    }
    caption = "Roughness: standard deviation of the change from one step to the next."
    table = sheet.table("roughness", frame, "Roughness of the loss", columns, made_by, caption)
    text = "Same initial weights, same batches, same order: only the way in which the graph is run differs."
    return section("smoothness", "Is the dynamic graph smoother?", text, [row(block, table)])


def _loss(sheet: Sheet, run: Run, y_range: tuple[float, float]) -> dict[str, Any]:
    step, loss = run.history["step"], run.history["loss"]
    mean = running_mean(loss)
    drawing = figures.lines(
        [
            Line(step, loss, "minibatch", BLUE, noisy=True),
            Line(np.arange(len(mean)) + (RUNNING_MEAN + 1) / 2, mean, f"running mean, {RUNNING_MEAN} steps", BLUE),
            Line(run.evaluations["step"], run.evaluations["test_loss"], "test set", RUST),
        ],
        "loss",
        y_range=y_range,
        boundaries=_boundaries(run),
        marks=_marks(run),
        legend="upper right",
    )
    value = run.metrics["train"]["test_loss"]
    title, caption = f"Loss, {run.label}", f"Test loss at the end: {formatted(value, '.3f')}."
    return sheet.figure(f"loss-{run.name}", drawing, title, caption, f"{title}. {caption}", _train(run))


def _accuracy(sheet: Sheet, run: Run, y_range: tuple[float, float]) -> dict[str, Any]:
    columns = run.evaluations
    drawing = figures.lines(
        [
            Line(columns["step"], columns["train_accuracy"], "training set", BLUE),
            Line(columns["step"], columns["test_accuracy"], "test set", RUST),
        ],
        "accuracy",
        y_range=y_range,
        boundaries=_boundaries(run),
        marks=_marks(run),
        percent=True,
        legend="lower right",
    )
    read = [f"{formatted(value, '.1%')} after {name.split('_')[1]}" for name, value in _accuracies(run).items()]
    title, caption = f"Accuracy, {run.label}", f"Test set: {', '.join(read)} epochs."
    return sheet.figure(f"accuracy-{run.name}", drawing, title, caption, f"{title}. {caption}", _train(run))


def _results(sheet: Sheet, runs: list[Run]) -> dict[str, Any]:
    rows = []
    for run in runs:
        train, interval = run.metrics["train"], run.metrics.get("evaluate", {})
        rows.append(
            {
                "experiment": run.name,
                "graph": train.get("graph", ""),
                "backend": train.get("graph_backend", ""),
                "steps": train["steps"],
                **_accuracies(run),
                "low": interval.get("accuracy_low"),
                "high": interval.get("accuracy_high"),
                "train_loss": train["train_loss"],
                "test_loss": train["test_loss"],
            }
        )
    columns = {"experiment": ("experiment", "text"), "backend": ("run by", "text"), "steps": ("steps", "integer")}
    for key in dict.fromkeys(key for run in runs for key in _accuracies(run)):
        columns[key] = (f"accuracy, {key.split('_')[1]} epochs", "percent")
    if any("evaluate" in run.metrics for run in runs):
        columns |= {"low": ("95% from", "percent"), "high": ("to", "percent")}
    columns |= {"train_loss": ("training loss", "decimal"), "test_loss": ("test loss", "decimal")}
    made_by = [f"{stage}@{run.name}" for run in runs for stage in ("train", "evaluate") if stage in run.metrics]
    notes = dict.fromkeys(run.metrics["train"].get("graph_note", "").rstrip(".") for run in runs)
    told = [f"{note[0].upper()}{note[1:]}." for note in notes if note]
    caption = " ".join(["Accuracy on the test set; interval of the last by bootstrap.", *told])
    return sheet.table("results", pd.DataFrame(rows), "Results", columns, made_by, caption)


def _data(sheet: Sheet, runs: list[Run]) -> None:
    """Every curve as a tidy table."""
    for name in ("history", "evaluations"):
        parts = [pd.DataFrame({"experiment": run.name, **getattr(run, name)}) for run in runs]
        sheet.data(name, pd.concat(parts, ignore_index=True))


def _accuracies(run: Run) -> dict[str, float | None]:
    return run.metrics["train"].get("accuracy_at", {})


def _boundaries(run: Run) -> list[float]:
    """Epoch boundaries, as far as they can be told apart."""
    count = int(run.history["step"][-1]) // run.steps_per_epoch
    return [number * run.steps_per_epoch for number in range(1, count)] if count <= 20 else []


def _marks(run: Run) -> dict[float, str]:
    last = run.history["step"][-1]
    steps = {epochs: epochs * run.steps_per_epoch for epochs in run.settings["read_at"]}
    return {step: f"{epochs} epochs" for epochs, step in steps.items() if step < last}


def _range(values: list[np.ndarray]) -> tuple[float, float] | None:
    """A common scale: all values but the top two per thousand (the first few losses), with a margin."""
    joined = np.concatenate(values)
    joined = joined[np.isfinite(joined)]
    if not joined.size:
        return None
    low, high = joined.min(), np.quantile(joined, 0.998)
    margin = 0.04 * (high - low) or 0.05
    return low - margin, high + margin


def _train(run: Run) -> list[str]:
    return [f"train@{run.name}"]
