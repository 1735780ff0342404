"""What networks cost, and how gradients come through them, before and after their training."""

from typing import Any

import numpy as np
import pandas as pd

from revisit.analyses.costs.tables import LAYERS
from revisit.report import figures
from revisit.report.figures import Variant
from revisit.report.numbers import formatted
from revisit.report.panel import panel
from revisit.report.runs import Run
from revisit.report.study_writer import Section, StudyWriter, row, section

COLUMNS = {
    "experiment": ("experiment", "text"),
    "layers": ("layers", "integer"),
    "parameters": ("parameters", "integer"),
    "operations": ("operations", "integer"),
    "kept_bytes_per_image": ("bytes kept, an image", "integer"),
    "signal_slope_start": ("signal, slope before", "decimal"),
    "signal_slope_end": ("after training", "decimal"),
    "gradient_slope_start": ("gradient, slope before", "decimal"),
    "gradient_slope_end": ("after training", "decimal"),
}
MOMENTS = {"start": "before training", "end": "after training"}
KINDS = {"signal": "Gradients by layers' outputs", "gradient": "Gradients by layers' weights"}


@panel("costs", order=88)
def costs(writer: StudyWriter) -> Section | None:
    """A table of all networks, and the norms over depth of all of them in one figure each."""
    runs = writer.having("costs")
    if not runs:
        return None
    found = [run.read("costs", LAYERS) for run in runs]
    frame = pd.DataFrame([{"experiment": run.name, **_numbers(run)} for run in runs])
    made_by = [f"costs@{run.name}" for run in runs]
    caption = (
        "Operations are multiplications and additions of one image. Bytes kept for the backward pass, without the "
        "parameters; what several layers share is counted once. Slopes: powers of ten per layer on the way back."
    )
    blocks = [writer.table("costs-table", frame, "What a network takes", COLUMNS, made_by, caption)]
    together = pd.concat(
        [each.assign(experiment=run.name) for run, each in zip(runs, found, strict=True)], ignore_index=True
    )
    data = writer.data("costs-layers", together)
    for kind in KINDS:
        blocks.append(row(*(_figure(writer, runs, found, kind, moment, made_by, data) for moment in MOMENTS)))
    text = (
        f"A minibatch of {runs[0].metrics['costs']['images']} training images goes through every network with the "
        "weights that it started from and with those that it ended with. The gradient by a layer's outputs is the "
        "signal that comes back to it: where it falls from the last layer to the first, it vanishes."
    )
    return section("Costs and gradients over depth", text, blocks)


def _numbers(run: Run) -> dict[str, Any]:
    found = {key: run.metrics["costs"][key] for key in COLUMNS if key != "experiment"}
    return found | {"kept_bytes_per_image": round(found["kept_bytes_per_image"])}


def _figure(
    writer: StudyWriter,
    runs: list[Run],
    found: list[pd.DataFrame],
    kind: str,
    moment: str,
    made_by: list[str],
    data: str,
) -> dict[str, Any]:
    curves = []
    for run, frame in zip(runs, found, strict=True):
        deep = frame[frame["number"] > 0]
        norms = deep[f"{kind}_{moment}"].to_numpy(dtype=np.float64)
        drawable = np.isfinite(norms) & (norms > 0)  # a layer that nothing reaches has no power of ten
        x, y = deep["number"].to_numpy(dtype=np.float64)[drawable], np.log10(norms[drawable])
        curves.append(Variant(x, y, y, y, run.label, ""))
    slopes = [formatted(run.metrics["costs"][f"{kind}_slope_{moment}"], "+.3f") for run in runs]
    told = "; ".join(f"{run.label} {slope}" for run, slope in zip(runs, slopes, strict=True))
    caption = f"Powers of ten per layer on the way back, negative where it vanishes: {told}."
    whole = f"{KINDS[kind]}, {MOMENTS[moment]}"
    drawing = figures.variants(curves, "norm, power of ten", x_label="layer, from the image", half=True)
    name = f"costs-{kind}-{moment}"
    return writer.figure(name, drawing, whole, caption, f"{whole}. {caption}", made_by, data=data)
