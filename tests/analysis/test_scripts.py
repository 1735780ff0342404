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

from revisit import config, files, paths
from revisit.errors import ArtifactError

SCRIPTS = Path(__file__).parents[2] / "workflow" / "scripts"
SETTINGS = {
    "evaluate": {"top_k": [1, 2], "bootstrap": 200, "seed": 0},
    "probe": {"layers": ["pool", "fc"], "protocols": ["published", "sound"], "C": [0.01, 0.1], "folds": 3, "seed": 0},
    "embed": {"layer": "fc", "points": 60, "pca": 5, "perplexity": 6.0, "iterations": [260, 300], "seed": 0},
    "neighbours": {"layers": ["pool", "fc"], "queries": 4, "k": 3, "seed": 0},
    "extract": {"dataset": "dots", "layers": ["pool2", "fc1"], "train": 10, "test": None, "device": "cpu"},
    "inspect": {"dataset": "dots", "images": 15, "device": "cpu"},
}
LIGHT = ("evaluate_predictions", "probe_features", "embed_features", "find_neighbours")
RUN_LIGHT = f"""
import json, sys
sys.path.insert(0, {str(SCRIPTS)!r})
import {", ".join(LIGHT)}
from revisit import config
config.settings = lambda stage, name: json.loads(sys.argv[1])[stage]
for script in ({", ".join(LIGHT)}):
    script.main(["small"])
print(*sorted(name for name in ("torch", "matplotlib", "torchvision") if name in sys.modules))
"""


@pytest.fixture(scope="module")
def runs(tmp_path_factory):
    """Two folders in which two processes have run the scripts that need no tensors, and what the processes printed."""
    folders = [tmp_path_factory.mktemp("run") for _ in range(2)]
    for folder in folders:
        _write_features(folder / paths.features("small"))
        _write_predictions(folder / paths.model("small"))
    command = [sys.executable, "-W", "error", "-c", RUN_LIGHT, json.dumps(SETTINGS)]
    processes = [
        subprocess.Popen(command, cwd=folder, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
        for folder in folders
    ]
    return folders, [process.communicate() for process in processes]


def _clouds(count, seed):
    rng = np.random.default_rng(seed)
    labels = rng.integers(0, 3, count)
    return (np.random.default_rng(9).normal(size=(3, 8))[labels] + rng.normal(size=(count, 8))).astype("f"), labels


def _write_features(folder):
    folder.mkdir(parents=True)
    for split, count in (("train", 60), ("test", 80)):
        rows, labels = _clouds(count, count)
        np.save(folder / f"fc_{split}.npy", rows)
        np.save(folder / f"pool_{split}.npy", np.maximum(rows, 0))
        np.save(folder / f"{split}_labels.npy", labels)
    np.save(folder / "test_thumbnails.npy", np.random.default_rng(0).integers(0, 256, (80, 6, 5, 1), dtype=np.uint8))
    layers = {layer: {"shape": [8], "dimensions": 8} for layer in ("pool", "fc")}
    files.write_json(
        folder / "index.json", {"layers": layers, "train": 60, "test": 80, "classes": ["ant", "bee", "cat"]}
    )


def _write_predictions(folder):
    folder.mkdir(parents=True)
    scores, labels = _clouds(80, 5)
    np.save(folder / "scores.npy", scores[:, :3])
    np.save(folder / "labels.npy", labels)
    files.write_json(folder / "network.json", {"classes": ["ant", "bee", "cat"]})


def _written(folder):
    return dict(sorted((str(p.relative_to(folder)), p.read_bytes()) for p in folder.rglob("*") if p.is_file()))


def _json(folder, name):
    return json.loads((folder / paths.findings("small", name)).read_text())


def _csv(folder, name):
    return pd.read_csv(folder / paths.findings("small", name))


def test_two_processes_write_the_same_bytes_and_print_nothing(runs):
    folders, printed = runs
    assert printed == [("\n", "")] * 2  # the empty list of heavy modules, no warning
    first, second = (_written(folder / paths.FINDINGS) for folder in folders)
    assert first == second
    assert list(first) == [
        f"small/{name}"
        for name in (
            *("embed.json", "embed/points.csv", "embed/sprite.json", "embed/thumbnails.png", "evaluate.json"),
            *("evaluate/confusion.csv", "evaluate/per_class.csv", "evaluate/roc.csv"),
            *("neighbours.json", "neighbours/queries.csv", "neighbours/sprite.json", "neighbours/thumbnails.png"),
            *("probe.json", "probe/probe.csv"),
        )
    ]
    assert not any(str(folders[0]).encode() in content for content in first.values())


def test_probe(runs):
    folder = runs[0][0]
    table, summary = _csv(folder, "probe/probe.csv"), _json(folder, "probe.json")
    assert list(table) == ["layer", "protocol", "dimensions", "C", "accuracy", "train_size", "test_size"]
    assert table[["layer", "protocol"]].agg(" ".join, axis=1).tolist() == [
        "pool published", "pool sound", "fc published", "fc sound",
    ]  # fmt: skip
    assert table[["train_size", "test_size"]].values.tolist() == [[32, 8], [60, 80]] * 2
    sound = table.set_index(["layer", "protocol"]).loc["fc", "sound"]
    assert summary["fc"]["sound"] == {"accuracy": sound.accuracy, "C": sound.C}
    assert 0.6 < sound.accuracy <= 1


def test_embed(runs):
    folder = runs[0][0]
    table, summary, sprite = (
        _csv(folder, "embed/points.csv"),
        _json(folder, "embed.json"),
        _json(folder, "embed/sprite.json"),
    )
    assert list(table) == ["row", "label", "iterations", "x", "y"]
    assert table.groupby("iterations").size().to_dict() == {260: 60, 300: 60}
    labels = np.load(folder / paths.features("small") / "test_labels.npy")
    np.testing.assert_array_equal(table.label, labels[table.row])
    assert table.row[:60].tolist() == table.row[60:].tolist() == sprite["rows"]
    assert (summary["layer"], summary["points"], summary["pca"], summary["perplexity"]) == ("fc", 60, 5, 6.0)
    for iterations in (260, 300):
        found = summary[f"iterations_{iterations}"]
        assert found["kl_divergence"] > 0
        assert 0.2 < found["neighbourhood_preservation"] <= 1


def test_neighbours(runs):
    folder = runs[0][0]
    table, sprite = _csv(folder, "neighbours/queries.csv"), _json(folder, "neighbours/sprite.json")
    columns = ["layer", "query", "query_label", "rank", "neighbour", "neighbour_label", "distance"]
    assert list(table) == columns
    assert len(table) == 2 * 4 * 3
    assert table["rank"].tolist() == [1, 2, 3] * 8
    assert table.query_label[::3].tolist() == [0, 1, 2, 0] * 2
    source = folder / paths.features("small")
    rows, labels = np.load(source / "fc_test.npy").astype(float), np.load(source / "test_labels.npy")
    fc = table[table.layer == "fc"]
    np.testing.assert_allclose(fc.distance, np.linalg.norm(rows[fc["query"]] - rows[fc.neighbour], axis=1), rtol=1e-8)
    np.testing.assert_array_equal(fc.neighbour_label, labels[fc.neighbour])
    assert sprite["rows"] == sorted(set(table["query"]) | set(table.neighbour))
    with Image.open(folder / paths.findings("small", "neighbours/thumbnails.png")) as tiles:
        size = tiles.size
    assert size == (32 * 5, -(-len(sprite["rows"]) // 32) * 6)
    assert {layer: found["k"] for layer, found in _json(folder, "neighbours.json").items()} == {"pool": 3, "fc": 3}


def test_evaluate(runs):
    folder = runs[0][0]
    summary, per_class = _json(folder, "evaluate.json"), _csv(folder, "evaluate/per_class.csv")
    assert summary["accuracy_low"] < summary["accuracy"] < summary["accuracy_high"]
    assert list(summary["top_k"]) == ["top_1", "top_2"]
    assert list(per_class) == [
        "class", "support", "precision", "recall", "average_precision", "average_precision_11_point", "auc",
    ]  # fmt: skip
    cells = _csv(folder, "evaluate/confusion.csv")
    assert cells["count"].sum() == 80
    assert cells.groupby("actual")["count"].sum().to_dict() == per_class.set_index("class").support.to_dict()
    right = cells.loc[cells.actual == cells.predicted, "count"].sum()
    assert right / 80 == summary["accuracy"]
    roc = _csv(folder, "evaluate/roc.csv")
    assert list(roc) == ["class", "false_positive_rate", "true_positive_rate"]
    assert roc["class"].unique().tolist() == ["ant", "bee", "cat", "micro", "macro"]


@pytest.mark.parametrize("script", [*LIGHT, "extract_features", "inspect_network"])
def test_help_is_light(script):
    command = [sys.executable, "-X", "importtime", str(SCRIPTS / f"{script}.py"), "--help"]
    found = subprocess.run(command, capture_output=True, text=True, check=True, cwd="/", env=dict(os.environ))
    assert "an experiment of params.yaml" in found.stdout
    imported = {line.rpartition("|")[2].strip() for line in found.stderr.splitlines()}
    assert "argparse" in imported
    assert not imported & {"torch", "sklearn", "scipy", "pandas", "matplotlib", "openTSNE"}


@pytest.fixture
def trained(tmp_path, monkeypatch):
    """Prepared data and an untrained network in the current folder."""
    import torch
    from safetensors.torch import save_file

    from revisit.models import registry

    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(config, "settings", lambda stage, _name: SETTINGS[stage])
    rng = np.random.default_rng(0)
    prepared, model = paths.prepared("dots"), paths.model("small")
    for folder in (prepared, model):
        folder.mkdir(parents=True)
    for split, count in (("train", 12), ("test", 20)):
        np.save(prepared / f"{split}_images.npy", rng.integers(0, 256, (count, 8, 8, 1), dtype=np.uint8))
        np.save(prepared / f"{split}_labels.npy", rng.integers(0, 3, count))
    about = {"dataset": "dots", "classes": ["ant", "bee", "cat"], "shape": [8, 8, 1], "mean": [0.5], "std": [0.3]}
    about |= {"crop": None, "labels": "single"}
    sha256 = {file.name: files.sha256(file) for file in sorted(prepared.glob("*.npy"))}
    files.write_json(prepared / "meta.json", about | {"train": 12, "test": 20, "source": "embedded", "sha256": sha256})
    torch.manual_seed(0)
    save_file(registry.build("fashion_cnn", (8, 8, 1), 3, {}).state_dict(), model / "model.safetensors")
    network = about | {"experiment": "small", "model": "fashion_cnn", "network": {"dropout": 0.4}, "data": sha256}
    files.write_json(model / "network.json", network)
    return tmp_path


def test_extract_and_what_the_other_analyses_read(trained):
    import extract_features
    from revisit.analysis import features

    extract_features.main(["small"])
    first = _written(paths.features("small"))
    found = features.load(paths.features("small"))
    assert found.matrix("pool2", "train").shape == (10, 256)
    assert found.matrix("fc1", "test").shape == (20, 1024)
    assert found.layers["pool2"]["shape"] == [64, 2, 2]
    extract_features.main(["small"])
    assert _written(paths.features("small")) == first


def test_extract_from_another_dataset_leaves_nothing(trained):
    import extract_features

    meta = json.loads((paths.prepared("dots") / "meta.json").read_text())
    files.write_json(paths.prepared("dots") / "meta.json", meta | {"sha256": {"train_images.npy": "0"}})
    with pytest.raises(ArtifactError, match="run the pipeline again"):
        extract_features.main(["small"])
    assert not paths.features("small").exists()


def test_inspect(trained):
    import inspect_network

    inspect_network.main(["small"])
    first = _written(paths.FINDINGS)
    assert list(first) == [
        f"small/inspect{name}" for name in (".json", "/activations.csv", "/filters.npy", "/parameters.csv")
    ]
    summary, table = _json(trained, "inspect.json"), _csv(trained, "inspect/parameters.csv")
    assert summary["parameters"] == table.set_index("layer").parameters.to_dict()
    assert summary["total_parameters"] == table.parameters.sum() == 832 + 51264 + 257 * 1024 + 1025 * 3
    assert list(table) == ["layer", "weights", "biases", "parameters"]
    activations = _csv(trained, "inspect/activations.csv")
    assert list(activations) == ["layer", "mean", "variance", "sparsity"]
    assert activations.layer.tolist() == list(summary["activations"])
    assert np.load(trained / paths.findings("small", "inspect/filters.npy")).shape == (32, 1, 5, 5)
    inspect_network.main(["small"])
    assert _written(paths.FINDINGS) == first
