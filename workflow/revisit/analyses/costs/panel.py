"""What networks cost, and how gradients come through them, before and after their training."""

from collections.abc import Mapping, Sequence
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
    "network": ("network", "text"),
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
MEASURES = {
    "parameters": "parameters",
    "operations": "operations, an image",
    "kept_bytes_per_image": "bytes kept, an image",
}
KINDS = {"signal": "Gradients by layers' outputs", "gradient": "Gradients by layers' weights"}


@panel("costs", order=88)
def costs(writer: StudyWriter) -> Section | None:
    """All networks in a figure and a table; norms over depth of the kept ones, and of an experiment's networks."""
    runs = writer.having("costs")
    if not runs:
        return None
    made_by = [f"costs@{run.name}" for run in runs]
    frame = pd.DataFrame([one for run in runs for one in _rows(run)])
    caption = (
        "Operations are multiplications and additions of one image. Bytes kept for the backward pass, without the "
        "parameters; what several layers share is counted once. Slopes: powers of ten per layer on the way back."
    )
    table = writer.table("costs-table", frame, "What a network takes", COLUMNS, made_by, caption, folded=len(frame) > 8)
    found = [run.read("costs", LAYERS) for run in runs]
    together = pd.concat(
        [each.assign(experiment=run.name) for run, each in zip(runs, found, strict=True)], ignore_index=True
    )
    data = writer.data("costs-layers", together)
    blocks = [_measures(writer, frame, made_by, table["file"]), table]
    kept = [(run.label, frame[frame["network"] == run.keep]) for run, frame in zip(runs, found, strict=True)]
    for kind in KINDS:
        drawn = [_figure(writer, kept, kind, moment, made_by, data, "", _slopes(runs)) for moment in MOMENTS]
        blocks.append(row(*drawn))
    for run, layers in zip(runs, found, strict=True):
        networks = [(name.replace("_", " "), part) for name, part in layers.groupby("network", sort=False)]
        if len(networks) > 1:
            slopes = {name.replace("_", " "): numbers for name, numbers in _networks(run).items()}
            of_run = [f"costs@{run.name}"]
            blocks.append(
                row(*(_figure(writer, networks, kind, "start", of_run, data, run.name, slopes) for kind in KINDS))
            )
    text = (
        f"A minibatch of {runs[0].metrics['costs']['images']} training images goes through every network with the "
        "weights that it started from, and through the kept ones with those that they ended with. The gradient by a "
        "layer's outputs is the signal that comes back to it: where it falls from the last layer to the first, it "
        "vanishes. Networks beside those of an experiment are not trained."
    )
    return section("Costs and gradients over depth", text, blocks)


def _networks(run: Run) -> dict[str, dict[str, Any]]:
    """What was measured of each network of an experiment: the kept one, the other variants, those beside them."""
    found = run.metrics["costs"]
    others = {**found["variants"], **found["beside"]}
    return {run.keep: found} | {name: numbers for name, numbers in others.items() if name != run.keep}


def _slopes(runs: list[Run]) -> dict[str, dict[str, Any]]:
    return {run.label: run.metrics["costs"] for run in runs}


def _rows(run: Run) -> list[dict[str, Any]]:
    """A row of the table for each network."""
    rows = []
    for name, numbers in _networks(run).items():
        found = {"experiment": run.name, "network": name} | {key: numbers.get(key) for key in list(COLUMNS)[2:]}
        rows.append(found | {"kept_bytes_per_image": round(numbers["kept_bytes_per_image"])})
    return rows


def _measures(writer: StudyWriter, frame: pd.DataFrame, made_by: list[str], data: str) -> dict[str, Any]:
    """All networks in one figure."""
    single = frame["experiment"].duplicated(keep=False)
    names = [
        f"{one['experiment']}, {one['network'].replace('_', ' ')}" if several else one["experiment"]
        for one, several in zip(frame.to_dict("records"), single, strict=True)
    ]
    columns = {label: frame[key].to_list() for key, label in MEASURES.items()}
    title = "Parameters, operations and kept bytes"
    told = "; ".join(
        f"{name}: {one['parameters']:,} parameters, {one['operations']:,} operations, "
        f"{one['kept_bytes_per_image']:,} bytes"
        for name, one in zip(names, frame.to_dict("records"), strict=True)
    )
    caption = "Of one image; where a measure spans much, its scale is logarithmic. Bytes: kept for the backward pass."
    drawing = figures.measures(names, columns)
    return writer.figure("costs-measures", drawing, title, caption, f"{title}. {told}.", made_by, data=data, wide=True)


def _figure(
    writer: StudyWriter,
    networks: Sequence[tuple[str, pd.DataFrame]],
    kind: str,
    moment: str,
    made_by: list[str],
    data: str,
    of: str,
    slopes: Mapping[str, Mapping[str, Any]],
) -> dict[str, Any]:
    """Norms over depth at a moment: of each network's layers, by its name; `of` names the experiment of all, if any."""
    curves = []
    for label, frame in networks:
        deep = frame[frame["number"] > 0]
        norms = deep[f"{kind}_{moment}"].to_numpy(dtype=np.float64)
        drawable = np.isfinite(norms) & (norms > 0)  # a layer that nothing reaches has no power of ten
        x, y = deep["number"].to_numpy(dtype=np.float64)[drawable], np.log10(norms[drawable])
        curves.append(Variant(x, y, y, y, label, ""))
    told = "; ".join(f"{label} {formatted(slopes[label][f'{kind}_slope_{moment}'], '+.3f')}" for label, _ in networks)
    caption = f"Powers of ten per layer on the way back, negative where it vanishes: {told}."
    whole = f"{KINDS[kind]}, {MOMENTS[moment]}" + (f", {of}" if of else "")
    drawing = figures.variants(curves, "norm, power of ten", x_label="layer, from the image", half=True)
    name = f"costs-{kind}-{moment}" + (f"-{of}" if of else "")
    return writer.figure(name, drawing, whole, caption, f"{whole}. {caption}", made_by, data=data)
