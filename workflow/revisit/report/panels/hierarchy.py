"""The hierarchy of a network's layers in one figure: what each sees, answers to, and does not mind."""

from typing import Any

import pandas as pd

from revisit.report import figures
from revisit.report.numbers import formatted
from revisit.report.panel import panel
from revisit.report.runs import Run
from revisit.report.study_writer import Section, StudyWriter, section

COLUMNS = {  # of the figure -> look, key of a layer there
    "field, pixels": ("deconvnet", "receptive_field"),
    "classes, share": ("deconvnet", "mean_distinct_classes"),
    "moved": ("invariance", "translate"),
    "enlarged": ("invariance", "scale"),
    "turned": ("invariance", "rotate"),
}


@panel("hierarchy", order=145)
def hierarchy(writer: StudyWriter) -> Section | None:
    """For each network into which both looks were taken a figure with a row per layer."""
    blocks = [_figure(writer, run) for run in writer.looked("deconvnet") if run.look("invariance")]
    text = (
        "The part of the image that a unit sees; how many different classes there are among the images that excite a "
        "map most, as a share of them; and how far features move when the image is moved, enlarged or turned, where 1 "
        "is another image."
    )
    return section("From layer to layer", text, blocks) if blocks else None


def _figure(writer: StudyWriter, run: Run) -> dict[str, Any]:
    looks = {look: run.look(look)["layers"] for look, _ in COLUMNS.values()}
    there = list(dict.fromkeys(layer for layers in looks.values() for layer in layers))
    order = list(run.metrics["inspect"]["activations"])  # that of the network
    layers = sorted(there, key=lambda layer: order.index(layer) if layer in order else len(order))
    values = {
        label: [looks[look].get(layer, {}).get(key) for layer in layers] for label, (look, key) in COLUMNS.items()
    }
    frame = pd.DataFrame({"layer": layers, **values})
    told = "; ".join(
        f"{layer}: "
        + ", ".join(
            f"{label} {formatted(value, '.3g')}" for label in COLUMNS if (value := values[label][number]) is not None
        )
        for number, layer in enumerate(layers)
    )
    data = writer.data(f"hierarchy-{run.name}", frame)
    drawing = figures.measures(layers, values)
    title = f"Layer by layer, {run.label}"
    caption = "Fields in pixels of what the network is given; layers without maps have none. First seed."
    alt = f"Dots, a row per layer. {told}. {caption}"
    return writer.figure(
        f"hierarchy-{run.name}", drawing, title, caption, alt, [f"inspect@{run.name}"], wide=True, data=data
    )
