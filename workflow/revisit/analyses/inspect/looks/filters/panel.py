"""First layers side by side, and some filters over the training."""

from typing import Any

import pandas as pd

from revisit.analyses.inspect.tables import FIRST_LAYER
from revisit.metrics import METRICS
from revisit.report import figures
from revisit.report.numbers import formatted, moments
from revisit.report.panel import panel
from revisit.report.runs import Run
from revisit.report.study_writer import Section, StudyWriter, row, section

FIRST = {
    "experiment": ("experiment", "text"),
    "kernel": ("kernel", "text"),
    "stride": ("stride", "integer"),
    "filters": ("filters", "integer"),
    "dead": ("dead", "integer"),
    "dead_share": ("share", "percent"),
    "high_frequency": ("high frequencies", "percent"),
    "low_frequency": ("low frequencies", "percent"),
}


@panel("filters", order=100)
def filters(writer: StudyWriter) -> Section | None:
    """First layers side by side, dead and high-frequency filters counted, and some filters over the training."""
    runs = writer.looked("first_layer")
    blocks = [_first_layers(writer, runs)] if runs else []
    if pictures := [_followed(writer, run) for run in writer.looked("filters")]:
        blocks.append(row(*pictures))
    text = (
        "A filter is dead when its largest answer to any test image is at most one per cent of the largest answer of "
        "all filters. High frequencies: the share of a filter's energy above half the Nyquist frequency, its mean "
        "left out; low ones: the share below a quarter of it. Dead filters, and much of the highest and lowest "
        "frequencies with little between, speak for a first layer that is too coarse (Zeiler and Fergus)."
    )
    return section("The first layer", text, blocks) if blocks else None


def _first_layers(writer: StudyWriter, runs: list[Run]) -> dict[str, Any]:
    rows, told = [], []
    for run in runs:
        found = run.look("first_layer")
        kernel = "×".join(str(length) for length in found["kernel"])
        numbers = {key: found[key] for key in FIRST if key in found and key != "kernel"}
        measured = {run.metric: run.kept[f"test_{run.metric}"]} if run.metric else {}
        rows.append({"experiment": run.name, "kernel": kernel, **numbers, **measured})
        told.append(
            f"{run.label} ({kernel}, stride {found['stride']}): {found['dead']} of {found['filters']} dead, "
            f"{formatted(found['high_frequency'], '.1%')} high frequencies, "
            f"{formatted(found['low_frequency'], '.1%')} low ones"
        )
        writer.data(f"first-layer-{run.name}", run.read("inspect", FIRST_LAYER))
    metrics = dict.fromkeys(run.metric for run in runs if run.metric)
    columns = FIRST | {metric: (f"test {METRICS[metric].label}", METRICS[metric].form) for metric in metrics}
    made_by = [f"inspect@{run.name}" for run in runs]
    caption = f"{'; '.join(told)}."
    return writer.table("first-layer", pd.DataFrame(rows), "First layers", columns, made_by, caption)


def _followed(writer: StudyWriter, run: Run) -> dict[str, Any]:
    found, weights = run.look("filters"), run.array("inspect/filters_followed.npy")
    numbers, columns = [str(number) for number in found["numbers"]], moments(found)
    title = f"Filters over the training, {run.label}"
    shares = [formatted(share, ".0%") for share in found["high_frequency"].values()]
    caption = (
        f"Filters {', '.join(numbers)} of the first layer, from {columns[0]} to {columns[-1]}; each row has a scale of "
        f"its own, mid-grey is zero. High frequencies, the mean of these filters: {shares[0]} at first, {shares[-1]} "
        "in the end."
    )
    made_by, rows = [f"inspect@{run.name}"], [f"filter {number}" for number in numbers]
    grid, alt = figures.followed(weights), f"A row of patches per filter, a column per moment. {caption}"
    return writer.figure(
        f"followed-{run.name}", grid, title, caption, alt, made_by, ".webp", rows=rows, columns=columns
    )
