"""What the features hold to be near: nearest neighbours of some test images."""

from typing import Any

import pandas as pd

from revisit.analyses.neighbours.tables import QUERIES
from revisit.report.numbers import formatted
from revisit.report.panel import panel
from revisit.report.runs import Run
from revisit.report.study_writer import Section, StudyWriter, section


@panel("neighbours", order=190)
def neighbours(writer: StudyWriter) -> Section | None:
    """Pictures of the nearest neighbours of some test images in each layer; a block for runs with the same queries."""
    groups: dict[Any, list[tuple[Run, pd.DataFrame]]] = {}
    for run in writer.having("neighbours"):
        frame = run.read("neighbours", QUERIES)
        groups.setdefault((run.settings["dataset"], *frame["query"].unique()), []).append((run, frame))
    blocks = [_neighbours(writer, found) for found in groups.values()]
    text = (
        "Test images nearest to a query by Euclidean distance, in the features of each layer. ≠ marks an image that "
        "shows another class; of images with several classes, one that shares none with the query."
    )
    return section("Nearest neighbours", text, blocks) if blocks else None


def _neighbours(writer: StudyWriter, found: list[tuple[Run, pd.DataFrame]]) -> dict[str, Any]:
    name = f"neighbours-{found[0][0].name}"
    frame = pd.concat([frame.assign(experiment=run.name) for run, frame in found], ignore_index=True)
    rows = sorted({*frame["query"], *frame["neighbour"]})
    told = []
    for run, _ in found:
        shares = run.metrics["neighbours"].items()
        layers = ", ".join(f"{layer} {formatted(numbers['share_same_class'], '.1%')}" for layer, numbers in shares)
        told.append(f"{run.label}: {layers}")
    return {
        "kind": "neighbours",
        "id": name,
        "title": f"Nearest neighbours, {' and '.join(run.label for run, _ in found)}",
        "caption": f"Neighbours that share a class, over the whole test set: {'; '.join(told)}.",
        "file": writer.data(name, frame),
        **writer.sprite(name, [run.path("neighbours") for run, _ in found], rows),
        "runs": {run.name: run.label for run, _ in found},
        "made_by": [f"neighbours@{run.name}" for run, _ in found],
    }
