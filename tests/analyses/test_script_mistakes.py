"""What the scripts of the analyses say to features and settings that do not fit."""

import copy
import json

import numpy as np
import pandas as pd
import pytest

from revisit import config, paths
from revisit.errors import ArtifactError, ConfigError

SETTINGS = {
    "evaluate": {"top_k": [], "bootstrap": 200, "seed": 0},
    "probe": {"layers": ["fc"], "protocols": ["published", "split"], "C": [0.01, 0.1], "folds": 3, "seed": 0},
    "embed": {"layers": ["fc"], "points": 60, "pca": 5, "perplexity": 6.0, "iterations": [260], "seed": 0},
    "neighbours": {"layers": ["fc"], "queries": ["cat", "ant"], "k": 3, "seed": 0},
}


@pytest.fixture
def spoilt(script_inputs, tmp_path, monkeypatch):
    """The features of "several", to be spoilt, and the settings of the analyses, to be changed."""
    script_inputs(tmp_path)
    monkeypatch.chdir(tmp_path)
    settings = copy.deepcopy(SETTINGS)
    monkeypatch.setattr(config, "settings", lambda stage, _name: settings[stage])
    return paths.features("several"), settings


@pytest.mark.parametrize("kind", ["probe", "embed", "neighbours"])
def test_features_that_do_not_fit_end_in_one_message_and_no_findings(spoilt, kind):
    np.save(spoilt[0] / "fc_test.npy", np.zeros((80, 9), np.float32))
    with pytest.raises(ArtifactError, match=r"fc_test\.npy: 80x9 float32 where 80x8 .*extract@several"):
        __import__("run_analysis").main([kind, "several"])
    assert not paths.FINDINGS.exists()


@pytest.mark.parametrize(
    ("kind", "change", "message"),
    [
        (
            "probe",
            {"layers": ["fc", "fc.9"]},
            r"'fc\.9' was not extracted; extracted are: pool\.2, fc",
        ),
        ("embed", {"layers": ["pool"]}, r"'pool' was not extracted"),
        ("neighbours", {"layers": ["pool"]}, r"'pool' was not extracted"),
        ("embed", {"perplexity": 20.0}, r"20 is too large for 60 points.*embed at least 61"),
        ("embed", {"points": 1000, "perplexity": 27.0}, r"27 is too large for 80 points"),
        (
            "neighbours",
            {"queries": ["ant", "dog"]},
            r"neighbours\.several\.classes: 'dog' is no class",
        ),
        (
            "neighbours",
            {"queries": ["bee"] * 50},
            r"classes: 50 query images of 'bee' are asked for",
        ),
        ("neighbours", {"k": 80}, r"80 neighbours of one image among 80"),
    ],
)
def test_settings_that_cannot_be_met_end_in_one_message_and_no_findings(spoilt, kind, change, message):
    spoilt[1][kind] |= change
    with pytest.raises(ConfigError, match=message):
        __import__("run_analysis").main([kind, "several"])
    assert not paths.FINDINGS.exists()


def test_a_test_set_that_shows_nothing_has_no_ranking(spoilt):
    np.save(paths.model("several") / "labels.npy", np.full((80, 3), -1, np.int8))
    __import__("run_analysis").main(["evaluate", "several"])
    assert json.loads(paths.findings("several", "evaluate.json").read_text())["mean_average_precision"] is None
    assert pd.read_csv(paths.findings("several", "evaluate/roc.csv")).empty
    assert pd.read_csv(paths.findings("several", "evaluate/per_class.csv")).average_precision.isna().all()


def test_a_probe_of_images_that_show_nothing_has_no_score(spoilt):
    for split, count in (("train", 60), ("test", 80)):
        np.save(spoilt[0] / f"{split}_labels.npy", np.full((count, 3), -1, np.int8))
    __import__("run_analysis").main(["probe", "several"])
    found = json.loads(paths.findings("several", "probe.json").read_text())
    assert found == {"fc": {"published": {"map": None, "C": 1.0}, "split": {"map": None, "C": 0.01}}}
    assert pd.read_csv(paths.findings("several", "probe/per_class.csv")).average_precision.isna().all()
