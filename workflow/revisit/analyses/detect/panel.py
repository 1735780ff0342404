"""What detectors find: precision and recall, kinds of errors, and pictures with boxes."""

from typing import Any

import numpy as np
import pandas as pd

from revisit.analyses.detect import tables
from revisit.report import figures
from revisit.report.boxes import told
from revisit.report.numbers import formatted
from revisit.report.panel import panel
from revisit.report.runs import Run
from revisit.report.study_writer import Section, StudyWriter, row, section

PER_CLASS = {
    "class": ("class", "text"),
    "objects": ("objects", "integer"),
    "ap_area": ("average precision", "percent"),
    "low": ("95% from", "percent"),
    "high": ("to", "percent"),
    "ap_11": ("11-point", "percent"),
    "ap_coco": ("COCO", "percent"),
    "mask_ap": ("masks", "percent"),
    "svm_ap": ("SVMs", "percent"),
    "moved_ap": ("SVMs, moved", "percent"),
}
FATES = {
    "true": "right",
    "ignored": "difficult object",
    "duplicate": "found before",
    "localisation": "place wrong",
    "confusion": "class wrong",
    "both": "place and class wrong",
    "background": "no object",
    "missed": "object missed",
}
BOUNDS = {"precision": "", "low": "_low", "high": "_high"}
RESTYLED = {column: f"mean_average_precision{bound}" for column, bound in BOUNDS.items()}  # column -> in the summary
RESTYLED |= {f"kept{bound}": f"kept{bound}" for bound in BOUNDS.values()}
MOST = 20  # classes with a curve


@panel("detections", order=83)
def detections(writer: StudyWriter) -> Section | None:
    """Curves, fates, scores per class and pictures of each detector."""
    blocks: list[dict[str, Any]] = []
    for run in writer.having("detect"):
        made_by = [f"detect@{run.name}"]
        blocks.append(_curves(writer, run, made_by))
        second = [_second(writer, run, made_by)] if "svm_images" in run.metrics["detect"] else []
        other = [_restyled(writer, run, made_by)] if "restyled" in run.metrics["detect"] else []
        blocks += [row(_fates(writer, run, made_by)), _table(writer, run, made_by), *second, *other]
        blocks.append(_pictures(writer, run, made_by))
    text = (
        "On the test images, in the part of them that the network sees. A detection is right where it overlaps an "
        "object of its class by half of their union or more, and no surer one did. Average precision is the area below "
        "the precision-recall curve, as VOC 2007 has it the mean of eleven points of it (crosses); COCO's is a mean "
        "over overlaps from 0.5 to 0.95. Difficult objects, and those that the crop leaves less than 30% of, count "
        "neither way."
    )
    return section("What is found", text, blocks) if blocks else None


def _curves(writer: StudyWriter, run: Run, made_by: list[str]) -> dict[str, Any]:
    frame = run.read("detect", tables.CURVES)
    precisions = run.read("detect", tables.PER_CLASS).set_index("class")["ap_area"]
    shown = []
    for name, part in list(frame.groupby("class", sort=False))[:MOST]:
        curve, points = (
            (own["recall"].to_numpy(), own["precision"].to_numpy())
            for own in (part[part["kind"] == kind] for kind in ("curve", "point"))
        )
        shown.append(figures.Ranking(f"{name}  {precisions[name]:.1%}", curve, points))
    found, title = run.metrics["detect"], f"Precision over recall, {run.label}"
    mean, low, high = (formatted(found[f"mean_average_precision{end}"], ".1%") for end in ("", "_low", "_high"))
    caption = (
        f"Mean average precision {mean} ({low} to {high}), by eleven points "
        f"{formatted(found['mean_average_precision_11_point'], '.1%')}, COCO's "
        f"{formatted(found['mean_average_precision_coco'], '.1%')}. Hardest: {found['hardest_class'] or 'unknown'}; "
        f"easiest: {found['easiest_class'] or 'unknown'}."
    )
    data, drawing = writer.data(f"precision-{run.name}", frame), figures.rankings(shown)
    alt = f"A small curve per class. {caption}"
    wide = len(shown) > 3
    return writer.figure(f"precision-{run.name}", drawing, title, caption, alt, made_by, wide=wide, data=data)


def _fates(writer: StudyWriter, run: Run, made_by: list[str]) -> dict[str, Any]:
    frame, found = run.read("detect", tables.FATES), run.metrics["detect"]
    counts = frame.pivot(index="class", columns="fate", values="count").loc[list(dict.fromkeys(frame["class"]))]
    parts = {text: counts[fate].tolist() for fate, text in FATES.items()}  # all: a fate looks alike in every figure
    without = found["duplicates_without_suppression"]
    caption = (
        f"Detections with a score of {found['at_best_f1']['score']:.2f} or more, where F1 is best, and objects that "
        f"none of them found. Of all {found['detections']:,} detections {found['duplicates']:,} say again what a "
        f"surer one said; without non-maximum suppression {without:,} of "
        f"{found['detections_without_suppression']:,}, and the mean average precision is "
        f"{formatted(found['mean_average_precision_without_suppression'], '.1%')}."
    )
    data, drawing = writer.data(f"fates-{run.name}", frame), figures.stacked(list(counts.index), parts, "count")
    title = f"What became of detections, {run.label}"
    return writer.figure(f"fates-{run.name}", drawing, title, caption, f"{title}. {caption}", made_by, data=data)


def _second(writer: StudyWriter, run: Run, made_by: list[str]) -> dict[str, Any]:
    """By the last layer, by SVMs, and with regions moved."""
    found, key = run.metrics["detect"], "mean_average_precision"
    ends = {"": "the network's last layer", "_by_svms": "SVMs", "_by_svms_and_moves": "SVMs, boxes moved by regression"}
    rows = [
        {"by": name} | {column: found[f"{key}{end}{bound}"] for column, bound in BOUNDS.items()}
        for end, name in ends.items()
    ]
    columns = {"by": ("scores by", "text"), "precision": ("mean average precision", "percent")}
    columns |= {"low": ("95% from", "percent"), "high": ("to", "percent")}
    caption = (
        f"Linear machines on the network's features of regions, learnt from {found['svm_images']:,} training images; "
        f"{found['svm_regions']:,} regions, objects and hard ones that are none, remained to learn from."
    )
    title = f"In place of the last layer, {run.label}"
    return writer.table(f"svms-{run.name}", pd.DataFrame(rows), title, columns, made_by, caption)


def _restyled(writer: StudyWriter, run: Run, made_by: list[str]) -> dict[str, Any]:
    """In the test images as they are, and as pictures of another kind."""
    found, key = run.metrics["detect"]["restyled"], "mean_average_precision"
    rows = [{"style": "as they are", "precision": found[key]}]
    for style, own in found.items():
        if isinstance(own, dict):
            rows.append({"style": style} | {column: own[name] for column, name in RESTYLED.items()})
    names = {"style": ("images", "text"), "precision": ("mean average precision", "percent")}
    names |= {"low": ("95% from", "percent"), "high": ("to", "percent"), "kept": ("share kept", "percent")}
    names |= {"kept_low": ("95% from", "percent"), "kept_high": ("to", "percent")}
    caption = (
        f"The first {found['images']:,} test images, as paintings without textures and as grey sketches; intervals by "
        "bootstrap of the images, the same ones on both sides of a share. Regions that a network is given were "
        "searched in these pictures."
    )
    title = f"Pictures of another kind, {run.label}"
    frame = pd.DataFrame(rows, columns=list(names))
    return writer.table(f"restyled-{run.name}", frame, title, names, made_by, caption)


def _table(writer: StudyWriter, run: Run, made_by: list[str]) -> dict[str, Any]:
    frame, found = run.read("detect", tables.PER_CLASS), run.metrics["detect"]
    columns = {key: about for key, about in PER_CLASS.items() if key in frame}
    caption = f"{found['objects']:,} objects in {found['images']:,} images; intervals by bootstrap of the images."
    if "mask_mean_average_precision" in found:
        caption += f" By masks the mean is {formatted(found['mask_mean_average_precision'], '.1%')}."
    return writer.table(f"found-{run.name}", frame, f"Classes, {run.label}", columns, made_by, caption)


def _pictures(writer: StudyWriter, run: Run, made_by: list[str]) -> dict[str, Any]:
    frame = run.read("detect", tables.THRESHOLDS)
    writer.data(f"thresholds-{run.name}", frame)
    counts = frame[["score", "true_positives", "false_positives", "false_negatives"]]
    levels = [[round(score, 2), *map(int, numbers)] for score, *numbers in counts.itertuples(index=False)]
    threshold = run.metrics["detect"]["at_threshold"]["score"]
    name = f"boxes-{run.name}"
    return {
        "kind": "detections",
        "id": name,
        "title": f"Boxes, {run.label}",
        "caption": "At most 20 detections in a picture, with scores from 0.05; the counts are of all test images.",
        "file": writer.data(name, _with_fates(run.read("detect", tables.SHOWN))),
        **writer.sprite(name, [run.path("detect")]),
        "levels": levels,
        "threshold": threshold,
        "told": told(levels[int(np.abs(frame["score"] - threshold).argmin())]),
        "made_by": made_by,
    }


def _with_fates(frame: pd.DataFrame) -> pd.DataFrame:
    """With `told`, what became of a detection in words."""
    return frame.assign(told=frame["fate"].map(FATES).fillna(frame["fate"]))
