import json
import shutil

import pandas as pd
import pytest
from PIL import Image

from revisit.analyses.embed.panel import SEVERAL, embeddings
from revisit.analyses.probe.panel import probes


def run_of(writer, name):
    return next(run for run in writer.runs if run.name == name)


def test_all_probed_layers_stand_in_one_table_in_the_metric_of_the_data(writer):
    blocks = probes(writer)["blocks"]
    side_by_side = blocks[0]
    assert [column["label"] for column in side_by_side["columns"]] == [
        "experiment",
        "layer",
        "dimensions",
        "mean AP, sound",
        "mean AP, published",
    ]
    rows = pd.read_csv(writer.folder / side_by_side["file"])
    assert list(zip(rows["experiment"], rows["layer"], strict=True)) == [
        ("scratch", "pool5"),
        ("scratch", "features.30"),
        ("tuned", "pool5"),
        ("tuned", "features.30"),
    ]
    assert list(rows["sound"]) == pytest.approx([0.3, 0.33, 0.33, 0.39])
    assert rows["published"].isna().tolist() == [True, True, False, False]
    figure, table = blocks[3]["blocks"]
    assert figure["caption"].startswith("A linear SVM on the features of each layer. pool5: published 30.0%")
    assert {"key": "map", "label": "mean AP", "format": "percent"} in table["columns"]


def test_several_seeds_do_not_become_layers(writer):
    run = run_of(writer, "scratch")
    found = dict(run.metrics["probe"])
    run.metrics["probe"] |= {"replicates": [found, found]}
    run.settings["replicates"] = 2
    caption = probes(writer)["blocks"][1]["blocks"][0]["caption"]
    told = "pool5: sound 30.0%; features.30: sound 33.0%."
    assert caption == f"A linear SVM on the features of each layer, of the first seed. {told}"


def test_each_class_has_a_column_per_probe_in_a_folded_table(writer):
    block = next(block for block in probes(writer)["blocks"] if block.get("id") == "probe-tuned-classes")
    assert block["folded"]
    assert [column["key"] for column in block["columns"]] == [
        "class",
        "pool5, published",
        "pool5, sound",
        "features.30, published",
        "features.30, sound",
    ]
    rows = pd.read_csv(writer.folder / block["file"], keep_default_na=False)
    assert list(rows["class"])[4] == "NA"
    assert (rows["pool5, sound"] == 0.3).all()


def test_one_probed_run_of_one_label_needs_no_comparison(writer, tmp_path, found):
    shutil.copytree(found / "scratch/probe", tmp_path / "scratch/probe")
    table = tmp_path / "scratch/probe/probe.csv"
    table.write_text(table.read_text().replace(",map,", ",accuracy,"))
    (tmp_path / "scratch/probe/per_class.csv").unlink()
    run = run_of(writer, "scratch")
    run.folder = tmp_path / "scratch"
    run.metrics["probe"] = json.loads(json.dumps(run.metrics["probe"]).replace('"map"', '"accuracy"'))
    run.metrics["probe"]["features.30"]["sound"]["accuracy"] = None
    writer.runs = [run]
    (block,) = probes(writer)["blocks"]
    assert "features.30: sound unknown" in block["blocks"][0]["caption"]
    assert {"key": "accuracy", "label": "accuracy", "format": "percent"} in block["blocks"][1]["columns"]


def test_the_layers_of_a_run_are_maps_that_share_a_picture(writer):
    run_of(writer, "tuned").metrics["embed"]["layers"]["features.30"]["iterations_300"]["kl_divergence"] = None
    pool, deep, other = embeddings(writer)["blocks"]
    assert [block["id"] for block in (pool, deep, other)] == [
        "tsne-tuned-pool5",
        "tsne-tuned-features-30",
        "tsne-caffenet-pool5",
    ]
    assert pool["title"] == "t-SNE of pool5, tuned"
    assert (pool["picture"], pool["file"]) == (deep["picture"], deep["file"])
    assert [map_["iterations"] for map_ in deep["maps"]] == [300, 750]
    assert (
        "divergence unknown, 55.0% of neighbours preserved, 45.0% of neighbours on the map of the same class"
        in deep["maps"][0]["still"]["caption"]
    )
    assert SEVERAL in pool["caption"]
    with Image.open(writer.folder / pool["picture"]) as image:
        assert image.size == (32 * 28, 2 * 28)
    stills = {map_["still"]["file"] for block in (pool, deep, other) for map_ in block["maps"]}
    assert len(stills) == 6


def test_points_keep_their_labels_as_text(writer):
    pool = embeddings(writer)["blocks"][0]
    rows = pd.read_csv(writer.folder / pool["file"], dtype=str, keep_default_na=False)
    assert rows["label"].tolist()[:5] == ["0", "3 5", "0 1", "2", ""]


def test_only_points_with_an_image_are_on_the_interactive_map(writer, found, tmp_path):
    run = run_of(writer, "caffenet")
    run.folder = tmp_path / "caffenet"
    shutil.copytree(found / "caffenet/embed", run.folder / "embed")
    described = json.loads((run.folder / "embed/sprite.json").read_text())
    described["rows"] = described["rows"][:14]
    (run.folder / "embed/sprite.json").write_text(json.dumps(described))
    writer.runs = [run]
    (block,) = embeddings(writer)["blocks"]
    assert block["sprite"]["rows"] == described["rows"]
    assert "The interactive map shows 14 of them." in block["caption"]
    assert len(pd.read_csv(writer.folder / block["file"])) == 80  # the table has them all


def test_probes_of_a_diverged_network_are_unknown(writer, tmp_path, found):
    run = run_of(writer, "scratch")
    run.folder = tmp_path / "scratch"
    shutil.copytree(found / "scratch/probe", run.folder / "probe")
    for name, key in (("probe", "map"), ("per_class", "average_precision")):
        rows = pd.read_csv(run.folder / f"probe/{name}.csv", keep_default_na=False)
        rows.assign(**{key: None}).to_csv(run.folder / f"probe/{name}.csv", index=False)
    for layer in run.metrics["probe"].values():
        layer["sound"]["map"] = None
    writer.runs = [run]
    row, _ = probes(writer)["blocks"]
    assert row["blocks"][0]["caption"].endswith("pool5: sound unknown; features.30: sound unknown.")
