import numpy as np
import pandas as pd
import pytest
from PIL import Image

from revisit.analyses.inspect.looks.deconvnet.panel import deconvnet
from revisit.analyses.inspect.looks.evolution.panel import evolution
from revisit.analyses.inspect.looks.filters.panel import filters
from revisit.analyses.inspect.looks.strongest.panel import strongest
from revisit.report import palette
from revisit.report.study_writer import slug

PANELS = (filters, strongest, deconvnet, evolution)


def flat(blocks):
    return [inner for block in blocks for inner in (block["blocks"] if block["kind"] == "row" else [block])]


def picture(writer, block):
    with Image.open(writer.folder / block["file"]) as image:
        return np.asarray(image.convert("RGBA"))


def test_first_layers_side_by_side_with_what_the_networks_reach(writer, found):
    table, followed = flat(filters(writer)["blocks"])
    rows = pd.read_csv(writer.folder / table["file"]).set_index("experiment")
    assert rows["kernel"].tolist() == ["11×11", "7×7"]
    assert rows["dead"].tolist() == [6, 2]
    assert rows["map"].tolist() == pytest.approx([run.kept["test_map"] for run in writer.looked("first_layer")])
    assert table["columns"][-1] == {"key": "map", "label": "test mean AP", "format": "percent"}
    assert "caffenet (11×11, stride 4): 6 of 32 dead, 30.0% high frequencies, 20.0% low ones" in table["caption"]
    assert rows["low_frequency"].tolist() == [0.2, 0.2]
    assert (writer.folder / "tables/first-layer-caffenet_7x7.csv").is_file()
    assert (followed["rows"], followed["columns"]) == (["filter 4", "filter 9"], ["epoch 0", "epoch 30", "epoch 58"])
    assert followed["caption"].endswith("the mean of these filters: 80% at first, 51% in the end.")


def test_a_followed_filter_is_a_row(writer, found):
    block = flat(filters(writer)["blocks"])[1]
    image = picture(writer, block)
    cell = 7  # 80 // 11
    side = 11 * cell
    assert image.shape == (2 * side + 4, 3 * side + 2 * 4, 4)
    weights = np.load(found / "caffenet/inspect/filters_followed.npy")[2, 1]  # the third moment of the second filter
    largest = np.abs(np.load(found / "caffenet/inspect/filters_followed.npy")[:, 1]).max()
    tile = image[side + 4 :, 2 * (side + 4) :, :3][::cell, ::cell]
    assert tile == pytest.approx(127.5 + 127.5 * weights.transpose(1, 2, 0) / largest, abs=1)


def test_images_stand_above_the_strongest_map_of_each_layer(writer):
    (block,) = strongest(writer)["blocks"]
    assert block["rows"] == ["image", "conv1", "features.30"]
    assert block["columns"] == ["5", "6", "7", "8"]
    assert "Different maps among 4 images: conv1 3, features.30 3." in block["caption"]
    assert picture(writer, block).shape[:2] == (3 * 84 + 2 * 4, 4 * 84 + 3 * 4)  # tiles of 28, three times as large
    assert (writer.folder / block["data"]).is_file()


def test_projections_stand_beside_their_patches(writer):
    rows = deconvnet(writer)["blocks"]
    assert [[block["id"] for block in row["blocks"]] for row in rows] == [
        [f"deconvnet-caffenet-{slug(layer)}", f"deconvnet-patches-caffenet-{slug(layer)}"]
        for layer in ("conv1", "features.30")
    ]
    projections, patches = rows[1]["blocks"]
    assert projections["rows"] == ["map 3", "map 4"]
    assert "fields of 60 pixels: the 9 images of a map show 4.0 different classes on average" in patches["caption"]
    assert picture(writer, patches).shape[:2] == (2 * 48 + 4, 9 * 48 + 8 * 4)  # larger tiles are shrunk


def test_evolution_has_a_column_per_snapshot(writer):
    first, second, table = flat(evolution(writer)["blocks"])
    assert first["columns"] == second["columns"] == ["epoch 0", "epoch 30", "epoch 58"]
    assert first["rows"] == ["map 3", "its patch", "map 4", "its patch"]
    assert "the strongest of 1,200 images changes in 75% of the cases" in first["caption"]
    assert first["caption"].endswith("in 100% of the 1 jumps, in 50% of the other steps.")
    image = picture(writer, first)
    assert image.shape[:2] == (4 * 72 + 3 * 4, 3 * 72 + 2 * 4)
    jumps = pd.read_csv(writer.folder / table["file"])
    assert jumps["layer"].tolist() == [*writer.looked("evolution")[0].look("evolution")["layers"], "all"]
    assert jumps["counted"].tolist() == [2, 2, 4]
    assert "In 1 of the 1 jumps another image is the strongest, in 0 the same one" in table["caption"]


def test_a_layer_without_jumps_says_so(writer):
    of_layer = writer.looked("evolution")[0].look("evolution")["layers"]["conv1"]
    of_layer |= {"jumps": 0, "changed_at_jumps": None}
    assert "75% of the cases; no projection jumps." in flat(evolution(writer)["blocks"])[0]["caption"]


def test_jumps_and_other_images_have_frames(writer):
    first = flat(evolution(writer)["blocks"])[0]
    image = picture(writer, first).astype(int)

    def framed(row, column, colour):
        top, left = row * 76, column * 76
        edge = image[top, left : left + 72, :3]
        return np.abs(edge - np.frombuffer(bytes.fromhex(colour[1:]), np.uint8)).mean() < 30  # WebP is lossy

    found = {(r, c): (framed(r, c, palette.RUST), framed(r, c, palette.BLUE)) for r in range(4) for c in range(3)}
    marked = {place: colours for place, colours in found.items() if any(colours)}
    assert marked == {(0, 2): (True, False), (1, 2): (False, True)}


def test_parts_that_were_not_asked_for_are_left_out(writer):
    for run in writer.runs:
        for part in ("filters", "strongest", "deconvnet", "evolution", "first_layer"):
            run.metrics.get("inspect", {})[part] = None
    assert [panel(writer) for panel in PANELS] == [None] * 4


def test_what_is_not_known_says_so(writer):
    run = next(run for run in writer.runs if run.name == "caffenet")
    run.look("first_layer")["high_frequency"] = None
    run.look("deconvnet")["layers"]["conv1"]["mean_distinct_classes"] = None
    run.look("evolution")["layers"]["conv1"]["changed_image"] = None
    run.kept["test_map"] = None
    captions = [block["caption"] for panel in PANELS for block in flat(panel(writer)["blocks"])]
    assert sum("unknown" in caption for caption in captions) == 3
