"""What is found in images: the panels of detectors and of networks for pixels, and their blocks on the page."""

import json
import re
import shutil
from dataclasses import replace

import numpy as np
import pandas as pd
import pytest

from revisit import paths
from revisit.analyses.detect.panel import detections
from revisit.analyses.segment.panel import segments
from revisit.report import boxes, figures
from revisit.report.figures.objects import PERIOD
from revisit.report.panels.detectors import proposals, speed


def flat(blocks):
    return [inner for block in blocks for inner in (block["blocks"] if block["kind"] == "row" else [block])]


def by_id(section):
    return {block["id"]: block for block in flat(section["blocks"])}


def test_a_detector_has_curves_fates_tables_and_pictures(writer):
    found = by_id(detections(writer))
    assert list(found) == [f"{name}-dense" for name in ("precision", "fates", "found", "svms", "restyled", "boxes")]
    assert "without non-maximum suppression 2,500 of 6,000" in found["fates-dense"]["caption"]
    assert [column["key"] for column in found["found-dense"]["columns"][-3:]] == ["mask_ap", "svm_ap", "moved_ap"]
    assert "1,000 training images; 4,321 regions" in found["svms-dense"]["caption"]
    assert list(pd.read_csv(writer.folder / found["svms-dense"]["file"]).precision) == [0.6, 0.55, 0.55]
    table = pd.read_csv(writer.folder / found["restyled-dense"]["file"])
    assert table["style"].tolist() == ["as they are", "painting", "sketch"]
    assert table["precision"].tolist() == pytest.approx([0.4, 0.3, np.nan], nan_ok=True)
    assert table["kept"].tolist() == pytest.approx([np.nan, 0.75, np.nan], nan_ok=True)
    assert found["restyled-dense"]["caption"].startswith("The first 40 test images")
    block = found["boxes-dense"]
    assert (block["threshold"], len(block["levels"]), block["levels"][49]) == (0.5, 99, [0.5, 600, 300, 700])
    assert block["told"] == (
        "600 true positives, 300 false positives, 700 objects missed: precision 66.7%, recall 46.2%"
    )
    assert pd.read_csv(writer.folder / block["file"]).told[2] == "place wrong"
    assert all(block["made_by"] == ["detect@dense"] for block in found.values())


def test_a_network_without_masks_and_svms_has_no_column_of_them(writer, tmp_path, found):
    run = writer.runs[-1]
    run.folder = shutil.copytree(found / "dense", tmp_path / "dense")
    table = pd.read_csv(run.folder / "detect/per_class.csv", keep_default_na=False)
    table.drop(columns=["mask_ap", "svm_ap", "moved_ap"]).to_csv(run.folder / "detect/per_class.csv", index=False)
    for key in ("mask_mean_average_precision", "svm_images", "restyled"):
        del run.metrics["detect"][key]
    section = by_id(detections(writer))
    assert not {"svms-dense", "restyled-dense"} & set(section)
    assert "mask" not in section["found-dense"]["caption"]


def test_all_proposals_stand_in_one_figure_for_an_overlap(writer):
    found = by_id(proposals(writer))
    assert list(found) == ["proposals-50", "proposals-70", "proposals-table"]
    assert found["proposals-50"]["caption"] == (
        "At most: network of dense 75.0% with 300; given to dense 60.0% with 300; sliding windows 50.0% with 300."
    )
    table = pd.read_csv(writer.folder / found["proposals-table"]["file"])
    assert list(table.boxes) == [10, 50, 300]
    assert list(table["sliding windows, 0.5"]) == pytest.approx([10 / 600, 50 / 600, 0.5])


def test_given_proposals_are_called_as_they_were_found(writer):
    writer.runs[-1].metrics["proposals"] = {"method": "selective_search"}
    assert "selective search 60.0% with 300" in by_id(proposals(writer))["proposals-70"]["caption"]


def test_without_proposals_there_is_no_section_of_them(writer, tmp_path, found):
    writer.runs[-1].folder = shutil.copytree(found / "dense", tmp_path / "dense")
    (tmp_path / "dense/detect/recall.csv").unlink()
    assert proposals(writer) is None


def test_what_detections_cost_takes_two_detectors(writer):
    dense = writer.runs[-1]
    dense.train["operations"] = 250_000_000
    assert speed(writer) is None
    other = replace(dense, name="tuned", label="tuned")
    other.metrics = dense.metrics | {"train": dense.train | {"operations": 50_000_000}}
    writer.runs.append(other)
    found = by_id(speed(writer))
    assert list(found) == ["speed-figure", "speed-table"]
    assert found["speed-figure"]["caption"] == (
        "With intervals of 95%. tuned 60.0% for 50 million; dense 60.0% for 250 million."
    )
    table = pd.read_csv(writer.folder / found["speed-table"]["file"])
    assert list(table.operations) == [50, 250]
    assert list(table.passes) == [100, 100]


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
