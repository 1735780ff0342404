"""The whole study, from its findings to the page."""

import json
import re

import pandas as pd
import pytest
from PIL import Image

from revisit import paths
from revisit.report import panel
from revisit.report.panel import sections as all_sections
from revisit.report.panels import results

HOSTILE = "<b>cow</b> & $x^$"
LARGEST = 150_000  # bytes of a picture


def flat(blocks):
    for block in blocks:
        yield from flat(block["blocks"]) if block["kind"] == "row" else [block]


@pytest.fixture
def page(drawn, monkeypatch, parsed):
    folder, _ = drawn
    monkeypatch.chdir(folder)
    return parsed((paths.REPORT / "scenes.html").read_text(encoding="utf-8"))


def test_every_section_in_reading_order(drawn):
    sections = [section["id"] for section in drawn[1]["sections"]]
    wanted = (
        "results curves gradients inputs classes gain proposals detections segments costs parameters filters strongest "
        "deconvnet faithfulness evolution invariance hierarchy occlusion correspondence reuse probes embedding "
        "neighbours"
    )
    assert sections == wanted.split()
    assert sections == [name for name in all_sections() if name in sections]


def test_every_figure_says_what_it_is_and_hands_on_its_numbers(drawn, page):
    blocks = [block for section in drawn[1]["sections"] for block in flat(section["blocks"])]
    figures = [block for block in blocks if block["kind"] == "figure"]
    assert all(block["title"] and block["caption"] and block["alt"] and block["made_by"] for block in figures)
    ids = [block["id"] for block in blocks]
    assert len(ids) == len(set(ids))
    handed = {path.name for path in (paths.REPORT / "data").iterdir()}
    named = {attributes["href"] for tag, attributes in page.found if tag == "a" and "href" in attributes}
    for block in figures:
        if "data" in block:
            name = f"scenes-{block['data'].partition('/')[2]}"
            assert name in handed
            assert f"data/{name}" in named
    for kind in ("strongest", "deconvnet", "evolution", "invariance", "occlusion-caffenet-table", "correspondence"):
        assert any(name.startswith(f"scenes-{kind}") for name in handed), kind


def test_pictures_are_small_files(drawn):
    folder = drawn[0] / paths.study("scenes") / "figures"
    sizes = {path.name: path.stat().st_size for path in folder.iterdir() if path.suffix != ".svg"}
    assert len(sizes) > 15
    assert max(sizes.values()) < LARGEST, sizes


def test_names_from_data_stay_text(page):
    tags = {tag for tag, _ in page.found}
    assert "b" not in tags
    assert not any("cow" in (attributes.get("class") or "") for _, attributes in page.found)
    text = "".join(page.text)
    assert text.count(HOSTILE) > 10
    for script in page.scripts[:-1]:
        assert "</" not in script
        assert HOSTILE in {kind["name"] for kind in json.loads(script)["kinds"]}


def test_maps_of_the_same_images_share_a_picture_on_the_page(page):
    boxes = [attributes["data-picture"] for _, attributes in page.found if "data-picture" in attributes]
    pictures = [attributes for tag, attributes in page.found if tag == "img" and (attributes.get("id") or "") in boxes]
    assert len(boxes) == 3
    assert len(set(boxes)) == len(pictures) == 1
    assert pictures[0]["src"].startswith("data:image/webp;base64,")


def test_rows_and_columns_of_pictures_are_named_in_text(page):
    text = [part.strip() for part in page.text]
    assert {"filter 4", "epoch 58", "map 4", "strongest map"} <= set(text)


def test_a_query_stands_once_for_all_networks(page):
    spans = [int(attributes["rowspan"]) for tag, attributes in page.found if attributes.get("rowspan")]
    assert spans == [2, 2, 2]
    names = [part for part in page.text if "no class" in part]
    assert any("≠" in part for part in names)
    thumbs = [attributes for tag, attributes in page.found if (attributes.get("class") or "").startswith("thumb ")]
    assert len(thumbs) == 3 + 3 * 2 * 2 * 3  # queries; neighbours of each, for two networks and two layers


def test_the_same_findings_give_the_same_bytes(drawn, found, draw, tmp_path, monkeypatch):
    def content(folder):
        files = [path for path in sorted(folder.rglob("*")) if path.is_file()]
        return {str(path.relative_to(folder)): path.read_bytes() for path in files}

    monkeypatch.chdir(tmp_path)
    draw(found)
    assert content(tmp_path / "results") == content(drawn[0] / "results")


def test_tiles_are_those_of_their_test_images(drawn):
    described = drawn[1]
    (block,) = next(part["blocks"] for part in described["sections"] if part["id"] == "neighbours")
    sprite = block["sprite"]
    with Image.open(drawn[0] / paths.study("scenes") / block["picture"]) as image:
        for number, row in enumerate(sprite["rows"]):
            y, x = divmod(number, sprite["columns"])
            middle = image.getpixel((28 * x + 14, 28 * y + 14))
            assert middle == pytest.approx((row % 256, 2 * row % 256, 90), abs=4)
    rows = pd.read_csv(drawn[0] / paths.study("scenes") / block["file"])
    assert set(rows["query"]) | set(rows["neighbour"]) == set(sprite["rows"])
    assert re.fullmatch(r"figures/neighbours-tuned\.webp", block["picture"])


def test_two_panels_of_one_section_are_a_mistake(monkeypatch):
    other = panel.Panel("results", 5, lambda writer: None)
    monkeypatch.setattr(results, "other", other, raising=False)
    panel.panels.cache_clear()
    try:
        with pytest.raises(ValueError, match="two panels draw the section results"):
            panel.panels()
    finally:
        panel.panels.cache_clear()
