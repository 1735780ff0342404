"""Stage `costs` over networks in folders: what it writes, and what it refuses."""

import numpy as np
import pandas as pd
import pytest
import torch
from safetensors.torch import save_file

from analysed import analysed
from revisit import config, files, paths
from revisit.analyses.costs import compute
from revisit.analyses.costs.tables import LAYERS
from revisit.errors import ArtifactError, ConfigError
from revisit.models import registry

CLASSES = ["ant", "bee", "cat"]
NETWORK = {"depth": 8, "width": 0.25}
BEGAN = {"training_seed": 5, "learning_rate": 0.1, "auxiliary": 0.3}
SETTINGS = {
    "images": 12, "seed": 0, "keep": "base", "dataset": "small", "device": "cpu", "beside": {},
    "variants": {"base": {"model": "cifar_resnet", "network": NETWORK, **BEGAN}},
}  # fmt: skip


@pytest.fixture
def folder(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(config, "settings", lambda _stage, _name: SETTINGS)
    return tmp_path


def write_data():
    place, rng = paths.prepared("small"), np.random.default_rng(0)
    place.mkdir(parents=True)
    for split, count in (("train", 40), ("test", 20)):
        np.save(place / f"{split}_images.npy", rng.integers(0, 256, (count, 16, 16, 3), dtype=np.uint8))
        np.save(place / f"{split}_labels.npy", np.arange(count) % 3)
    sha256 = {file.name: files.sha256(file) for file in sorted(place.glob("*.npy"))}
    about = {"dataset": "small", "classes": CLASSES, "shape": [16, 16, 3], "mean": [0.5] * 3, "std": [0.3] * 3}
    about |= {"labels": "single", "source": "embedded", "provenance": "drawn", "train": 40, "test": 20}
    files.write_json(place / "meta.json", about | {"objects": None, "proposals": 0, "sha256": sha256})
    return sha256


def write_network(name, data, model="cifar_resnet", network=NETWORK, seed=5, changed=0.0, place=None, **about):
    """A network as its training of this seed found it, each weight moved by `changed`."""
    place = place or paths.model(name)
    place.mkdir(parents=True)
    torch.manual_seed(seed)
    built = registry.build(model, (16, 16, 3), 3, network)
    save_file(
        {key: value + changed if value.is_floating_point() else value for key, value in built.state_dict().items()},
        place / "model.safetensors",
    )
    described = {"experiment": name, "dataset": "small", "model": model, "network": network, "data": data, "crop": None}
    described |= {"objective": "classification", "shape": [16, 16, 3], "classes": CLASSES}
    files.write_json(place / "network.json", described | {"mean": [0.5] * 3, "std": [0.3] * 3} | about)
    return place


def settings_with(monkeypatch, model="cifar_resnet", network=NETWORK, variants=(), **beside):
    """Settings of a network, other variants of it, and networks beside it: name -> model, network."""
    described = {"base": (model, network), **dict(variants)}
    given = {
        group: {one: {"model": model, "network": network, **BEGAN} for one, (model, network) in networks.items()}
        for group, networks in {"variants": described, "beside": beside}.items()
    }
    monkeypatch.setattr(config, "settings", lambda _stage, _name: SETTINGS | given)


def _run(name):
    return analysed("costs", name)


def test_what_is_written_holds_together_and_comes_again(folder):
    write_network("net", write_data(), changed=0.01)
    summary, written = _run("net")
    assert _run("net") == (summary, written)
    assert list(written) == ["layers.csv"]
    table = pd.read_csv(paths.findings("net", "costs") / "layers.csv")
    assert list(table) == list(LAYERS.columns)
    with torch.device("meta"):
        network = registry.build("cifar_resnet", (16, 16, 3), 3, NETWORK)
    assert summary["parameters"] == table.parameters.sum() == sum(p.numel() for p in network.parameters())
    assert summary["operations"] == table.operations.sum()
    assert summary["kept_bytes_per_image"] == pytest.approx(table.kept_bytes.sum())
    deep = table[table.number > 0]
    assert summary["layers"] == len(deep) == 8
    assert deep.number.tolist() == list(range(1, 9))
    assert deep.layer.tolist() == [
        "conv1", *(f"stage{stage}.block1.conv{one}" for stage in (1, 2, 3) for one in (1, 2)), "logits",
    ]  # fmt: skip
    assert summary["images"] == 12
    for moment in ("start", "end"):
        for kind in ("gradient", "signal"):
            norms = deep[f"{kind}_{moment}"].to_numpy()
            assert summary[f"{kind}_slope_{moment}"] == pytest.approx(-np.polyfit(range(8), np.log10(norms), 1)[0])
            assert summary[f"first_to_last_{kind}_{moment}"] == pytest.approx(norms[0] / norms[-1])
            assert summary[f"smallest_{kind}_{moment}"] == pytest.approx(norms.min())
        assert summary[f"update_{moment}"] == pytest.approx(deep[f"update_{moment}"].median())
    assert (deep.gradient_start != deep.gradient_end).all()


def test_the_start_is_the_network_that_the_trainings_seed_draws(folder):
    data = write_data()
    write_network("untrained", data)
    _run("untrained")
    table = pd.read_csv(paths.findings("untrained", "costs") / "layers.csv")
    for kind in ("gradient", "signal", "update"):
        assert table[f"{kind}_start"].equals(table[f"{kind}_end"])


def test_replicates_begin_with_seeds_of_their_own(folder):
    data = write_data()
    write_network("net", data, changed=0.01)
    alone, written = _run("net")
    write_network("net", data, seed=6, place=registry.replicate(paths.model("net"), 1))
    both, again = _run("net")
    first, second = both.pop("replicates")
    assert both == first == alone
    assert again == written
    assert second["signal_slope_start"] == second["signal_slope_end"] != first["signal_slope_start"]


def test_a_network_that_diverged_has_no_numbers_at_the_end(folder):
    write_network("net", write_data(), changed=float("nan"))
    summary, _ = _run("net")
    assert summary["signal_slope_end"] is summary["smallest_gradient_end"] is summary["update_end"] is None
    assert summary["signal_slope_start"] is not None


def test_every_variant_and_what_is_beside_them_is_measured_before_its_training(folder, monkeypatch):
    plain, dense = NETWORK | {"residual": False}, {"depth": 10, "growth": 4}
    variants = {"plain": ("cifar_resnet", plain)}
    settings_with(
        monkeypatch, variants=variants, dense=("cifar_densenet", dense), deeper=("cifar_resnet", {"depth": 14})
    )
    write_network("net", write_data(), changed=0.01)
    summary, _ = _run("net")
    assert list(summary["variants"]) == ["base", "plain"]
    assert list(summary["beside"]) == ["dense", "deeper"]
    table = pd.read_csv(paths.findings("net", "costs") / "layers.csv")
    assert list(table.network.unique()) == ["base", "plain", "dense", "deeper"]
    kept, own = summary["variants"]["base"], {key: summary[key] for key in summary["variants"]["base"]}
    assert kept == own
    assert not any(key.endswith("_end") for key in kept)
    assert table[table.network != "base"].signal_end.isna().all()
    assert summary["variants"]["plain"]["kept_bytes_per_image"] == kept["kept_bytes_per_image"]
    assert summary["variants"]["plain"]["signal_slope_start"] != kept["signal_slope_start"]
    assert summary["beside"]["deeper"]["layers"] == 14
    assert [summary["beside"]["dense"]["poolings"], kept["poolings"]] == [
        {"average": 2, "maximum": 0}, {"average": 0, "maximum": 0},
    ]  # fmt: skip


def test_what_is_measured_beside_changes_nothing_else(folder, monkeypatch):
    write_network("net", write_data(), changed=0.01)
    alone, _ = _run("net")
    settings_with(monkeypatch, dense=("cifar_densenet", {"depth": 10, "growth": 4}))
    both, _ = _run("net")
    assert both.pop("beside")
    assert both == {key: value for key, value in alone.items() if key != "beside"}


def test_auxiliary_heads_cost_but_are_no_depth(folder, monkeypatch):
    settings_with(monkeypatch, "inception", {"width": 0.125})
    write_network("net", write_data(), "inception", {"width": 0.125})
    summary, _ = _run("net")
    table = pd.read_csv(paths.findings("net", "costs") / "layers.csv")
    heads = table[table.layer.str.startswith("aux")]
    assert (heads.number == 0).all()
    assert (heads.kept_bytes > 0).any()
    assert heads.operations.sum() == 0
    assert heads[heads.layer == "aux1.fc1"].gradient_start.item() > 0
    assert summary["layers"] == 58


@pytest.mark.parametrize(
    ("about", "problem"),
    [
        ({"objective": "pairs"}, r"^analyses\.costs\.net: needs a classifier of one class; net is trained for pairs"),
        ({"model": "recurrent", "network": {}}, r"^analyses\.costs\.net: the network has 1 convolutions and linear"),
    ],
)
def test_what_does_not_suit_is_refused(folder, monkeypatch, about, problem):
    settings_with(monkeypatch, **{key: value for key, value in about.items() if key != "objective"})
    write_network("net", write_data(), **about)
    with pytest.raises(ConfigError, match=problem):
        _run("net")
    assert not paths.FINDINGS.exists()


def test_other_data_are_refused(folder):
    data = write_data()
    write_network("net", data | {"train_images.npy": "0"})
    with pytest.raises(ArtifactError, match="was trained on other data"):
        compute.analyse("net", SETTINGS)
