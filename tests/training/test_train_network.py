import importlib
import json
import subprocess
import sys
from pathlib import Path

import pandas as pd
import pytest

from revisit import config, paths
from revisit.errors import ConfigError

SCRIPTS = Path(config.__file__).parents[1] / "scripts"


@pytest.fixture
def script(monkeypatch, tmp_path, prepared, settings):
    """The command, in an empty repository with prepared data and one experiment."""
    asked = []

    def settings_of(stage: str, name: str) -> dict:
        asked.append((stage, name))
        if name != settings["experiment"]:
            raise ConfigError(f"there is no experiment {name!r}")
        return settings

    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(config, "settings", settings_of)
    paths.prepared("bands").parent.mkdir(parents=True)
    paths.prepared("bands").symlink_to(prepared)
    module = importlib.import_module("train_network")
    module.asked = asked
    return module


def test_writes_the_model_and_its_findings(script):
    script.main(["bands_dynamic"])
    assert script.asked == [("train", "bands_dynamic")]
    model = paths.model("bands_dynamic")
    assert sorted(path.name for path in model.iterdir()) == [
        "events",
        "labels.npy",
        "model.safetensors",
        "network.json",
        "scores.npy",
        "snapshots",
    ]
    findings = json.loads(paths.findings("bands_dynamic", "train.json").read_bytes())
    assert findings["steps"] == 8
    history = pd.read_csv(paths.findings("bands_dynamic", "history.csv"))
    assert list(history.columns) == ["step", "epoch", "learning_rate", "loss", "accuracy"]
    assert len(history) == 8
    evaluations = pd.read_csv(paths.findings("bands_dynamic", "evaluations.csv"))
    assert evaluations["test_accuracy"].iloc[-1] == pytest.approx(findings["test_accuracy"])
    assert not paths.resume("bands_dynamic").exists()


def test_the_resume_state_stays_until_everything_is_in_place(script, monkeypatch):
    monkeypatch.setattr(script.files, "write_json", lambda *_: 1 / 0)
    with pytest.raises(ZeroDivisionError):
        script.main(["bands_dynamic"])
    assert paths.resume("bands_dynamic").exists()


def test_unknown_experiment(script):
    with pytest.raises(ConfigError, match="no experiment 'typo'"):
        script.main(["typo"])
    assert not paths.model("typo").exists()


def test_help_needs_no_torch():
    code = "import sys, train_network\ntry: train_network.main(['--help'])\nfinally: print('torch' in sys.modules)"
    result = subprocess.run([sys.executable, "-c", code], cwd=SCRIPTS, capture_output=True, text=True, check=True)
    assert "an experiment of params.yaml" in result.stdout
    assert result.stdout.endswith("False\n")
