"""The scripts of the analyses that run a network: what they write."""

import json
import shutil

import numpy as np
import pandas as pd
import pytest

from revisit import config, files, paths
from revisit.errors import ArtifactError, ConfigError
from revisit.models import registry

LOOKS = ("first_layers", "filters", "strongest", "deconvnet", "evolution", "invariance", "occlusion", "correspondence")
SETTINGS = {
    "extract": {
        "dataset": "dots", "layers": {"conv.2": "pool2", "fc1": "fc1"}, "train": 10, "test": None, "device": "cpu",
    },
    "inspect": {"dataset": "dots", "images": 15, "seed": 0, "device": "cpu"} | dict.fromkeys(LOOKS),
}  # fmt: skip


def _written(folder):
    return dict(sorted((str(p.relative_to(folder)), p.read_bytes()) for p in folder.rglob("*") if p.is_file()))


def _json(folder, name):
    return json.loads((folder / paths.findings("small", name)).read_text())


def _csv(folder, name):
    return pd.read_csv(folder / paths.findings("small", name))


@pytest.fixture
def trained(tmp_path, monkeypatch):
    """Prepared data and an untrained network in the current folder."""
    import torch
    from safetensors.torch import save_file

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
    files.write_json(
        prepared / "meta.json",
        about | {"train": 12, "test": 20, "source": "embedded", "sha256": sha256} | {"provenance": "drawn"},
    )
    network = about | {"experiment": "small", "model": "fashion_cnn", "network": {"dropout": 0.4}, "data": sha256}
    for seed, folder in enumerate((model, paths.model("other"), paths.model("third"))):
        folder.mkdir(parents=True, exist_ok=True)
        torch.manual_seed(seed)
        save_file(registry.build("fashion_cnn", (8, 8, 1), 3, {}).state_dict(), folder / "model.safetensors")
        files.write_json(folder / "network.json", network)
    return tmp_path


def _replicated():
    """Make the networks of "other" and "third" replicates of "small", too."""
    for number, name in enumerate(("other", "third"), 1):
        shutil.copytree(paths.model(name), registry.replicate(paths.model("small"), number))


def test_extract_and_what_the_other_analyses_read(trained):
    import extract_features
    from revisit.analyses import features

    extract_features.main(["small"])
    first = _written(paths.features("small"))
    found = features.load(paths.features("small"))
    assert found.matrix("conv.2", "train").shape == (10, 256)
    assert found.matrix("fc1", "test").shape == (20, 1024)
    assert found.layers["conv.2"] == {"submodule": "pool2", "shape": [64, 2, 2], "dimensions": 256}
    assert not found.multi_label
    extract_features.main(["small"])
    assert _written(paths.features("small")) == first


def test_extract_from_another_dataset_leaves_nothing(trained):
    import extract_features

    meta = json.loads((paths.prepared("dots") / "meta.json").read_text())
    files.write_json(paths.prepared("dots") / "meta.json", meta | {"sha256": {"train_images.npy": "0"}})
    with pytest.raises(ArtifactError, match="train it again with `dvc repro train@small`"):
        extract_features.main(["small"])
    assert not paths.features("small").exists()


def test_extract_a_layer_that_is_not_there_leaves_nothing(trained, monkeypatch):
    import extract_features

    settings = SETTINGS["extract"] | {"layers": {"fc1": "fc1", "fc9": "fc9"}}
    monkeypatch.setattr(config, "settings", lambda _stage, _name: settings)
    with pytest.raises(ConfigError, match=r"no layer 'fc9'; it has: .*fc1"):
        extract_features.main(["small"])
    assert not paths.features("small").exists()


def test_inspect(trained):
    import run_analysis

    run_analysis.main(["inspect", "small"])
    first = _written(paths.FINDINGS)
    assert list(first) == [
        f"small/inspect{name}"
        for name in (".json", "/activations.csv", "/filters.npy", "/first_layer.csv", "/parameters.csv")
    ]
    summary, table = _json(trained, "inspect.json"), _csv(trained, "inspect/parameters.csv")
    assert summary["parameters"] == table.set_index("layer").parameters.to_dict()
    assert summary["total_parameters"] == table.parameters.sum() == 832 + 51264 + 257 * 1024 + 1025 * 3
    assert list(table) == ["layer", "weights", "biases", "parameters"]
    activations = _csv(trained, "inspect/activations.csv")
    assert list(activations) == ["layer", "mean", "variance", "sparsity", "near_zero"]
    assert activations.layer.tolist() == list(summary["activations"])
    assert np.load(trained / paths.findings("small", "inspect/filters.npy")).shape == (32, 1, 5, 5)
    run_analysis.main(["inspect", "small"])
    assert _written(paths.FINDINGS) == first


def test_extract_from_every_replicate(trained):
    import extract_features
    from revisit.analyses import features

    alone = {}
    for name in ("small", "other", "third"):
        extract_features.main([name])
        alone[name] = _written(paths.features(name))
    _replicated()
    extract_features.main(["small"])
    found = _written(paths.features("small"))
    assert {name: found[name] for name in alone["small"]} == alone["small"]
    for number, name in enumerate(("other", "third"), 1):
        folder = registry.replicate(paths.features("small"), number)
        expected = {file: content for file, content in alone[name].items() if file != "test_thumbnails.npy"}
        assert _written(folder) == expected
        assert expected["fc1_test.npy"] != alone["small"]["fc1_test.npy"]
    assert len(found) == len(alone["small"]) + 2 * len(expected)
    assert [source.experiment for source in features.load_all(paths.features("small"))] == ["small"] * 3


def test_inspect_every_replicate(trained, monkeypatch):
    import run_analysis

    layers = ["relu1", "relu2"]
    asked = {"strongest": {"layers": layers, "images": 3}, "invariance": {"layers": layers, "images": 5, "steps": 3}}
    asked["invariance"] |= {"translate": 0.25, "scale": 1.5, "rotate": 90.0}
    settings = SETTINGS["inspect"] | asked
    monkeypatch.setattr(config, "settings", lambda _stage, _name: settings)
    alone = {}
    for name in ("small", "other", "third"):
        run_analysis.main(["inspect", name])
        alone[name] = json.loads(paths.findings(name, "inspect.json").read_text())
    tables = _written(paths.findings("small", "inspect"))
    assert "replicates" not in alone["small"]
    assert alone["small"]["strongest_map"]["relu1"]["mean"] > alone["small"]["activations"]["relu1"]["mean"]

    _replicated()
    for moment in (0, 2):
        folder = paths.model("small") / "snapshots"
        folder.mkdir(exist_ok=True)
        shutil.copy(paths.model("other") / "model.safetensors", folder / f"epoch_{moment}.safetensors")
    settings |= {"filters": {"numbers": [3, 5]}, "evolution": {"layers": ["relu1"], "maps": 1, "counted": 2}}
    run_analysis.main(["inspect", "small"])
    found = _json(trained, "inspect.json")
    followed = found.pop("filters"), found.pop("evolution")
    assert list(followed[0]["high_frequency"]) == ["epoch_0", "epoch_2"]
    replicates = found.pop("replicates")
    assert found == alone["small"]
    assert replicates[0] == found | {"filters": followed[0], "evolution": followed[1]}
    nothing = {"filters": None, "evolution": None}
    assert replicates[1:] == [alone["other"] | nothing, alone["third"] | nothing]
    assert alone["other"]["invariance"] != alone["third"]["invariance"]
    written = _written(paths.findings("small", "inspect"))
    assert {name: written[name] for name in tables} == tables
    assert not any("replicate" in name for name in written)


def test_inspect_sees_the_variants_of_every_replicate(trained, monkeypatch):
    import run_analysis

    for name in ("other", "third"):
        run_analysis.main(["inspect", name])
    alone = {name: json.loads(paths.findings(name, "inspect.json").read_text()) for name in ("other", "third")}
    second = registry.replicate(paths.model("small"), 1)
    shutil.copytree(paths.model("other"), second)
    for folder, name in ((paths.model("small"), "other"), (second, "third")):
        shutil.copytree(paths.model(name), registry.variant(folder, "wide"))
    settings = SETTINGS["inspect"] | {"first_layers": {"variants": ["wide"]}}
    monkeypatch.setattr(config, "settings", lambda _stage, _name: settings)
    run_analysis.main(["inspect", "small"])
    found = _json(trained, "inspect.json")["replicates"]
    assert [each["first_layers"]["wide"] for each in found] == [alone[n]["first_layer"] for n in ("other", "third")]
    assert set(_csv(trained, "inspect/first_layers.csv")["variant"]) == {"wide"}


def test_a_replicate_of_other_data_is_refused(trained):
    import run_analysis

    _replicated()
    path = registry.replicate(paths.model("small"), 2) / "network.json"
    files.write_json(path, json.loads(path.read_text()) | {"data": {}})
    with pytest.raises(ArtifactError, match="the network of small was trained on other data"):
        run_analysis.main(["inspect", "small"])
    assert not paths.FINDINGS.exists()
