"""What is found in images: the panels of detectors and of networks for pixels, and their blocks on the page."""

import json
import re

import numpy as np
import pandas as pd
import pytest

from revisit import paths
from revisit.analyses.detect.panel import detections
from revisit.analyses.segment.panel import segments
from revisit.report import boxes, figures
from revisit.report.figures.objects import PERIOD


def flat(blocks):
    return [inner for block in blocks for inner in (block["blocks"] if block["kind"] == "row" else [block])]


def by_id(section):
    return {block["id"]: block for block in flat(section["blocks"])}


def test_a_detector_has_curves_fates_proposals_a_table_and_pictures(writer):
    found = by_id(detections(writer))
    assert list(found) == [f"{name}-dense" for name in ("precision", "fates", "proposals", "found", "boxes")]
    assert "without non-maximum suppression 2,500 of 6,000" in found["fates-dense"]["caption"]
    assert "given, IoU 0.7: 75.0% of 300" in found["proposals-dense"]["caption"]
    assert found["found-dense"]["columns"][-1]["key"] == "mask_ap"
    block = found["boxes-dense"]
    assert (block["threshold"], len(block["levels"]), block["levels"][49]) == (0.5, 99, [0.5, 600, 300, 700])
    assert block["told"] == (
        "600 true positives, 300 false positives, 700 objects missed: precision 66.7%, recall 46.2%"
    )
    assert pd.read_csv(writer.folder / block["file"]).told[2] == "place wrong"
    assert all(block["made_by"] == ["detect@dense"] for block in found.values())


def test_a_network_without_proposals_and_masks_has_no_figure_of_them(writer, tmp_path, found):
    import shutil

    run = writer.runs[-1]
    run.folder = shutil.copytree(found / "dense", tmp_path / "dense")
    (run.folder / "detect/recall.csv").unlink()
    table = pd.read_csv(run.folder / "detect/per_class.csv", keep_default_na=False).drop(columns="mask_ap")
    table.to_csv(run.folder / "detect/per_class.csv", index=False)
    del run.metrics["detect"]["mask_mean_average_precision"]
    section = by_id(detections(writer))
    assert "proposals-dense" not in section
    assert "mask" not in section["found-dense"]["caption"]


def test_boxes_on_the_page(drawn, monkeypatch, parsed):
    monkeypatch.chdir(drawn[0])
    text = (paths.REPORT / "scenes.html").read_text(encoding="utf-8")
    (figure,) = re.findall(r'<figure id="scenes-boxes-dense".*?</figure>', text, re.DOTALL)
    groups = re.findall(r"<g([^>]*)>(.*?)</g>", figure)
    assert len(groups) == 5 * 4
    hidden = [("hidden" in attributes, "data-score" in attributes) for attributes, _ in groups]
    assert hidden.count((True, True)) == 5  # 0.3 in each picture
    assert hidden.count((False, True)) == 10
    assert hidden.count((False, False)) == 5  # the objects
    looks = re.findall(r'<rect class="(\w+)"', figure.partition('class="scenes"')[2])
    assert looks == ["right", "wrong", "neither", "truth"] * 5
    assert "&lt;b&gt;cow&lt;/b&gt; &amp; $x^$ 0.90" in figure
    assert "<b>cow" not in figure
    assert 'type="range"' in figure
    assert " hidden>" in figure  # without a script there is no slider
    assert "600 true positives" in figure
    levels = json.loads(re.search(r'data-levels="([^"]*)"', figure)[1])
    assert len(levels) == 99


def test_boxes_are_drawn_in_one_size():
    row = {"picture": "0", "image": "7", "what": "detection", "class": "cow", "score": "0.5", "fate": "true"}
    row |= {"x0": "0.25", "y0": "0.5", "x1": "0.75", "y1": "1", "told": "right"}
    block = {"sprite": {"columns": 1, "tile": [32, 64], "rows": [0]}, "threshold": 0.5}
    made = boxes.pictures(block, [row])
    assert made["size"] == ("160", "80")
    (picture,) = made["pictures"]
    assert picture["name"] == "test image 7: no object"
    (box,) = picture["boxes"]
    assert (box["x"], box["y"], box["w"], box["h"], box["shown"]) == ("40.0", "40.0", "80.0", "40.0", True)


@pytest.mark.parametrize(
    ("level", "told"), [([0.9, 0, 0, 5], "precision unknown, recall 0.0%"), ([0.1, 0, 3, 0], "recall unknown")]
)
def test_shares_of_nothing_are_unknown(level, told):
    assert boxes.told(level).endswith(told)


def test_maps_of_classes_have_rows_columns_and_a_legend(writer):
    found = by_id(segments(writer))
    assert list(found) == [f"{name}-dense" for name in ("maps", "legend", "pixels", "ious")]
    assert found["maps-dense"]["columns"] == ["image", "annotated", "predicted"]
    assert found["maps-dense"]["rows"] == ["person, horse → person", *["person, horse → nothing"] * 2]
    assert len(found["legend-dense"]["rows"]) == 8
    assert "Rows are true classes, in percent of their pixels." in found["pixels-dense"]["caption"]
    assert found["ious-dense"]["caption"].startswith("Mean IoU 70.0%; weighted by pixels 70.0%")


def test_classes_differ_in_pattern_as_well_as_in_colour():
    tiles = np.stack([figures.painted(np.full((4 * PERIOD, 4 * PERIOD), kind, np.uint8)) for kind in range(1, 7)])
    dark = tiles.sum(axis=-1) < tiles.sum(axis=-1).max(axis=(1, 2), keepdims=True)
    assert len({pattern.tobytes() for pattern in dark}) == 6
    assert not dark[0].any()
    for kind in (0, 255):
        assert len(np.unique(figures.painted(np.full((9, 9), kind, np.uint8)).reshape(-1, 3), axis=0)) == 1
