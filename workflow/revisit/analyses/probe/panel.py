"""What the features know: linear probes by layer."""

import math
from collections.abc import Sequence
from typing import Any

import pandas as pd

from revisit.analyses.probe.tables import PER_CLASS, PROBES
from revisit.metrics import METRICS
from revisit.report import figures
from revisit.report.numbers import formatted
from revisit.report.panel import panel
from revisit.report.runs import Run
from revisit.report.study_writer import Section, StudyWriter, row, section


@panel("probes", order=170)
def probes(writer: StudyWriter) -> Section | None:
    """Accuracy or mean average precision of a linear classifier on the features of each layer."""
    runs = writer.having("probe")
    blocks = _compared(writer, runs) if len(runs) > 1 else []
    for run in runs:
        frame, metric = _probed(run), _metric(run)
        layers = list(dict.fromkeys(frame["layer"]))
        by_protocol = {}
        for protocol, part in frame.groupby("protocol", sort=False):
            found = dict(zip(part["layer"], part[metric], strict=True))
            by_protocol[f"{protocol} protocol"] = [
                None if pd.isna(value := found.get(layer, math.nan)) else float(value) for layer in layers
            ]
        drawing = figures.dots(layers, by_protocol, METRICS[metric].label)
        told = "; ".join(
            f"{layer}: "
            + ", ".join(f"{protocol} {formatted(found[metric], '.1%')}" for protocol, found in protocols.items())
            for layer, protocols in ((layer, run.metrics["probe"][layer]) for layer in layers)
        )
        made_by, title = [f"probe@{run.name}"], f"Linear probes, {run.label}"
        caption = f"A linear SVM on the features of each layer{_first(run)}. {told}."
        name = f"probe-{run.name}"
        columns = {"layer": ("layer", "text"), "protocol": ("protocol", "text"), **_columns(metric)}
        table = writer.table(f"{name}-table", frame, f"{title}, in numbers", columns, made_by)
        figure = writer.figure(name, drawing, title, caption, f"Dot plot. {caption}", made_by, data=table["file"])
        blocks.append(row(figure, table))
        if metric == "map":
            blocks.append(_by_class(writer, run))
    text = (
        "Published protocol: the report's classifier, fitted and scored on parts of the test set. Split: a classifier "
        "on standardised features with a chosen C, on those very images. Sound: the latter, fitted on training images "
        "and scored on the whole test set."
    )
    return section("How much each layer knows", text, blocks) if runs else None


def _first(run: Run) -> str:
    """Which network was probed, where there are several."""
    return ", of the first seed" if run.replicates > 1 else ""


def _probed(run: Run) -> pd.DataFrame:
    return run.read("probe", PROBES)


def _metric(run: Run) -> str:
    """What a run's probes measure, a key of METRICS."""
    return next(metric for metric in METRICS if metric in _probed(run))


def _columns(metric: str) -> dict[str, tuple[str, str]]:
    return {
        "dimensions": ("dimensions", "integer"),
        "C": ("C", "decimal"),
        metric: METRICS[metric],
        "train_size": ("fit on", "integer"),
        "test_size": ("scored on", "integer"),
    }


def _compared(writer: StudyWriter, runs: Sequence[Run]) -> list[dict[str, Any]]:
    """The layers of all runs in one table, a column per protocol; a table for each metric."""
    blocks = []
    for metric in dict.fromkeys(_metric(run) for run in runs):
        alike = [run for run in runs if _metric(run) == metric]
        rows = pd.concat([_probed(run).assign(experiment=run.name) for run in alike])
        protocols = list(dict.fromkeys(rows["protocol"]))
        keys = ["experiment", "layer", "dimensions"]
        frame = rows.set_index([*keys, "protocol"])[metric].unstack("protocol")
        order = pd.MultiIndex.from_frame(rows[keys].drop_duplicates())
        frame = frame.reindex(index=order, columns=protocols).reset_index()
        columns = {"experiment": ("experiment", "text"), "layer": ("layer", "text")}
        columns |= {"dimensions": ("dimensions", "integer")}
        columns |= {protocol: (f"{METRICS[metric].label}, {protocol}", METRICS[metric].form) for protocol in protocols}
        made_by = [f"probe@{run.name}" for run in alike]
        title = f"Linear probes side by side: {METRICS[metric].label}"
        blocks.append(writer.table(f"probes-{metric}", frame, title, columns, made_by))
    return blocks


def _by_class(writer: StudyWriter, run: Run) -> dict[str, Any]:
    """Average precision of each class, a column per layer and protocol."""
    rows = run.read("probe", PER_CLASS)
    rows["probe"] = rows["layer"] + ", " + rows["protocol"]
    order, classes = list(dict.fromkeys(rows["probe"])), list(dict.fromkeys(rows["class"]))
    frame = rows.pivot(index="class", columns="probe", values="average_precision")
    frame = frame.reindex(index=classes, columns=order).rename_axis(columns=None).reset_index()
    columns = {"class": ("class", "text"), **{probe: (probe, "percent") for probe in order}}
    title = f"Linear probes, average precision per class, {run.label}"
    return writer.table(f"probe-{run.name}-classes", frame, title, columns, [f"probe@{run.name}"], folded=True)
