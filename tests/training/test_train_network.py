import importlib
import json
import subprocess
import sys
from pathlib import Path

import pandas as pd
import pytest

from revisit import config, paths
from revisit.errors import ConfigError
from revisit.events import tables

SCRIPTS = Path(config.__file__).parents[1] / "scripts"
MODEL = ["events", "labels.npy", "model.safetensors", "network.json", "replicates", "scores.npy", "snapshots"]
REPLICATE = ["labels.npy", "model.safetensors", "network.json", "scores.npy"]


@pytest.fixture
def script(monkeypatch, tmp_path, prepared, settings):
    """The command, in an empty repository with prepared data, one experiment and one finetuning of its network."""
    known = {
        ("train", "bands_dynamic"): settings | {"replicates": 2},
        ("finetune", "bands_tuned"): settings | {"experiment": "bands_tuned", "weights": "bands_dynamic"},
    }

    def settings_of(stage: str, name: str) -> dict:
        if (stage, name) not in known:
            raise ConfigError(f"there is no {name!r} to {stage}")
        return known[stage, name]

    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(config, "settings", settings_of)
    monkeypatch.setattr(config, "code", lambda *_: {})
    paths.prepared("bands").parent.mkdir(parents=True)
    paths.prepared("bands").symlink_to(prepared)
    return importlib.import_module("train_network")


def test_writes_the_model_and_its_findings(script):
    script.main(["bands_dynamic"])
    assert sorted(path.name for path in paths.model("bands_dynamic").iterdir()) == MODEL
    replicates = paths.model("bands_dynamic") / "replicates"
    assert sorted(str(path.relative_to(replicates)) for path in replicates.glob("*/*")) == [
        f"1/{name}" for name in REPLICATE
    ]
    findings = json.loads(paths.findings("bands_dynamic", "train.json").read_bytes())
    assert findings["steps"] == 8
    assert findings["variants"]["base"]["runs"] == 2
    history = pd.read_csv(paths.findings("bands_dynamic", "history.csv"))
    assert list(history.columns) == ["step", "epoch", "learning_rate", "loss", "accuracy"]
    assert len(history) == 8
    evaluations = pd.read_csv(paths.findings("bands_dynamic", "evaluations.csv"))
    assert evaluations["test_accuracy"].iloc[-1] == pytest.approx(findings["test_accuracy"])
    runs = {path.name: pd.read_csv(path) for path in paths.findings("bands_dynamic", "runs").glob("*.csv")}
    assert {name: len(rows) for name, rows in runs.items()} == {
        "summary.csv": 2,
        "evaluations.csv": 8,
        "history.csv": 16,
        "gradients.csv": 4 * 4,  # evaluations, layers
        "inputs.csv": 5,
    }
    left = paths.findings("bands_dynamic", "")
    assert tables.gradients(left)["layer"].unique().tolist() == ["conv1", "conv2", "fc1", "fc2"]
    assert tables.inputs(left).tiles.shape == (5, 5, 8, 8, 1)
    assert list(runs["history.csv"].columns) == ["variant", "replicate", "step", "loss", "accuracy"]
    assert runs["summary.csv"]["test_loss"].mean() == pytest.approx(findings["variants"]["base"]["test_loss"])
    assert not paths.resume("bands_dynamic").exists()


def test_a_finetuning_starts_from_the_weights_it_names(script):
    script.main(["bands_dynamic"])
    script.main(["--finetune", "bands_tuned"])
    findings = [json.loads(paths.findings(f"bands_{x}", "train.json").read_bytes()) for x in ("dynamic", "tuned")]
    assert [found["fresh_layers"] for found in findings] == [None, []]
    assert findings[1]["train_loss"] < findings[0]["train_loss"]


def test_the_resume_state_stays_until_everything_is_in_place(script, monkeypatch):
    monkeypatch.setattr(script.files, "write_json", lambda *_: 1 / 0)
    with pytest.raises(ZeroDivisionError):
        script.main(["bands_dynamic"])
    assert paths.resume("bands_dynamic").exists()


@pytest.mark.parametrize("arguments", [["typo"], ["bands_tuned"], ["--finetune", "bands_dynamic"]])
def test_unknown_names(script, arguments):
    with pytest.raises(ConfigError, match="there is no"):
        script.main(arguments)
    assert not paths.model(arguments[-1]).exists()


def test_help_needs_no_torch():
    code = "import sys, train_network\ntry: train_network.main(['--help'])\nfinally: print('torch' in sys.modules)"
    result = subprocess.run([sys.executable, "-c", code], cwd=SCRIPTS, capture_output=True, text=True, check=True)
    assert "an experiment of params.yaml" in result.stdout
    assert result.stdout.endswith("False\n")
