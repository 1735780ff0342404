"""Detectors side by side: how many objects their proposals reach, and what a detection costs."""

from collections.abc import Mapping
from typing import Any

import pandas as pd

from revisit.analyses.detect.tables import RECALL
from revisit.report import figures
from revisit.report.numbers import formatted
from revisit.report.panel import panel
from revisit.report.runs import Run
from revisit.report.study_writer import Section, StudyWriter, row, section

METHODS = {"selective_search": "selective search", "sliding_windows": "sliding windows"}


@panel("proposals", order=81)
def proposals(writer: StudyWriter) -> Section | None:
    """Recall over the number of boxes of every source of proposals in the study: two figures and a table."""
    runs = [run for run in writer.having("detect") if (run.folder / "detect" / RECALL.file).exists()]
    if not runs:
        return None
    frame = pd.concat([_recalls(run) for run in runs]).drop_duplicates(["method", "boxes", "iou"])
    made_by = [f"detect@{run.name}" for run in runs]
    drawn = [_recall(writer, frame, level, made_by) for level in dict.fromkeys(frame["iou"])]
    methods = list(dict.fromkeys(frame["method"]))
    wide = frame.assign(what=frame["method"] + ", " + frame["iou"].map("{:.1f}".format))
    table = wide.pivot(index="boxes", columns="what", values="recall")
    order = [f"{method}, {level:.1f}" for method in methods for level in dict.fromkeys(frame["iou"])]
    table = table[order].rename_axis(columns=None).reset_index()
    columns = {"boxes": ("boxes", "integer"), **{name: (name, "percent") for name in order}}
    text = (
        "The share of the objects of the test images, in the part of them that the networks see, that one of the first "
        "boxes of their image overlaps by so much of their union. Difficult objects are left out."
    )
    caption = "Unknown where an image has not so many boxes."
    blocks = [row(*drawn), writer.table("proposals-table", table, "Recall of proposals", columns, made_by, caption)]
    return section("Proposals", text, blocks)


def _recalls(run: Run) -> pd.DataFrame:
    """recall.csv with `method`, what the source of proposals is called in the study."""
    found = run.metrics.get("proposals")
    method = found["method"] if isinstance(found, Mapping) else None
    names = {
        "network": f"network of {run.label}",
        "given": METHODS.get(method, method) if method else f"given to {run.label}",
        "windows": METHODS["sliding_windows"],
    }
    frame = run.read("detect", RECALL)
    return frame.assign(method=frame["source"].map(names))


def _recall(writer: StudyWriter, frame: pd.DataFrame, level: float, made_by: list[str]) -> dict[str, Any]:
    own = frame[frame["iou"] == level]
    curves = {
        str(method): (part["boxes"].to_numpy(), part["recall"].to_numpy())
        for method, part in own.groupby("method", sort=False)
    }
    last = [f"{name} {formatted(values[-1], '.1%')} with {boxes[-1]:,}" for name, (boxes, values) in curves.items()]
    title, caption = f"Recall at an overlap of {level:.1f}", f"At most: {'; '.join(last)}."
    name = f"proposals-{100 * level:.0f}"
    data = writer.data(f"{name}-recall", own[["method", "boxes", "recall"]])
    return writer.figure(name, figures.recalls(curves), title, caption, f"{title}. {caption}", made_by, data=data)


@panel("speed", order=82)
def speed(writer: StudyWriter) -> Section | None:
    """Operations of an image against average precision, of all detectors of the study: a figure and a table."""
    runs = [run for run in writer.having("train", "detect") if run.train.get("operations")]
    if len(runs) < 2:
        return None
    key = "mean_average_precision"
    frame = pd.DataFrame(
        [
            {
                "experiment": run.name,
                "operations": run.train["operations"] / 1e6,
                "passes": run.metrics["detect"]["trunk_passes"],
                "parameters": run.train["parameters"],
                "precision": run.metrics["detect"][key],
                "low": run.metrics["detect"][f"{key}_low"],
                "high": run.metrics["detect"][f"{key}_high"],
            }
            for run in runs
        ]
    ).sort_values("operations", kind="stable")
    columns = {
        "experiment": ("experiment", "text"),
        "operations": ("million operations", "decimal"),
        "passes": ("passes through the trunk", "integer"),
        "parameters": ("parameters", "integer"),
        "precision": ("mean average precision", "percent"),
        "low": ("95% from", "percent"),
        "high": ("to", "percent"),
    }
    made_by = [stage for run in runs for stage in (*run.made_by, f"detect@{run.name}")]
    table = writer.table("speed-table", frame, "What a detection costs", columns, made_by)
    named = frame.dropna(subset=["precision"])
    points = [
        figures.Point(one.experiment.replace("_", " "), one.operations, one.precision, (one.low, one.high))
        for one in named.itertuples(index=False)
    ]
    told = [f"{point.name} {point.y:.1%} for {point.x:,.0f} million" for point in points]
    caption = f"With intervals of 95%. {'; '.join(told)}."
    title = "Average precision over the operations of an image"
    drawing = figures.costs(points, "million operations for an image", "mean average precision")
    figure = writer.figure("speed-figure", drawing, title, caption, f"{title}. {caption}", made_by, data=table["file"])
    text = (
        "Operations are the multiplications and additions of convolutions and matrix products for one test image, with "
        "those of pooling, of all regions and of suppression; how proposals are found outside of the network is not "
        "among them. A pass is one picture shown to the trunk, the image itself or a warped region."
    )
    return section("What detections cost", text, [figure, table])
