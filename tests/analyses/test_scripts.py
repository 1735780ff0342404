"""The scripts of the analyses: what they write, that two processes write the same bytes, and how light they are."""

import json
import os
import subprocess
import sys
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from PIL import Image

from revisit import paths
from revisit.analyses.evaluate.usual import top_k

SCRIPTS = Path(__file__).parents[2] / "workflow" / "scripts"
SETTINGS = {
    "small": {
        "evaluate": {"top_k": [1, 2], "bootstrap": 200, "seed": 0},
        "probe": {
            "layers": ["pool.2", "fc"], "protocols": ["published", "split", "sound"], "C": [0.01, 0.1], "folds": 3,
            "seed": 0,
        },
        "embed": {
            "layers": ["pool.2", "fc"], "points": 60, "pca": 5, "perplexity": 6.0, "iterations": [260, 300], "seed": 0,
        },
        "neighbours": {"layers": ["pool.2", "fc"], "queries": 4, "k": 3, "seed": 0},
    }
}  # fmt: skip
SETTINGS["several"] = SETTINGS["small"] | {
    "evaluate": {"top_k": [], "bootstrap": 200, "seed": 0},
    "neighbours": {"layers": ["pool.2", "fc"], "queries": ["cat", "ant", "cat"], "k": 3, "seed": 0},
}
LIGHT = ("evaluate", "probe", "embed", "neighbours")  # they need no tensors
RUN_LIGHT = f"""
import json, sys
sys.path.insert(0, {str(SCRIPTS)!r})
import run_analysis
from revisit import config
config.settings = lambda stage, name: json.loads(sys.argv[1])[name][stage]
for kind in {LIGHT}:
    for name in ("small", "several"):
        run_analysis.main([kind, name])
print(*sorted(name for name in ("torch", "matplotlib", "torchvision") if name in sys.modules))
"""


@pytest.fixture(scope="module")
def runs(tmp_path_factory, script_inputs):
    """Two folders in which two processes have run the scripts that need no tensors, and what the processes printed."""
    folders = [tmp_path_factory.mktemp("run") for _ in range(2)]
    for folder in folders:
        script_inputs(folder)
    command = [sys.executable, "-W", "error", "-c", RUN_LIGHT, json.dumps(SETTINGS)]
    processes = [
        subprocess.Popen(command, cwd=folder, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
        for folder in folders
    ]
    return folders, [process.communicate() for process in processes]


def _written(folder):
    return dict(sorted((str(p.relative_to(folder)), p.read_bytes()) for p in folder.rglob("*") if p.is_file()))


def _json(folder, name, experiment="small"):
    return json.loads((folder / paths.findings(experiment, name)).read_text())


def _csv(folder, name, experiment="small", **options):
    return pd.read_csv(folder / paths.findings(experiment, name), **options)


def test_two_processes_write_the_same_bytes_and_print_nothing(runs):
    folders, printed = runs
    assert printed == [("\n", "")] * 2  # the empty list of heavy modules, no warning
    first, second = (_written(folder / paths.FINDINGS) for folder in folders)
    assert first == second
    names = [
        *("embed.json", "embed/points.csv", "embed/sprite.json", "embed/thumbnails.png", "evaluate.json"),
        *("evaluate/confusion.csv", "evaluate/per_class.csv", "evaluate/roc.csv"),
        *("neighbours.json", "neighbours/queries.csv", "neighbours/sprite.json", "neighbours/thumbnails.png"),
        *("probe.json", "probe/per_class.csv", "probe/probe.csv"),
    ]
    assert list(first) == [
        *(f"several/{name}" for name in names if name != "evaluate/confusion.csv"),
        *(f"small/{name}" for name in names if name != "probe/per_class.csv"),
    ]
    assert not any(str(folders[0]).encode() in content for content in first.values())


def test_probe(runs):
    folder = runs[0][0]
    table, summary = _csv(folder, "probe/probe.csv"), _json(folder, "probe.json")
    assert list(table) == ["layer", "protocol", "dimensions", "C", "accuracy", "train_size", "test_size"]
    assert table[["layer", "protocol"]].agg(" ".join, axis=1).tolist() == [
        "pool.2 published", "pool.2 split", "pool.2 sound", "fc published", "fc split", "fc sound",
    ]  # fmt: skip
    assert table[["train_size", "test_size"]].values.tolist() == [[32, 8], [32, 8], [60, 80]] * 2
    assert set(table.C[table.protocol == "published"]) == {1.0}
    sound = table.set_index(["layer", "protocol"]).loc["fc", "sound"]
    assert summary["fc"]["sound"] == {"accuracy": sound.accuracy, "C": sound.C}
    assert 0.6 < sound.accuracy <= 1


def test_probe_of_several_labels(runs):
    folder = runs[0][0]
    table, summary = _csv(folder, "probe/probe.csv", "several"), _json(folder, "probe.json", "several")
    assert list(table) == ["layer", "protocol", "dimensions", "C", "map", "train_size", "test_size"]
    by_class = _csv(folder, "probe/per_class.csv", "several")
    assert list(by_class) == ["layer", "protocol", "class", "average_precision"]
    assert len(by_class) == 6 * 3
    means = by_class.groupby(["layer", "protocol"]).average_precision.mean()
    for row in table.itertuples():
        assert summary[row.layer][row.protocol] == {"map": pytest.approx(row.map), "C": row.C}
        assert row.map == pytest.approx(means[row.layer, row.protocol])
    assert 0.5 < summary["fc"]["sound"]["map"] < 1


@pytest.mark.parametrize("experiment", ["small", "several"])
def test_embed(runs, experiment):
    folder = runs[0][0]
    table = _csv(folder, "embed/points.csv", experiment, dtype={"label": str}, keep_default_na=False)
    summary, sprite = (_json(folder, name, experiment) for name in ("embed.json", "embed/sprite.json"))
    assert list(table) == ["layer", "row", "label", "iterations", "x", "y"]
    assert table.groupby(["layer", "iterations"], sort=False).size().to_dict() == {
        ("pool.2", 260): 60, ("pool.2", 300): 60, ("fc", 260): 60, ("fc", 300): 60,
    }  # fmt: skip
    labels = np.load(folder / paths.features(experiment) / "test_labels.npy")
    if experiment == "small":
        assert table.label.tolist() == [str(label) for label in labels[table.row]]
    else:
        present = [" ".join(str(k) for k in range(3) if row[k] == 1) for row in labels[table.row]]
        assert table.label.tolist() == present
        assert {"", "0", "0 1"} <= set(present)
    assert all(table.row[start : start + 60].tolist() == sprite["rows"] for start in (0, 60, 120, 180))
    assert list(summary) == ["points", "perplexity", "pca", "layers"]
    assert (summary["points"], summary["perplexity"]) == (60, 6.0)
    assert summary["pca"] == {"pool.2": 5, "fc": 5}
    for layer in ("pool.2", "fc"):
        assert list(summary["layers"][layer]) == ["iterations_260", "iterations_300"]
        for found in summary["layers"][layer].values():
            assert found["kl_divergence"] > 0
            assert 0.2 < found["neighbourhood_preservation"] <= 1
    assert summary["layers"]["pool.2"] != summary["layers"]["fc"]


def test_neighbours(runs):
    folder = runs[0][0]
    table, sprite = _csv(folder, "neighbours/queries.csv"), _json(folder, "neighbours/sprite.json")
    columns = ["layer", "query", "query_label", "rank", "neighbour", "neighbour_label", "distance"]
    assert list(table) == [*columns, "same_class"]
    assert len(table) == 2 * 4 * 3
    assert table["rank"].tolist() == [1, 2, 3] * 8
    assert table.query_label[::3].tolist() == [0, 1, 2, 0] * 2
    source = folder / paths.features("small")
    rows, labels = np.load(source / "fc_test.npy").astype(float), np.load(source / "test_labels.npy")
    fc = table[table.layer == "fc"]
    np.testing.assert_allclose(fc.distance, np.linalg.norm(rows[fc["query"]] - rows[fc.neighbour], axis=1), rtol=1e-8)
    np.testing.assert_array_equal(fc.neighbour_label, labels[fc.neighbour])
    assert table.same_class.tolist() == (table.query_label == table.neighbour_label).tolist()
    assert sprite["rows"] == sorted(set(table["query"]) | set(table.neighbour))
    with Image.open(folder / paths.findings("small", "neighbours/thumbnails.png")) as tiles:
        size = tiles.size
    assert size == (32 * 5, -(-len(sprite["rows"]) // 32) * 6)
    assert {layer: found["k"] for layer, found in _json(folder, "neighbours.json").items()} == {"pool.2": 3, "fc": 3}


def test_neighbours_of_images_of_named_classes(runs):
    folder = runs[0][0]
    options = {"dtype": {"query_label": str, "neighbour_label": str, "same_class": str}, "keep_default_na": False}
    table = _csv(folder, "neighbours/queries.csv", "several", **options)
    labels = np.load(folder / paths.features("several") / "test_labels.npy")
    queries = table["query"][:9:3].tolist()
    assert len(set(queries)) == 3
    assert [labels[row, k] for row, k in zip(queries, (2, 0, 2), strict=True)] == [1, 1, 1]
    for row in table.itertuples():
        shown = [{k for k in range(3) if labels[i, k] == 1} for i in (row.query, row.neighbour)]
        assert [set(map(int, text.split())) for text in (row.query_label, row.neighbour_label)] == shown
        assert row.same_class == ("true" if shown[0] & shown[1] else "false")
    assert set(table.same_class) == {"true", "false"}
    shares = [found["share_same_class"] for found in _json(folder, "neighbours.json", "several").values()]
    assert all(0.4 < share < 1 for share in shares)


@pytest.mark.parametrize(("classes", "usual"), [(2, [1]), (4, [1]), (5, [1, 5]), (10, [1, 5])])
def test_nobody_is_asked_for_more_guesses_than_there_are_classes(classes, usual):
    assert top_k(classes) == usual


def test_evaluate(runs):
    folder = runs[0][0]
    summary, per_class = _json(folder, "evaluate.json"), _csv(folder, "evaluate/per_class.csv")
    assert summary["accuracy_low"] < summary["accuracy"] < summary["accuracy_high"]
    assert list(summary["top_k"]) == ["top_1", "top_2"]
    assert list(per_class) == [
        "class", "support", "precision", "recall", "average_precision", "average_precision_low",
        "average_precision_high", "average_precision_11_point", "auc",
    ]  # fmt: skip
    assert list(summary["per_class"]) == ["ant", "bee", "cat"]
    for row in per_class.itertuples():
        assert summary["per_class"][row[1]]["average_precision"] == pytest.approx(row.average_precision)
    cells = _csv(folder, "evaluate/confusion.csv")
    assert cells["count"].sum() == 80
    assert cells.groupby("actual")["count"].sum().to_dict() == per_class.set_index("class").support.to_dict()
    right = cells.loc[cells.actual == cells.predicted, "count"].sum()
    assert right / 80 == summary["accuracy"]
    roc = _csv(folder, "evaluate/roc.csv")
    assert list(roc) == ["class", "false_positive_rate", "true_positive_rate"]
    assert roc["class"].unique().tolist() == ["ant", "bee", "cat", "micro", "macro"]


def test_evaluate_several_labels_of_which_one_is_never_shown(runs):
    folder = runs[0][0]
    summary, per_class = _json(folder, "evaluate.json", "several"), _csv(folder, "evaluate/per_class.csv", "several")
    assert "accuracy" not in summary
    assert list(per_class) == [
        "class", "support", "average_precision", "average_precision_low", "average_precision_high",
        "average_precision_11_point", "auc", "average_precision_shifted", "lowest_average_precision",
    ]  # fmt: skip
    assert per_class.support.tolist()[2] == 0
    assert per_class.iloc[2, 2:].isna().all()
    assert set(summary["per_class"]["cat"].values()) == {None}
    assert summary["mean_average_precision"] == pytest.approx(per_class.average_precision.mean())
    assert summary["mean_average_precision_low"] < summary["mean_average_precision"]
    assert summary["mean_average_precision"] < summary["mean_average_precision_high"]
    roc = _csv(folder, "evaluate/roc.csv", "several")
    assert roc["class"].unique().tolist() == ["ant", "bee", "micro", "macro"]


@pytest.mark.parametrize("script", ["extract_features", "run_analysis"])
def test_help_is_light(script):
    command = [sys.executable, "-X", "importtime", str(SCRIPTS / f"{script}.py"), "--help"]
    found = subprocess.run(command, capture_output=True, text=True, check=True, cwd="/", env=dict(os.environ))
    assert "an experiment of params.yaml" in found.stdout
    imported = {line.rpartition("|")[2].strip() for line in found.stderr.splitlines()}
    assert "argparse" in imported
    assert not imported & {"torch", "sklearn", "scipy", "pandas", "matplotlib", "openTSNE"}
