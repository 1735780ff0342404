"""What came out: one row per training, and for each sweep its variants in one figure and one table."""

from typing import Any

import pandas as pd

from revisit.metrics import METRICS
from revisit.report import figures
from revisit.report.figures import Line
from revisit.report.numbers import formatted
from revisit.report.palette import BLUE, RUST
from revisit.report.panel import panel
from revisit.report.panels.minibatches import minibatches
from revisit.report.runs import Run
from revisit.report.study_writer import Section, StudyWriter, row, section

BOOTSTRAP = {  # metric -> its key in the findings of the analyses that resample it
    "accuracy": "accuracy",
    "map": "mean_average_precision",
    "mean_iou": "mean_iou",
}
RESAMPLING = ("evaluate", "detect", "segment")


@panel("results", order=10)
def results(writer: StudyWriter) -> Section | None:
    """One row per training: its test metric, or its losses where it has none."""
    runs = writer.having("train")
    if not runs:
        return None
    frame = pd.DataFrame([_row(run) for run in runs])
    columns = {"experiment": ("experiment", "text")}
    if any(run.is_sweep for run in runs):
        columns["variant"] = ("variant", "text")
    if frame["weights"].notna().any():
        columns["weights"] = ("starts from", "text")
    if len({run.settings["graph"] for run in runs}) > 1:
        columns["backend"] = ("run by", "text")
    if frame["runs"].max() > 1:
        columns["runs"] = ("runs", "integer")
    if frame["diverged"].any():
        columns["diverged"] = ("diverged", "integer")
    columns["steps"] = ("steps", "integer")
    best = {}
    for metric in dict.fromkeys(run.metric for run in runs if run.metric):
        columns |= (found := _read_at(frame, metric, [run for run in runs if run.metric == metric]))
        if metric in found:
            best[f"best_{metric}"] = (f"best {METRICS[metric].label}", METRICS[metric].form)
    cut = _cut(frame, ["low", "high"])
    if frame[["low", "high"]].notna().any(axis=None):
        columns |= {"low": ("95% from", "percent"), "high": ("to", "percent")}
    columns |= best
    columns |= {"train_loss": ("training loss", "decimal"), "test_loss": ("test loss", "decimal")}
    if frame["addition"].notna().any():
        columns["addition"] = ("addition, because", "text")
    made_by = [stage for run in runs for stage in run.made_by]
    made_by += [f"evaluate@{run.name}" for run in runs if "evaluate" in run.metrics]
    caption = " ".join(filter(None, [*_caption(runs), cut]))
    table = writer.table("results-table", frame, "One row per training", columns, made_by, caption)
    text = "At the end of training; the losses are measured without dropout."
    if any(run.is_sweep for run in runs):
        text += " Of a sweep, the variant whose network the analyses below use."
    return section("Results", text, [table])


def _row(run: Run) -> dict[str, Any]:
    train, kept, metric = run.train, run.kept, run.metric
    row = {
        "experiment": run.name,
        "variant": run.keep if run.is_sweep else None,
        "weights": run.settings.get("weights"),
        "graph": train["graph"],
        "backend": train["graph_backend"],
        "runs": kept["runs"],
        "diverged": kept["diverged"],
        "steps": train["steps"],
        "train_loss": kept["train_loss"],
        "test_loss": kept["test_loss"],
        "low": None,
        "high": None,
        "addition": run.settings.get("addition"),
    }
    if not metric:
        return row
    for bound in ("low", "high"):
        row[bound] = kept[f"test_{metric}_{bound}"] if kept["runs"] > 1 else _resampled(run, bound)
    at = {f"{metric}_{name}": run.mean_at(name) for name in run.read_out()}
    return row | at | {metric: kept[f"test_{metric}"], f"best_{metric}": kept[f"best_test_{metric}"]}


def _resampled(run: Run, bound: str) -> float | None:
    """The bound, low or high, of the metric's interval by bootstrap of the test images, where an analysis has it."""
    key = f"{BOOTSTRAP.get(run.metric or '')}_{bound}"
    return next((run.metrics[kind][key] for kind in RESAMPLING if key in run.metrics.get(kind, {})), None)


def _cut(frame: pd.DataFrame, ends: list[str]) -> str:
    """Cut the ends of intervals of shares off at 0 and 1; what a caption says of it.

    The mean of shares lies there, so the interval holds it as often as before.
    """
    whole = frame[ends].apply(pd.to_numeric)
    frame[ends] = whole.clip(0, 1)
    return "" if frame[ends].equals(whole) else "Intervals are cut off at 0% and 100%."


def _read_at(frame: pd.DataFrame, metric: str, runs: list[Run]) -> dict[str, tuple[str, str]]:
    """Columns of a metric: where all its trainings were read, and at the end."""
    names, (label, form) = list(runs[0].read_out()), METRICS[metric]
    if names and all(list(run.read_out()) == names for run in runs):
        columns = {}
        for name in names:
            unit, count = name.split("_")
            columns[f"{metric}_{name}"] = (f"{label}, {int(count):,} {unit}s", form)
        last = frame[f"{metric}_{names[-1]}"]
        return columns if last.equals(frame[metric]) else columns | {metric: (f"{label}, end", form)}
    return {metric: (label, form)}


def _caption(runs: list[Run]) -> list[str]:
    told = []
    measured = list(dict.fromkeys(METRICS[run.metric].label for run in runs if run.metric))
    if measured:
        told.append(f"{measured[0][0].upper()}{' and '.join(measured)[1:]} on the test set.")
    repeated = any(run.kept["runs"] > 1 for run in runs)
    resampled = any(run.kept["runs"] == 1 and _resampled(run, "low") is not None for run in runs if run.metric)
    if repeated:
        told.append("Of several runs: their means, and the interval of the mean by Student's t.")
    if resampled:
        told.append(
            f"{'Of one run: interval' if repeated else 'Interval'} of the last by bootstrap of the test images."
        )
    if any(run.settings.get("addition") for run in runs):
        told.append("An addition is run although no claim asks for it, for the reason that is given.")
    notes = dict.fromkeys(run.train["graph_note"].rstrip(".") for run in runs if run.settings["graph"] == "static")
    return told + [f"{note[0].upper()}{note[1:]}." for note in notes if note]


@panel("sweeps", order=20)
def sweeps(writer: StudyWriter) -> Section | None:
    """The variants of each sweep: their curves in one figure, their numbers in one table."""
    runs = [run for run in writer.having("train") if run.is_sweep]
    blocks = []
    for run in runs:
        blocks += [*_curves(writer, run), *minibatches(writer, run), _variants(writer, run)]
    text = (
        "Each variant on the test set and, as the sources plot them, on the minibatches that it is trained on, against "
        "the step. The one in bold is kept: the analyses below use its network."
    )
    if any(run.kept["runs"] > 1 for run in runs):
        text += " Of several runs: their mean, shaded from the lowest to the highest."
    if any(numbers["diverged"] for run in runs for numbers in run.train["variants"].values()):
        text += " Runs that diverged are left out of a curve; a cross ends a variant that diverged in every run."
    return section("Variants compared", text, blocks) if runs else None


def _curves(writer: StudyWriter, run: Run) -> list[dict[str, Any]]:
    """A figure of all variants; where their losses are different ones, a figure of each."""
    if run.metric or len({protocol["objective"]["loss"] for protocol in run.settings["runs"].values()}) == 1:
        return [_figure(writer, run)]
    drawn = [_alone(writer, run, variant) for variant in run.train["variants"]]
    return [row(*drawn, small=len(drawn) > 2)]


def _alone(writer: StudyWriter, run: Run, variant: str) -> dict[str, Any]:
    """Training and test loss of one variant, and the loss of its minibatches."""
    mean, stepwise = run.curve(variant)["mean"], run.minibatches(variant)
    curves = [Line(stepwise["step"], stepwise["loss"], "minibatches", BLUE, noisy=True)]
    curves.append(Line(mean["step"], mean["train_loss"], "training set", BLUE))
    curves.append(Line(mean["step"], mean["test_loss"], "test set", RUST))
    drawing = figures.lines(curves, "loss", legend="upper right", until=run.length)
    name, last = variant.replace("_", " "), mean["test_loss"][-1] if len(mean["test_loss"]) else None
    title = f"Loss, {run.label}, {name}"
    caption = f"Test loss at the end: {_end(run.train['variants'][variant], last, '.3g')}."
    return writer.figure(f"sweep-{run.name}-{variant}", drawing, title, caption, f"{title}. {caption}", run.made_by)


def _figure(writer: StudyWriter, run: Run) -> dict[str, Any]:
    column, label = f"test_{run.metric or 'loss'}", METRICS[run.metric].label if run.metric else "loss"
    curves, told = [], []
    for variant, numbers in run.train["variants"].items():
        found = run.curve(variant)
        last = found["mean"][column][-1] if len(found["mean"][column]) else None
        name, end = variant.replace("_", " "), _end(numbers, last, ".1%" if run.metric else ".3g")
        told.append(f"{name} {end}")
        curves.append(
            figures.Variant(
                x=found["mean"]["step"],
                y=found["mean"][column],
                low=found["low"][column],
                high=found["high"][column],
                name=name,
                end=end,
                ended=numbers["diverged"] == numbers["runs"],
                bold=variant == run.keep,
            )
        )
    fine = [curve.y for curve in curves if not curve.ended] or [curve.y for curve in curves]
    drawing = figures.variants(
        curves, f"test {label}", y_range=figures.span(fine), percent=bool(run.metric), until=run.length
    )
    title = f"Test {label} by variant, {run.label}"
    alt = f"{title}, against the step. At the end: {'; '.join(told)}."
    return writer.figure(f"sweep-{run.name}", drawing, title, "", alt, run.made_by, wide=True)


def _end(numbers: dict[str, Any], value: float | None, form: str) -> str:
    """How a variant ended: its test metric or loss, and how many of its runs diverged."""
    diverged, count = numbers["diverged"], numbers["runs"]
    if diverged == count:
        return "diverged"
    return f"{formatted(value, form)}, {diverged} of {count} diverged" if diverged else formatted(value, form)


def _variants(writer: StudyWriter, run: Run) -> dict[str, Any]:
    changes, metric = run.changes(), run.metric
    variants = run.train["variants"].items()
    frame = pd.DataFrame([{"variant": name, "settings": changes[name], **numbers} for name, numbers in variants])
    columns = {"variant": ("variant", "text"), "runs": ("runs", "integer")}
    if frame["diverged"].any():
        columns["diverged"] = ("diverged", "integer")
    main = f"test_{metric or 'loss'}"
    form = METRICS[metric].form if metric else "decimal"
    columns[main] = (f"test {METRICS[metric].label}" if metric else "test loss", form)
    cut = _cut(frame, [f"{main}_low", f"{main}_high"]) if metric else ""
    if frame["runs"].max() > 1:
        columns |= {f"{main}_low": ("95% from", form), f"{main}_high": ("to", form)}
    if metric:
        columns |= {f"best_{main}": ("best", form), f"train_{metric}": (f"training {METRICS[metric].label}", form)}
        columns["test_loss"] = ("test loss", "decimal")
    columns |= {"train_loss": ("training loss", "decimal"), "settings": ("what it sets", "text")}
    writer.data(f"evaluations-{run.name}", run.all_evaluations())
    title = f"Variants, {run.label}"
    told = ["Means over the runs, with intervals by Student's t." if frame["runs"].max() > 1 else "", cut]
    told.append("Unknown where a run diverged." if frame["diverged"].any() else "")
    return writer.table(f"variants-{run.name}", frame, title, columns, run.made_by, " ".join(filter(None, told)))
