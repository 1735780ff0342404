"""What the features know: linear probes by layer and t-SNE maps."""

import json
from typing import Any

import pandas as pd

from revisit.report import figures
from revisit.report.numbers import formatted
from revisit.report.palette import class_colour
from revisit.report.sheet import Run, Sheet, row, section

PROBE = {
    "layer": ("layer", "text"),
    "protocol": ("protocol", "text"),
    "dimensions": ("dimensions", "integer"),
    "C": ("C", "decimal"),
    "accuracy": ("accuracy", "percent"),
    "train_size": ("fit on", "integer"),
    "test_size": ("scored on", "integer"),
}


def probes(sheet: Sheet) -> dict[str, Any] | None:
    """Accuracy of a linear classifier on the features of each layer."""
    runs, blocks = sheet.having("probe"), []
    for run in runs:
        frame = run.table("probe/probe.csv")
        frame["layer"] = frame["layer"].astype(str)
        layers = list(dict.fromkeys(frame["layer"]))
        by_protocol = {}
        for protocol, part in frame.groupby("protocol", sort=False):
            found = dict(zip(part["layer"], part["accuracy"], strict=True))
            by_protocol[f"{protocol} protocol"] = [
                None if pd.isna(value := found.get(layer)) else float(value) for layer in layers
            ]
        drawing = figures.dots(layers, by_protocol, "accuracy")
        told = "; ".join(
            f"{layer}: "
            + ", ".join(f"{protocol} {formatted(found['accuracy'], '.1%')}" for protocol, found in protocols.items())
            for layer, protocols in run.metrics["probe"].items()
        )
        made_by, title = [f"probe@{run.name}"], f"Linear probes, {run.label}"
        caption = f"A linear SVM on the features of each layer. {told}."
        name = f"probe-{run.name}"
        blocks.append(
            row(
                sheet.figure(name, drawing, title, caption, f"Dot plot. {caption}", made_by),
                sheet.table(f"{name}-table", frame, f"{title}, in numbers", PROBE, made_by),
            )
        )
    text = (
        "Published protocol: fit and scored on parts of the test set. Sound protocol: fit on features of training "
        "images, scored on the whole test set."
    )
    return section("probes", "How much each layer knows", text, blocks) if runs else None


def embeddings(sheet: Sheet) -> dict[str, Any] | None:
    """t-SNE maps: points, pictures and a static picture for each number of iterations."""
    runs = sheet.having("embed")
    text = (
        "Each point is a test image; near points have similar features. Distances between far groups and the size of a "
        "group mean little."
    )
    blocks = [_embedding(sheet, run) for run in runs]
    return section("embedding", "t-SNE of the features", text, blocks) if runs else None


def _embedding(sheet: Sheet, run: Run) -> dict[str, Any]:
    frame, found = run.table("embed/points.csv"), run.metrics["embed"]
    sprite = json.loads(run.path("embed/sprite.json").read_text(encoding="utf-8"))
    name, made_by = f"tsne-{run.name}", [f"embed@{run.name}"]
    maps = []
    for iterations, part in frame.groupby("iterations", sort=True):
        scores = found[f"iterations_{iterations}"]
        told = (
            f"{iterations} iterations: Kullback-Leibler divergence {formatted(scores['kl_divergence'], '.2f')}, "
            f"{formatted(scores['neighbourhood_preservation'], '.1%')} of neighbours preserved"
        )
        drawing = figures.scatter(part["x"].to_numpy(), part["y"].to_numpy(), part["label"].to_numpy())
        still = sheet.figure(
            f"{name}-{iterations}", drawing, f"{iterations} iterations", f"{told}.", f"Map, {told}", made_by, ".png"
        )
        maps.append({"iterations": int(iterations), "still": still})
    legend = [{"name": str(label), "colour": class_colour(number)} for number, label in enumerate(sprite["classes"])]
    return {
        "kind": "embedding",
        "id": name,
        "title": f"t-SNE of {found['layer']}, {run.label}",
        "caption": f"{found['points']:,} test images, perplexity {found['perplexity']:g}.",
        "file": sheet.data(name, frame),
        "picture": sheet.picture(name, run.path("embed/thumbnails.png")),
        "sprite": sprite,
        "legend": legend,
        "maps": maps,
        "made_by": made_by,
    }
