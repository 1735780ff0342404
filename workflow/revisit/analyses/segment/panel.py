"""The class of every pixel: scores, confusion, and maps beside those of the annotators."""

from typing import Any

import numpy as np

from revisit.analyses.segment import tables
from revisit.report import figures
from revisit.report.numbers import formatted
from revisit.report.panel import panel
from revisit.report.runs import Run
from revisit.report.study_writer import Section, StudyWriter, row, section

PER_CLASS = {
    "class": ("class", "text"),
    "pixels": ("pixels", "integer"),
    "iou": ("IoU", "percent"),
    "low": ("95% from", "percent"),
    "high": ("to", "percent"),
    "accuracy": ("told right", "percent"),
    "mask_ap": ("as objects", "percent"),
}
SIDE, SWATCH = 160, 24  # pixels
MEASURES = {
    "mean_iou": "mean IoU",
    "weighted_iou": "weighted by pixels",
    "pixel_accuracy": "pixels told right",
    "mean_accuracy": "mean over the classes",
}


@panel("segments", order=86)
def segments(writer: StudyWriter) -> Section | None:
    """Maps, confusion and scores per class of each network that tells the class of every pixel."""
    blocks: list[dict[str, Any]] = []
    for run in writer.having("segment"):
        made_by = [f"segment@{run.name}"]
        if (run.folder / "segment/maps.npy").exists():  # else no image shows a class
            blocks.append(row(_pictures(writer, run, made_by), _legend(writer, run, made_by)))
        blocks += [_confusion(writer, run, made_by), _table(writer, run, made_by)]
    text = (
        "The class of every pixel of the test images, the background among them. IoU is the share of the pixels that "
        "are of a class or are taken for it and are both. Pixels at the borders of objects, void in the annotation, "
        "are left out. As objects: connected regions of a class, and the average precision of their masks."
    )
    return section("Every pixel", text, blocks) if blocks else None


def _pictures(writer: StudyWriter, run: Run, made_by: list[str]) -> dict[str, Any]:
    images, maps = run.array("segment/images.npy"), run.array("segment/maps.npy")
    shown = run.read("segment", tables.SHOWN)
    tiles = []
    for image, (real, predicted) in zip(images, maps, strict=True):
        larger = [figures.enlarged(each[..., None], SIDE)[..., 0] for each in (real, predicted)]
        picture = np.broadcast_to(image, (*image.shape[:2], 3))
        tiles += [figures.enlarged(picture, SIDE), *map(figures.painted, larger)]
    names = [
        f"{actual or 'nothing'} → {predicted or 'nothing'}"
        for actual, predicted in zip(shown["actual"], shown["predicted"], strict=True)
    ]
    grid = figures.mosaic(tiles, 3)
    title, data = f"Maps of classes, {run.label}", writer.data(f"maps-{run.name}", shown)
    caption = "Beside each row the classes that annotators saw → those that the network says, from the first class on."
    alt = f"{len(images)} test images, each beside two maps of classes. {'; '.join(names)}"
    columns = ("image", "annotated", "predicted")
    name = f"maps-{run.name}"
    return writer.figure(name, grid, title, caption, alt, made_by, ".webp", data=data, rows=names, columns=columns)


def _legend(writer: StudyWriter, run: Run, made_by: list[str]) -> dict[str, Any]:
    names = run.read("segment", tables.PER_CLASS)["class"].tolist()
    kinds = [*range(len(names)), 255]
    tiles = [figures.painted(np.full((SWATCH, 3 * SWATCH), kind, np.uint8)) for kind in kinds]
    title, alt = f"Colours and patterns, {run.label}", "A colour and a pattern for each class"
    grid, name = figures.mosaic(tiles, 1), f"legend-{run.name}"
    return writer.figure(name, grid, title, "Void counts for nothing.", alt, made_by, ".webp", rows=[*names, "void"])


def _confusion(writer: StudyWriter, run: Run, made_by: list[str]) -> dict[str, Any]:
    frame = run.read("segment", tables.CONFUSION)
    names = list(dict.fromkeys(frame["actual"]))
    counts = frame["pixels"].to_numpy().reshape(len(names), len(names))
    percent = np.rint(100 * counts / np.maximum(counts.sum(axis=1, keepdims=True), 1)).astype(np.int64)
    wrong = percent - np.diag(np.diag(percent))
    real, taken = np.unravel_index(wrong.argmax(), wrong.shape)
    most = f"{wrong[real, taken]}% of the pixels of {names[real]} are taken for {names[taken]}" if wrong.any() else ""
    caption = (
        f"Rows are true classes, in percent of their pixels. {most or 'Hardly a pixel is taken for another class'}."
    )
    title, data = f"Confusion of pixels, {run.label}", writer.data(f"pixels-{run.name}", frame)
    drawing, name = figures.confusion(percent, names), f"pixels-{run.name}"
    return writer.figure(name, drawing, title, caption, f"{title}. {caption}", made_by, data=data)


def _table(writer: StudyWriter, run: Run, made_by: list[str]) -> dict[str, Any]:
    frame, found = run.read("segment", tables.PER_CLASS), run.metrics["segment"]
    told = "; ".join(f"{text} {formatted(found[key], '.1%')}" for key, text in MEASURES.items())
    low, high = (formatted(found[f"mean_iou_{end}"], ".1%") for end in ("low", "high"))
    caption = (
        f"{told[0].upper()}{told[1:]}; the first one from {low} to {high} by bootstrap of the "
        f"{found['images']:,} images. As objects {formatted(found['mask_mean_average_precision'], '.1%')}."
    )
    return writer.table(f"ious-{run.name}", frame, f"Classes of pixels, {run.label}", PER_CLASS, made_by, caption)
