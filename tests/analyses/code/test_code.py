"""Stage `code` over networks in folders."""

import numpy as np
import pandas as pd
import pytest
import torch
from safetensors.torch import save_file

from analysed import analysed
from revisit import config, files, paths
from revisit.analyses.code import compute
from revisit.analyses.code.tables import LABELS
from revisit.errors import ArtifactError, ConfigError
from revisit.models import registry

CLASSES = ["ant", "bee", "cat"]
NETWORK = {"hidden": 12, "code": 4}
SETTINGS = {
    "layer": "code", "labels": [3, 30], "draws": 4, "train": 50, "seed": 0, "training_seed": 5,
    "dataset": "small", "device": "cpu",
}  # fmt: skip


@pytest.fixture
def folder(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(config, "settings", lambda _stage, _name: SETTINGS)
    return tmp_path


def images(labels, rng):
    """Bright in the rows of the class."""
    pixels = rng.integers(0, 120, (len(labels), 6, 6, 1))
    for image, label in zip(pixels, labels, strict=True):
        image[2 * label : 2 * label + 2] += 90
    return pixels.astype(np.uint8)


def write_data():
    place, rng = paths.prepared("small"), np.random.default_rng(0)
    place.mkdir(parents=True)
    for split, count in (("train", 60), ("test", 45)):
        labels = np.arange(count) % 3
        np.save(place / f"{split}_images.npy", images(labels, rng))
        np.save(place / f"{split}_labels.npy", labels)
    sha256 = {file.name: files.sha256(file) for file in sorted(place.glob("*.npy"))}
    about = {"dataset": "small", "classes": CLASSES, "shape": [6, 6, 1], "mean": [0.3], "std": [0.2]}
    about |= {"labels": "single", "source": "embedded", "provenance": "drawn", "train": 60, "test": 45}
    files.write_json(place / "meta.json", about | {"objects": None, "proposals": 0, "sha256": sha256})
    return sha256


def write_network(name, data, seed=5, changed=0.0, place=None, network=NETWORK):
    place = place or paths.model(name)
    place.mkdir(parents=True)
    torch.manual_seed(seed)
    built = registry.build("autoencoder", (6, 6, 1), 3, network)
    save_file({key: value + changed for key, value in built.state_dict().items()}, place / "model.safetensors")
    described = {"experiment": name, "dataset": "small", "model": "autoencoder", "network": network, "data": data}
    described |= {"objective": "reconstruction", "shape": [6, 6, 1], "classes": CLASSES, "crop": None}
    files.write_json(place / "network.json", described | {"mean": [0.3], "std": [0.2]})


def _run(name):
    return analysed("code", name)


def test_what_is_written_holds_together_and_comes_again(folder):
    write_network("net", write_data(), changed=0.05)
    summary, written = _run("net")
    assert _run("net") == (summary, written)
    table = pd.read_csv(paths.findings("net", "code") / "labels.csv")
    assert list(table) == list(LABELS.columns)
    assert table.features.unique().tolist() == ["code", "untrained", "principal", "pixels"]
    assert table.dimensions.tolist() == [4, 4, 4, 4, 4, 4, 36, 36]
    for one in table.to_dict("records"):
        assert one["accuracy"] == pytest.approx(summary["accuracy"][one["features"]][f"labels_{one['labels']}"])
        assert one["low"] <= one["accuracy"] <= one["high"]
    assert summary["dimensions"] == 4
    assert 0 < summary["hoyer"] < 1
    assert summary["hoyer"] != summary["untrained"]["hoyer"]
    assert summary["accuracy"]["pixels"]["labels_30"] > 0.9


def test_the_untrained_code_is_that_of_the_weights_that_the_trainings_seed_draws(folder):
    write_network("net", write_data())
    summary, _ = _run("net")
    assert summary["accuracy"]["code"] == summary["accuracy"]["untrained"]
    assert summary["untrained"] == {key: summary[key] for key in ("hoyer", "active", "dead")}


def test_replicates_have_codes_of_their_own_and_the_same_pixels(folder):
    data = write_data()
    write_network("net", data, changed=0.05)
    write_network("net", data, seed=6, place=registry.replicate(paths.model("net"), 1))
    first, second = _run("net")[0]["replicates"]
    assert first["hoyer"] != second["hoyer"] == second["untrained"]["hoyer"]
    assert first["accuracy"]["pixels"] == second["accuracy"]["pixels"]


def test_all_principal_components_are_as_good_as_the_pixels():
    rng, labels = np.random.default_rng(0), np.arange(60) % 3
    both = (
        images(labels, rng).reshape(60, -1).astype(np.float32),
        images(labels, rng).reshape(60, -1).astype(np.float32),
    )
    components = compute.principal(both, 100)
    assert components[0].shape == (60, 36)
    rows, of_components = (
        [row["accuracy"] for row in compute.fits(each, (labels, labels), SETTINGS)] for each in (both, components)
    )
    assert rows == pytest.approx(of_components, abs=0.02)


def test_a_class_is_seen_where_its_rows_lie():
    rng, y = np.random.default_rng(1), np.arange(30) % 3
    X = (np.eye(3)[y] * 5 + rng.normal(size=(30, 3))).astype(np.float32)
    assert (compute.classified(X, y, X * 1.1, 3, 0) == y).mean() > 0.95
    assert compute.classified(X[:3], y[:3], X, 3, 0).shape == (30,)
    constant = np.ones((30, 3), np.float32)
    assert len(set(compute.classified(constant, y, constant, 3, 0).tolist())) == 1


def test_a_code_of_one_unit_and_other_data_are_refused(folder):
    data = write_data()
    write_network("net", data, network={"hidden": 12, "code": 1})
    with pytest.raises(ConfigError, match=r"^analyses\.code\.net\.layer: 'code' has one unit"):
        _run("net")
    write_network("other", data | {"train_images.npy": "0"})
    with pytest.raises(ArtifactError, match="was trained on other data"):
        _run("other")
