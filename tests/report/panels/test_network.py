import json
import shutil

import pandas as pd
import pytest

from revisit.analyses.inspect.panel import network
from revisit.analyses.neighbours.panel import neighbours
from revisit.errors import ArtifactError


def flat(blocks):
    return [inner for block in blocks for inner in (block["blocks"] if block["kind"] == "row" else [block])]


def test_a_network_without_convolution_has_no_filters(writer):
    found = {block["id"]: block for block in flat(network(writer)["blocks"])}
    assert {"filters-caffenet", "filters-caffenet_7x7"} <= set(found)
    assert "filters-dense" not in found
    assert {"activations-caffenet", "activations-dense", "parameters-dense"} <= set(found)
    writer.runs = writer.runs[-1:]
    writer.folder = writer.folder / "dense"
    writer.__post_init__()
    assert [block["id"] for block in flat(network(writer)["blocks"])] == [
        "parameters-dense",
        "activations-dense",
    ]


def test_activations_stand_beside_those_of_the_strongest_map(writer):
    run = next(run for run in writer.runs if run.name == "caffenet")
    run.metrics["inspect"]["strongest_map"]["conv1"] = {"map": 2, "mean": 0.75, "variance": None}
    block = next(b for b in flat(network(writer)["blocks"]) if b["id"] == "activations-caffenet")
    rows = pd.read_csv(writer.folder / block["file"]).set_index("layer")
    assert rows.loc["conv1", ["near_zero", "strongest_mean"]].tolist() == [0.7, 0.75]
    assert rows.loc["fc1", ["strongest_mean", "strongest_variance"]].isna().all()  # it has no maps
    assert pd.isna(rows.loc["conv1", "strongest_variance"])
    assert {"near_zero", "strongest_mean", "strongest_variance"} <= {column["key"] for column in block["columns"]}


def test_equal_networks_share_a_table(writer):
    blocks = [block for block in flat(network(writer)["blocks"]) if block["id"].startswith("parameters")]
    assert [block["title"] for block in blocks] == [
        "Trainable parameters, caffenet and caffenet_7x7",
        "Trainable parameters, dense",
    ]
    assert blocks[0]["made_by"] == ["inspect@caffenet", "inspect@caffenet_7x7"]


def test_a_damaged_array_names_what_to_run(writer, tmp_path, found):
    run = next(run for run in writer.runs if run.name == "caffenet_7x7")
    run.folder = tmp_path / "caffenet_7x7"
    (run.folder / "inspect").mkdir(parents=True)
    for name in ("parameters.csv", "activations.csv"):
        (run.folder / "inspect" / name).write_text((found / "caffenet_7x7/inspect" / name).read_text())
    (run.folder / "inspect/filters.npy").write_bytes(b"no array")
    with pytest.raises(ArtifactError, match=r"filters\.npy is damaged.*inspect@caffenet_7x7"):
        network(writer)


def test_runs_with_the_same_queries_share_a_block(writer, found):
    (block,) = neighbours(writer)["blocks"]
    assert block["runs"] == {"tuned": "tuned", "caffenet": "caffenet"}
    assert block["made_by"] == ["neighbours@tuned", "neighbours@caffenet"]
    rows = pd.read_csv(writer.folder / block["file"], dtype=str, keep_default_na=False)
    assert list(rows["experiment"].unique()) == ["tuned", "caffenet"]
    assert {"", "0 1", "3 5"} <= set(rows["neighbour_label"])
    shown = {int(row) for row in (*rows["query"], *rows["neighbour"])}
    assert block["sprite"]["rows"] == sorted(shown)
    assert "tuned: pool5 80.0%, fc7 80.0%; caffenet: pool5 80.0%" in block["caption"]


def test_runs_with_other_queries_or_data_do_not(writer):
    tuned = next(run for run in writer.runs if run.name == "tuned")
    tuned.settings["dataset"] = "others"
    blocks = neighbours(writer)["blocks"]
    assert [list(block["runs"]) for block in blocks] == [["tuned"], ["caffenet"]]
    assert blocks[0]["sprite"]["rows"] != blocks[1]["sprite"]["rows"]


def test_damaged_tiles_name_what_to_run(writer, tmp_path, found):
    run = next(run for run in writer.runs if run.name == "caffenet")
    run.folder = tmp_path / "caffenet"
    shutil.copytree(found / "caffenet/neighbours", run.folder / "neighbours")
    sprite = run.folder / "neighbours/sprite.json"
    described = json.loads(sprite.read_text())
    sprite.write_text(json.dumps(described | {"rows": described["rows"][:-1]}))
    writer.runs = [run]
    with pytest.raises(ArtifactError, match=r"no tile of test image \d+: run `dvc repro --force neighbours@caffenet`"):
        neighbours(writer)
    (run.folder / "neighbours/thumbnails.png").write_bytes(b"no picture")
    with pytest.raises(ArtifactError, match=r"cannot be read.*neighbours@caffenet"):
        neighbours(writer)
