"""What the layers of dense blocks read, and what becomes of the loss without it."""

from typing import Any

import numpy as np
import pandas as pd

from revisit.analyses.inspect.looks.reuse.tables import HIDDEN, READ
from revisit.report import figures
from revisit.report.numbers import formatted
from revisit.report.panel import panel
from revisit.report.runs import Run
from revisit.report.study_writer import Section, StudyWriter, section

COLUMNS = {
    "experiment": ("experiment", "text"),
    "loss": ("loss", "decimal"),
    "loss_of_chain": ("without shortcuts", "decimal"),
    "accuracy": ("accuracy", "percent"),
    "accuracy_of_chain": ("without", "percent"),
    "sources": ("sources", "integer"),
    "used": ("missed", "integer"),
    "newest_weight": ("weight, layer before", "decimal"),
    "entering_weight": ("block's input", "decimal"),
}


@panel("reuse", order=165)
def reuse(writer: StudyWriter) -> Section | None:
    """For each network a figure; a table of all."""
    runs = writer.looked("reuse")
    if not runs:
        return None
    text = (
        "Every layer of a dense block sees the maps of all layers before it. Above, how large the weights are by which "
        "it reads each of them; below, by how much the loss on test images rises when a source's maps are replaced by "
        "their mean for all layers behind the next one. Source 0 is what enters the block. Without shortcuts: all "
        "sources hidden in this way, so that each layer reads the one before it alone."
    )
    rows = [{"experiment": run.name} | {key: run.look("reuse")[key] for key in list(COLUMNS)[1:]} for run in runs]
    caption = "Missed: sources without which the loss is higher. Weights are mean magnitudes. First seed."
    made_by = [f"inspect@{run.name}" for run in runs]
    table = writer.table("reuse-table", pd.DataFrame(rows), "Features of earlier layers", COLUMNS, made_by, caption)
    return section("What dense layers reuse", text, [*(_figure(writer, run) for run in runs), table])


def _figure(writer: StudyWriter, run: Run) -> dict[str, Any]:
    read, hidden, found = run.read("inspect", READ), run.read("inspect", HIDDEN), run.look("reuse")
    weights, rises = [], []
    for _, part in read.groupby("block"):
        size = int(part["layer"].max())
        block = np.full((size, size), np.nan)
        block[part["layer"] - 1, part["source"]] = part["weight"]
        weights.append(block)
    for _, part in hidden.groupby("block"):
        rises.append(part["loss"].to_numpy(float) - found["loss"])
    title = f"What each layer reads, and the loss without it, {run.label}"
    loss, chain = (formatted(found[key], ".2f") for key in ("loss", "loss_of_chain"))
    used = f"{found['used']} of {found['sources']} sources are missed"
    told = f"{used}; without all of them the loss is {chain}, not {loss}."
    data = writer.data(f"reuse-{run.name}", read)
    writer.data(f"reuse-{run.name}-hidden", hidden)
    drawing = figures.readings(weights, rises)
    alt = f"Shaded squares, a row per layer, and bars, for {len(weights)} blocks. {told}"
    return writer.figure(f"reuse-{run.name}", drawing, title, told, alt, [f"inspect@{run.name}"], wide=True, data=data)
