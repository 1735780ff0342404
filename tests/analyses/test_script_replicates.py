"""The scripts of the analyses that need no network, where a training has replicates: each is analysed as if alone."""

import json
import shutil

import pytest

from revisit import config, paths
from revisit.models import registry

SETTINGS = {
    "evaluate": {"top_k": None, "bootstrap": 150, "seed": 0},
    "probe": {"layers": ["fc"], "protocols": ["published", "sound"], "C": [0.01, 0.1], "folds": 3, "seed": 0},
    "embed": {"layers": ["fc"], "points": 60, "pca": 5, "perplexity": 6.0, "iterations": [260], "seed": 0},
    "neighbours": {"layers": ["fc"], "queries": 3, "k": 3, "seed": 0},
}
EVERY, FIRST_ONLY = ("evaluate", "probe"), ("embed", "neighbours")


@pytest.fixture(params=["small", "several"])
def name(request, script_inputs, tmp_path, monkeypatch):
    """An experiment in the current folder, and another one, "other", with different scores and features."""
    script_inputs(tmp_path)
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(config, "settings", lambda stage, _name: SETTINGS[stage])
    for place in (paths.model, paths.features):
        other = shutil.copytree(place(request.param), place("other"))
        for file in ("scores.npy", "fc_train.npy", "fc_test.npy"):
            if (other / file).exists():
                _turn(other / file)
    return request.param


def _turn(path):
    import numpy as np

    rows = np.load(path)
    np.save(path, rows + np.random.default_rng(0).normal(size=rows.shape).astype(np.float32))


def _written():
    return {str(p.relative_to(paths.FINDINGS)): p.read_bytes() for p in paths.FINDINGS.rglob("*") if p.is_file()}


@pytest.mark.parametrize("stage", EVERY)
def test_every_replicate_is_analysed_as_if_it_were_alone(name, stage):
    for experiment in (name, "other"):
        __import__("run_analysis").main([stage, experiment])
    alone = {key: json.loads(paths.findings(key, f"{stage}.json").read_text()) for key in (name, "other")}
    before = _written()
    assert alone[name] != alone["other"]
    assert "replicates" not in alone[name]

    for place in (paths.model, paths.features):
        shutil.copytree(place("other"), registry.replicate(place(name), 1))
    __import__("run_analysis").main([stage, name])
    found = json.loads(paths.findings(name, f"{stage}.json").read_text())
    assert found.pop("replicates") == [alone[name], alone["other"]]
    assert found == alone[name]
    if stage == "evaluate" and name == "small":  # three classes: no five guesses
        assert list(found["top_k"]) == ["top_1"]
    after = _written()
    assert after.pop(f"{name}/{stage}.json") != before.pop(f"{name}/{stage}.json")
    assert after == before


@pytest.mark.parametrize("stage", FIRST_ONLY)
def test_maps_and_neighbours_are_of_the_first(name, stage):
    __import__("run_analysis").main([stage, name])
    before = _written()
    shutil.copytree(paths.features("other"), registry.replicate(paths.features(name), 1))
    __import__("run_analysis").main([stage, name])
    assert _written() == before


def test_damaged_features_of_a_replicate_name_the_experiment(name):
    from revisit.errors import ArtifactError

    folder = shutil.copytree(paths.features("other"), registry.replicate(paths.features(name), 1))
    (folder / "fc_test.npy").unlink()
    with pytest.raises(ArtifactError, match=rf"replicates/1/fc_test\.npy: missing .*extract@{name}`"):
        __import__("run_analysis").main(["probe", name])
    assert not paths.FINDINGS.exists()
