"""What `keep_reference.py` may be told to leave out."""

import shutil
from pathlib import Path

import pytest

import keep_reference
from revisit.errors import ConfigError

ROOT = Path(__file__).resolve().parents[2]


@pytest.mark.parametrize("kind", ["train", "prepare", "extract", "nonsense"])
def test_only_kinds_of_analysis_may_be_left_out(tmp_path, monkeypatch, kind):
    monkeypatch.chdir(tmp_path)
    shutil.copy(ROOT / "params.yaml", ".")
    with pytest.raises(ConfigError, match=f"--without {kind}: only kinds of analysis .*evaluate, inspect"):
        keep_reference.main(["fashion_static", "--without", "evaluate", "--without", kind])
