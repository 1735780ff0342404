"""What the minibatches of a sweep gave, as the sources plot it: loss and metric of each variant against the step."""

from collections.abc import Mapping
from typing import Any

import numpy as np

from revisit.metrics import METRICS
from revisit.report import figures
from revisit.report.numbers import formatted
from revisit.report.runs import Run
from revisit.report.statistics import running_mean
from revisit.report.study_writer import StudyWriter, row

SMOOTHED = 100  # the running mean takes this part of a training
FEWEST = 5  # steps of it, at least
POINTS = 100  # of a curve: such a mean changes no faster, and the page stays light
HIGHEST = 0.98  # quantile of the losses at which their axis ends: the first few are far above the others


def minibatches(writer: StudyWriter, run: Run) -> list[dict[str, Any]]:
    """Side by side the loss, where all variants have the same one, and the metric, where minibatches have one."""
    found = {variant: run.minibatches(variant) for variant in run.train["variants"]}
    losses = {protocol["objective"]["loss"] for protocol in run.settings["runs"].values()}
    blocks = [_figure(writer, run, found, "loss", "loss")] if len(losses) == 1 else []
    if run.metric and all(run.metric in columns for columns in found.values()):
        blocks.append(_figure(writer, run, found, run.metric, METRICS[run.metric].label))
    return [row(*blocks)] if blocks else []


def smoothed(columns: Mapping[str, np.ndarray], key: str, window: int) -> tuple[np.ndarray, np.ndarray]:
    """Running mean over `window` steps of a column, (rows,) each: the middles of the windows, and the means.

    Rows may be means of several steps already; a run shorter than the window has one point.
    """
    step, values = columns["step"], columns[key]
    if not len(step):
        return step, values
    each = int(step[0])  # steps in a row
    width = min(max(1, window // each), len(step))
    return running_mean(step - (each - 1) / 2, width), running_mean(values, width)


def _figure(
    writer: StudyWriter, run: Run, found: Mapping[str, Mapping[str, np.ndarray]], key: str, label: str
) -> dict[str, Any]:
    window, percent = max(FEWEST, run.length // SMOOTHED), key != "loss"
    curves = []
    for variant, columns in found.items():
        x, y = figures.thin(*smoothed(columns, key, window), POINTS)
        numbers = run.train["variants"][variant]
        ended = numbers["diverged"] == numbers["runs"]
        end = "diverged" if ended else formatted(float(y[-1]) if len(y) else None, ".1%" if percent else ".3g")
        name = variant.replace("_", " ")
        curves.append(figures.Variant(x, y, y, y, name, end, ended=ended, bold=variant == run.keep))
    fine = [curve.y for curve in curves if not curve.ended] or [curve.y for curve in curves]
    y_range = figures.span(fine, 1.0 if percent else HIGHEST)
    drawing = figures.variants(
        curves, f"{label} of minibatches", y_range=y_range, percent=percent, until=run.length, half=True
    )
    title = f"{label[0].upper()}{label[1:]} of the minibatches, {run.label}"
    several = any(numbers["runs"] > 1 for numbers in run.train["variants"].values())
    caption = (
        "Of the minibatches themselves, as they are trained on, dropout included; smoothed a little, by a running mean "
        f"over {window} steps{', and the mean over the runs of a variant' if several else ''}."
    )
    told = "; ".join(f"{curve.name} {curve.end}" for curve in curves)
    alt = f"{title}, against the step. {caption} At the end: {told}."
    return writer.figure(f"minibatches-{run.name}-{key}", drawing, title, caption, alt, run.made_by)
