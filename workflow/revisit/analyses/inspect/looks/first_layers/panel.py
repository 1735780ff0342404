"""Networks that differ in their first layer: what its filters show, beside what they reach."""

from typing import Any

import pandas as pd

from revisit.analyses.inspect.looks.first_layers.tables import FIRST_LAYERS
from revisit.analyses.inspect.tables import COARSENESS
from revisit.metrics import METRICS
from revisit.report import figures
from revisit.report.numbers import formatted
from revisit.report.panel import panel
from revisit.report.runs import Run
from revisit.report.study_writer import Section, StudyWriter, row, section, slug

Layers = dict[str, dict[str, Any]]  # variant -> what was found of its first layer
LABELS = {
    "dead_share": "dead filters",
    "high_frequency": "high frequencies",
    "low_frequency": "low frequencies",
    "coarseness": "coarseness, the sum",
}
COLUMNS = {
    "variant": ("variant", "text"),
    "kernel": ("kernel", "text"),
    "stride": ("stride", "integer"),
    "filters": ("filters", "integer"),
    **{key: (LABELS[key], "percent") for key in COARSENESS},
    "coarseness": (LABELS["coarseness"], "decimal"),
}


@panel("first_layers", order=105)
def first_layers(writer: StudyWriter) -> Section | None:
    """For each training with such variants a figure, a table, and the filters of all of them."""
    blocks = []
    for run in writer.looked("first_layers"):
        layers = {variant: _mean(run, variant) for variant in run.settings["runs"]}
        layers = dict(sorted(layers.items(), key=lambda item: _last(item[1].get("coarseness"))))
        layers = {variant: found for variant, found in layers.items() if found}
        blocks += [_figure(writer, run, layers), _table(writer, run, layers)]
        blocks.append(row(*(_filters(writer, run, variant, layers[variant]) for variant in layers)))
    text = (
        "Zeiler and Fergus chose a first layer by looking at the filters of a trained network. Dead filters, and "
        "energy at both ends of the spectrum with little between, speak for one that is too coarse; added up they are "
        "called coarseness here. The least coarse network stands first: if filters tell which network is the better "
        "one, the last column falls from row to row."
    )
    return section("Choosing a first layer", text, blocks) if blocks else None


def _mean(run: Run, variant: str) -> dict[str, Any]:
    """What was found of a variant's first layer, shares as means over the seeds; empty where it was not looked at."""
    found = run.metrics["inspect"]
    each = [
        of["first_layer"] if variant == run.keep else of["first_layers"].get(variant)
        for of in found.get("replicates", [found])
    ]
    if not all(each):
        return {}
    shares = {key: [of.get(key) for of in each] for key in (*COARSENESS, "coarseness")}
    means = {key: None if None in values else sum(values) / len(values) for key, values in shares.items()}
    return each[0] | means


def _last(value: float | None) -> tuple[bool, float]:
    """A key to sort by: numbers, and None at the end."""
    return value is None, value or 0.0


def _name(found: dict[str, Any]) -> str:
    return f"{_kernel(found)}, stride {found['stride']}"


def _kernel(found: dict[str, Any]) -> str:
    return "×".join(str(length) for length in found["kernel"])


def _reached(run: Run, variant: str) -> float | None:
    return run.train["variants"][variant][f"test_{run.metric}"] if run.metric else None


def _figure(writer: StudyWriter, run: Run, layers: Layers) -> dict[str, Any]:
    columns = {label: [found[key] for found in layers.values()] for key, label in LABELS.items()}
    if run.metric:
        columns[f"test {METRICS[run.metric].label}"] = [_reached(run, variant) for variant in layers]
    names = [_name(found) for found in layers.values()]
    reached = [_reached(run, variant) for variant in layers]
    told = "; ".join(
        f"{name}: {formatted(found['coarseness'], '.3f')}, {formatted(value, '.1%')}"
        for name, found, value in zip(names, layers.values(), reached, strict=True)
    )
    caption = f"Coarseness of the first layer and what the network reaches, the least coarse first: {told}."
    alt = f"A row of dots per network, a column per measure. {caption}"
    title, made_by = f"First layers and what networks reach, {run.label}", [f"inspect@{run.name}", *run.made_by]
    data = writer.data(f"first-layers-{run.name}-filters", run.read("inspect", FIRST_LAYERS))
    drawing = figures.measures(names, columns)
    return writer.figure(f"first-layers-reach-{run.name}", drawing, title, caption, alt, made_by, wide=True, data=data)


def _table(writer: StudyWriter, run: Run, layers: Layers) -> dict[str, Any]:
    columns = dict(COLUMNS)
    if run.metric:
        columns[run.metric] = (f"test {METRICS[run.metric].label}", METRICS[run.metric].form)
    rows = [
        {"variant": variant.replace("_", " "), "kernel": _kernel(found)}
        | {key: found[key] for key in ("stride", "filters", *LABELS)}
        | ({run.metric: _reached(run, variant)} if run.metric else {})
        for variant, found in layers.items()
    ]
    caption = "Means over the seeds." if run.replicates > 1 else "One seed."
    made_by = [f"inspect@{run.name}", *run.made_by]
    name, title = f"first-layers-{run.name}", f"First layers, {run.label}"
    return writer.table(name, pd.DataFrame(rows), title, columns, made_by, caption)


def _filters(writer: StudyWriter, run: Run, variant: str, found: dict[str, Any]) -> dict[str, Any]:
    file = "filters.npy" if variant == run.keep else f"first_layers_{variant}.npy"
    weights = run.array(f"inspect/{file}")
    title = f"Filters, {_name(found)}"
    caption = f"{found['dead']} of {len(weights)} are dead; mid-grey is zero."
    alt = f"Grid of {len(weights)} small patches of {weights.shape[2]} by {weights.shape[3]} weights. {caption}"
    name, made_by = f"first-layers-{run.name}-{slug(variant)}", [f"inspect@{run.name}"]
    return writer.figure(name, figures.filter_grid(weights), title, caption, alt, made_by, ".webp")
