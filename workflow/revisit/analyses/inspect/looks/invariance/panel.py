"""How far features move when the image is moved, enlarged or turned."""

from typing import Any

import pandas as pd

from revisit.analyses.inspect.looks.invariance.tables import DISTANCES, PROBABILITIES
from revisit.report import figures
from revisit.report.numbers import formatted
from revisit.report.panel import panel
from revisit.report.runs import Run
from revisit.report.study_writer import Section, StudyWriter, section

TRANSFORMS = {  # in this order -> title, what its amount counts
    "translate": ("Moved", "vertical shift, share of the height"),
    "scale": ("Enlarged", "factor"),
    "rotate": ("Turned", "degrees"),
}


@panel("invariance", order=140)
def invariance(writer: StudyWriter) -> Section | None:
    """How far features move, and what the network says, when the image is moved, enlarged and turned."""
    blocks = [block for run in writer.looked("invariance") for block in _moved(writer, run)]
    text = (
        "Distance between the features of an image and of its changed copy, where 1 is the mean distance between two "
        "different images; below, the probability of the true class. What comes into the picture from outside is the "
        "mean of the training images."
    )
    return section("Moved, enlarged, turned", text, blocks) if blocks else None


def _moved(writer: StudyWriter, run: Run) -> list[dict[str, Any]]:
    frame = run.read("inspect", DISTANCES)
    said = run.read("inspect", PROBABILITIES)
    data, name = writer.data(f"invariance-{run.name}", frame), f"invariance-{run.name}"
    writer.data(f"{name}-probability", said)
    there = [transform for transform in TRANSFORMS if transform in set(frame["transform"])]
    columns = []
    for transform in there:
        part = frame[frame["transform"] == transform]
        keys = ["amount", "distance", "distance_sd"]
        curves = {layer: tuple(rows[keys].to_numpy(float).T) for layer, rows in part.groupby("layer", sort=False)}
        probability = said[said["transform"] == transform][["amount", "probability"]].to_numpy(float).T
        columns.append(figures.Response(*TRANSFORMS[transform], curves, tuple(probability)))
    means = run.look("invariance")["layers"]
    told = "; ".join(
        f"{layer} " + ", ".join(f"{TRANSFORMS[key][0].lower()} {formatted(found.get(key), '.2f')}" for key in there)
        for layer, found in means.items()
    )
    title = f"Features of changed images, {run.label}"
    caption = f"Mean over {len(run.look('invariance')['rows'])} test images, shaded by one standard deviation."
    alt = f"Small multiples, a line per layer. Mean distance over all amounts: {told}. {caption}"
    made_by = [f"inspect@{run.name}"]
    drawing = figures.responses(columns, "distance of the features", "probability")
    figure = writer.figure(name, drawing, title, caption, alt, made_by, wide=True, data=data)
    rows = pd.DataFrame([{"layer": layer, **found} for layer, found in means.items()])
    shown = {"layer": ("layer", "text")} | {key: (TRANSFORMS[key][0].lower(), "decimal") for key in there}
    title = f"Mean distance over all amounts, {run.label}"
    return [figure, writer.table(f"{name}-means", rows, title, shown, made_by)]
