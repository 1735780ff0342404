"""What the networks are: parameters, first-layer filters, activations."""

from typing import Any

import pandas as pd

from revisit.analyses.inspect.tables import ACTIVATIONS, PARAMETERS
from revisit.report import figures
from revisit.report.panel import panel
from revisit.report.runs import Run
from revisit.report.study_writer import Section, StudyWriter, row, section

MOST_LAYERS = 16  # in a table that is not folded

COUNTED = {
    "layer": ("layer", "text"),
    "weights": ("weights", "integer"),
    "biases": ("biases", "integer"),
    "parameters": ("parameters", "integer"),
}
STATISTICS = {
    "layer": ("layer", "text"),
    "mean": ("mean", "decimal"),
    "variance": ("variance", "decimal"),
    "sparsity": ("zeros", "percent"),
    "near_zero": ("below 0.1", "percent"),
    "strongest_mean": ("strongest map, mean", "decimal"),
    "strongest_variance": ("its variance", "decimal"),
}


@panel("parameters", order=90)
def network(writer: StudyWriter) -> Section | None:
    """Parameters, first-layer filters and activations; equal tables of further experiments are not repeated."""
    runs = writer.having("inspect")
    counted: list[tuple[pd.DataFrame, list[Run]]] = []
    for run in runs:
        frame = run.read("inspect", PARAMETERS)
        same = next((alike for other, alike in counted if frame.equals(other)), None)
        if same is None:
            counted.append((frame, same := []))
        same.append(run)
    blocks = [row(*(_parameters(writer, *found) for found in counted))]
    tables, images = [], []
    for run in runs:
        made_by, name = [f"inspect@{run.name}"], run.name
        if (run.folder / "inspect/filters.npy").exists():  # else there is no convolution
            weights = run.array("inspect/filters.npy")
            caption = f"The {len(weights)} filters of the first layer; mid-grey is zero."
            alt = f"Grid of {len(weights)} small patches of {weights.shape[2]} by {weights.shape[3]} weights"
            title = f"First-layer filters, {run.label}"
            grid = figures.filter_grid(weights)
            images.append(writer.figure(f"filters-{name}", grid, title, caption, alt, made_by, ".webp"))
        frame = _activations(run)
        title = f"Activations on test images, {run.label}"
        folded = len(frame) > MOST_LAYERS
        tables.append(writer.table(f"activations-{name}", frame, title, STATISTICS, made_by, folded=folded))
    text = (
        "Counted, not calculated by hand; the filters are the weights after training. The strongest map of a layer is "
        "the one with the highest mean; below 0.1: the share of activations of so small a magnitude."
    )
    blocks += [row(*part) for part in (images, tables) if part]
    return section("Inside the network", text, blocks) if runs else None


def _activations(run: Run) -> pd.DataFrame:
    """A row per layer: statistics of its activations, and those of its strongest feature map, where it has any."""
    frame, strongest = run.read("inspect", ACTIVATIONS), run.metrics["inspect"]["strongest_map"]
    for key in ("mean", "variance"):
        frame[f"strongest_{key}"] = [strongest.get(layer, {}).get(key) for layer in frame["layer"]]
    return frame


def _parameters(writer: StudyWriter, frame: pd.DataFrame, runs: list[Run]) -> dict[str, Any]:
    title = f"Trainable parameters, {' and '.join(run.label for run in runs)}"
    caption = f"{runs[0].metrics['inspect']['total_parameters']:,} trainable parameters in all."
    name, made_by = f"parameters-{runs[0].name}", [f"inspect@{run.name}" for run in runs]
    return writer.table(name, frame, title, COUNTED, made_by, caption, folded=len(frame) > MOST_LAYERS)
