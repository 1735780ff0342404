import numpy as np
import pandas as pd
import pytest
from PIL import Image

from revisit.analyses.inspect.looks.correspondence.panel import correspondence
from revisit.analyses.inspect.looks.invariance.panel import invariance
from revisit.analyses.inspect.looks.occlusion.panel import occlusion

HOSTILE = "<b>cow</b> & $x^$"
PANELS = (invariance, occlusion, correspondence)


def looked(writer):
    return next(run for run in writer.runs if run.name == "caffenet")


def test_a_column_for_each_transformation_and_a_line_for_each_layer(writer):
    figure, table = invariance(writer)["blocks"]
    svg = (writer.folder / figure["file"]).read_text()
    for text in ("Moved", "Enlarged", "Turned", "conv1", "fc7", "degrees", "probability"):
        assert f">{text}<" in svg
    assert figure["wide"]
    assert "Mean over 3 test images" in figure["caption"]
    assert "conv1 moved 0.80, enlarged 0.80, turned 0.80; fc7 moved 0.60" in figure["alt"]
    assert [column["label"] for column in table["columns"]] == ["layer", "moved", "enlarged", "turned"]
    names = {path.name for path in (writer.folder / "tables").iterdir()}
    assert {"invariance-caffenet.csv", "invariance-caffenet-probability.csv"} <= names


def test_the_panels_of_figure_7_and_their_numbers(writer, found):
    figure, table = occlusion(writer)["blocks"]
    assert figure["rows"] == ["a square hides", "strongest map", "its projection", "probability", "likeliest class"]
    assert figure["columns"][0] == "person"
    assert "Object: the boxes of the class in the image." in figure["caption"]
    assert "falls by 30.0 points on average over 3 images, elsewhere it falls by 5.0 points." in figure["caption"]
    assert (
        "The strongest map loses 40% of its sum where the square hides its projection, elsewhere 10%."
        in (figure["caption"])
    )
    rows = pd.read_csv(writer.folder / table["file"])
    assert rows["drop_off_object"].isna().tolist() == [False, False, True]
    with Image.open(writer.folder / figure["file"]) as image:
        pixels = np.asarray(image.convert("RGB")).astype(int)
    side = 112  # four times 28
    assert pixels.shape[:2] == (5 * side + 16, 3 * side + 8)
    tiles = [pixels[number * (side + 4) : number * (side + 4) + side, :side] for number in range(5)]
    assert tiles[0][30:54, 58:82] == pytest.approx(128, abs=6)  # the square of 7 pixels from 7, 14 on
    projection = np.load(found / "caffenet/inspect/occlusion_projection.npy")[0]
    assert abs(tiles[2][2::4, 2::4] - projection.astype(int)).mean() < 25
    for number, kind in ((1, "activation"), (3, "probability")):
        values = np.load(found / f"caffenet/inspect/occlusion_{kind}.npy")[0]
        places = [round((i + 0.5) * side / 9) for i in range(9)]
        brightness = tiles[number][np.ix_(places, places)].sum(axis=2).ravel()
        assert np.corrcoef(brightness, values.ravel())[0, 1] > 0.95


def test_the_likeliest_class_has_a_letter_with_a_name(writer):
    figure, _ = occlusion(writer)["blocks"]
    assert figure["caption"].endswith(f"The likeliest class with the square at each place: A person, B {HOSTILE}.")


def test_without_boxes_the_page_says_that_the_object_is_a_guess(writer):
    looked(writer).look("occlusion")["object"] = "pixels"
    figure, _ = occlusion(writer)["blocks"]
    assert "a rough guess in a photograph. Where the square is on it, the probability falls" in figure["caption"]


def test_parts_are_outlined_and_compared_with_random_ones_in_each_layer(writer):
    picture, tables = correspondence(writer)["blocks"]
    assert picture["caption"].endswith("The boxes: left sleeve blue, collar rust.")
    first, last = tables["blocks"]
    assert first["caption"].endswith("the parts are below random.")
    assert last["caption"].endswith("the parts are not below random.")
    assert [column["label"] for column in first["columns"]][2].endswith("over pairs, which share images")
    rows = pd.read_csv(writer.folder / first["file"])
    assert rows["part"].tolist() == ["left sleeve", "collar", "random 1", "fixed 1"]
    assert rows["delta"].tolist() == pytest.approx([0.1, 0.2, 0.3, 0.4])
    with Image.open(writer.folder / picture["file"]) as image:
        pixels = np.asarray(image.convert("RGB"))
    side = 140  # five times 28
    left, top = pixels[round(0.4 * side) + 1, 0], pixels[0, round(0.35 * side) + 1]
    assert left == pytest.approx([0x1F, 0x5F, 0x99], abs=12)
    assert top == pytest.approx([0xB5, 0x48, 0x1D], abs=12)


def test_parts_of_boxes_are_outlined_where_they_lie_in_each_image(writer, found):
    run = looked(writer)
    run.look("correspondence").update(
        object=[[0.5, 0.0, 1.0, 1.0]] * 3,
        boxes={"left_sleeve": [[0.5, 0.0, 0.75, 0.25], [0.6, 0.5, 0.9, 0.75], [0.5, 0.0, 0.75, 0.25]]},
        rows=list(range(5)),
    )
    picture, _ = correspondence(writer)["blocks"]
    assert "3 of the 5 test images that the network finds most like" in picture["caption"]
    assert "out of those that show one, whole and not difficult. The boxes, shares of the box of" in picture["caption"]
    assert picture["caption"].endswith(": left sleeve blue, collar rust; the object grey.")
    with Image.open(writer.folder / picture["file"]) as image:
        pixels = np.asarray(image.convert("RGB"))
    side = 140
    second = pixels[:, side + 4 : 2 * side + 4]
    blue, grey = [0x1F, 0x5F, 0x99], [0xA3, 0xA9, 0xB1]
    assert pixels[round(0.5 * side), 5] == pytest.approx(blue, abs=12)
    assert second[round(0.6 * side), round(0.5 * side) + 5] == pytest.approx(blue, abs=12)
    assert second[round(0.5 * side), 5] == pytest.approx(grey, abs=12)


def test_parts_that_were_not_asked_for_are_left_out(writer):
    for part in ("invariance", "occlusion", "correspondence"):
        looked(writer).metrics["inspect"].pop(part)
    assert [panel(writer) for panel in PANELS] == [None] * 3


def test_what_is_not_known_says_so(writer, found, tmp_path):
    run = looked(writer)
    run.look("invariance")["layers"]["conv1"] = dict.fromkeys(("translate", "scale", "rotate"))
    run.look("occlusion").update(drop_on_object=None, drop_off_object=-0.014, drop_on_projection=None)
    run.look("correspondence")["layers"]["fc7"] = dict.fromkeys(("parts", "random", "fixed"))
    figure, _ = invariance(writer)["blocks"]
    assert "conv1 moved unknown" in figure["alt"]
    caption = occlusion(writer)["blocks"][0]["caption"]
    assert "the probability changes by an unknown amount on average" in caption
    assert "elsewhere it rises by 1.4 points. The likeliest class" in caption
    caption = correspondence(writer)["blocks"][1]["blocks"][1]["caption"]
    assert caption == "Mean of the parts unknown, of random boxes unknown."


def test_a_diverged_network_is_drawn(writer, found, tmp_path):
    run = looked(writer)
    folder = tmp_path / "caffenet/inspect"
    folder.mkdir(parents=True)
    for file in (found / "caffenet/inspect").iterdir():
        (folder / file.name).write_bytes(file.read_bytes())
    for name in ("invariance.csv", "invariance_probability.csv"):
        rows = pd.read_csv(folder / name)
        rows[[key for key in ("distance", "distance_sd", "probability") if key in rows]] = np.nan
        rows.to_csv(folder / name, index=False)
    for kind in ("probability", "activation"):
        np.save(folder / f"occlusion_{kind}.npy", np.full((3, 9, 9), np.nan, np.float32))
    run.folder = folder.parent
    assert all(panel(writer) for panel in PANELS)


def test_findings_of_an_earlier_version_show_the_panels_that_they_have(writer, found):
    folder = found / "caffenet/inspect"
    for name in ("class", "projection"):
        (folder / f"occlusion_{name}.npy").unlink()
    table = pd.read_csv(folder / "occlusion.csv")
    later = ["top", "left", "first_on_object", "first_off_object"]
    table.drop(columns=later).to_csv(folder / "occlusion.csv", index=False)
    look = looked(writer).look("occlusion")
    for key in ("first", "object", "input", "first_on_object", "first_off_object"):
        look.pop(key, None)
    figure, shown = occlusion(writer)["blocks"]
    assert figure["rows"] == ["image", "strongest map", "probability"]
    assert not set(later) & {column["key"] for column in shown["columns"]}
    assert "likeliest" not in figure["caption"]
