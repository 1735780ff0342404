"""Maps of the features by t-SNE."""

from typing import Any

import pandas as pd

from revisit.analyses.embed.tables import POINTS
from revisit.report import figures
from revisit.report.numbers import formatted
from revisit.report.palette import class_colour, of_label
from revisit.report.panel import panel
from revisit.report.runs import Run
from revisit.report.study_writer import Section, StudyWriter, section, slug

SEVERAL = "An image of several classes has the mean of their colours, one without a class is grey."


@panel("embedding", order=180)
def embeddings(writer: StudyWriter) -> Section | None:
    """t-SNE maps: for each layer points, pictures and a static picture for each number of iterations."""
    runs = writer.having("embed")
    blocks = [block for run in runs for block in _embedded(writer, run)]
    text = (
        "Each point is a test image; near points have similar features. Distances between far groups and the size of a "
        "group mean little."
    )
    return section("t-SNE of the features", text, blocks) if runs else None


def _embedded(writer: StudyWriter, run: Run) -> list[dict[str, Any]]:
    """A block for each layer; all of them show the same images."""
    frame, found = run.read("embed", POINTS), run.metrics["embed"]
    name, made_by = f"tsne-{run.name}", [f"embed@{run.name}"]
    common = {"file": writer.data(name, frame), **writer.sprite(name, [run.path("embed")])}
    classes = common["sprite"]["classes"]
    common["legend"] = [{"name": str(label), "colour": class_colour(n)} for n, label in enumerate(classes)]
    caption = f"{found['points']:,} test images, perplexity {found['perplexity']:g}."
    if (shown := len(common["sprite"]["rows"])) < found["points"]:
        caption += f" The interactive map shows {shown:,} of them."
    if not frame["label"].str.fullmatch(r"\d+").all():
        caption += f" {SEVERAL}"
    blocks = []
    for layer, part in frame.groupby("layer", sort=False):
        inner = f"{name}-{slug(layer)}"
        maps = []
        for iterations, points in part.groupby("iterations", sort=True):
            still = _still(writer, inner, points, int(iterations), found["layers"][layer], made_by)
            maps.append({"iterations": int(iterations), "still": still})
        block = {"kind": "embedding", "id": inner, "title": f"t-SNE of {layer}, {run.label}", "layer": layer}
        blocks.append({**block, "caption": caption, **common, "maps": maps, "made_by": made_by})
    return blocks


def _still(
    writer: StudyWriter, name: str, points: pd.DataFrame, iterations: int, scores: dict[str, Any], made_by: list[str]
) -> dict[str, Any]:
    scores = scores[f"iterations_{iterations}"]
    told = (
        f"{iterations} iterations: Kullback-Leibler divergence {formatted(scores['kl_divergence'], '.2f')}, "
        f"{formatted(scores['neighbourhood_preservation'], '.1%')} of neighbours preserved, "
        f"{formatted(scores['same_class'], '.1%')} of neighbours on the map of the same class"
    )
    colours = [of_label(label) for label in points["label"]]
    drawing = figures.scatter(points["x"].to_numpy(), points["y"].to_numpy(), colours)
    title = f"{iterations} iterations"
    return writer.figure(f"{name}-{iterations}", drawing, title, f"{told}.", f"Map, {told}", made_by, ".webp")
