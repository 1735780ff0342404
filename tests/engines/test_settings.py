"""What a script gets of its record: the settings and the code, unless that is another by now."""

import hashlib
import json
from pathlib import Path

import pytest

from revisit import config, paths
from revisit.errors import ArtifactError, ConfigError
from revisit.params.load import load
from revisit_engines import configure


@pytest.fixture
def record(tmp_path, monkeypatch):
    """The record of `report` and a module that it names, below the current folder."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("DVC_STAGE", "report")
    module = tmp_path / "workflow/module.py"
    module.parent.mkdir()
    module.write_bytes(b"x = 1\n")
    found = {"settings": {"a": 1}, "code": {"workflow/module.py": hashlib.sha256(b"x = 1\n").hexdigest()}}
    path = tmp_path / "results/config/report.json"
    path.parent.mkdir(parents=True)
    path.write_text(json.dumps(found))
    return module


def test_settings_of_a_record(record):
    assert config.settings("report") == {"a": 1}


def test_code_that_was_edited_since_the_run_began(record):
    record.write_bytes(b"x = 2\n")
    with pytest.raises(ArtifactError, match=r"workflow/module\.py: edited since this run began; run again"):
        config.settings("report")


def test_code_that_is_gone(record):
    record.unlink()
    with pytest.raises(ArtifactError, match=r"report\.json: missing or damaged .*module\.py.*; run `dvc repro"):
        config.settings("report")


def test_code_of_a_record(record):
    assert config.code("report") == {"workflow/module.py": hashlib.sha256(b"x = 1\n").hexdigest()}
    record.write_bytes(b"x = 2\n")
    with pytest.raises(ArtifactError, match=r"workflow/module\.py: edited since this run began; run again"):
        config.code("report")


def test_run_by_hand_the_code_is_the_one_that_a_record_would_name(monkeypatch):
    monkeypatch.delenv("DVC_STAGE", raising=False)
    monkeypatch.chdir(Path(__file__).parents[2])
    record = json.loads(configure.records(load())[paths.config("train", "siamese_loss1")])
    assert config.settings("train", "siamese_loss1") == record["settings"]
    assert config.code("train", "siamese_loss1") == record["code"]
    with pytest.raises(ConfigError, match="stage 'train' knows no 'siamese'"):
        config.code("train", "siamese")
