"""Which remote is remembered: one that can be reached, from a tree that has results."""

import os
import shutil
import subprocess
from pathlib import Path

import pytest

import share_results
from revisit.errors import EngineError
from revisit_engines import cache, guard

ROOT = Path(__file__).resolve().parents[2]
LOCAL = Path(".dvc/config.local")
CHOSEN = "['remote \"shared\"']\n    url = /mnt/good\n    verify = true\n[core]\n    remote = shared\n"


@pytest.fixture
def tree(tmp_path, monkeypatch):
    """A repository without stages, and what an engine would leave in this process undone."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(cache, "verify_remotes", lambda: None)
    monkeypatch.setattr(cache, "look_at_contents", lambda: None)
    monkeypatch.setenv("DVC_SITE_CACHE_DIR", "")
    monkeypatch.delenv(guard.ENGINE, raising=False)
    subprocess.run(["git", "init", "-q"], check=True)
    Path(".dvc").mkdir()
    shutil.copy(ROOT / ".dvc/config", ".dvc")
    Path("dvc.lock").write_text("schema: '2.0'\nstages: {}\n")
    Path("dvc.yaml").write_text("stages: {}\n")
    yield tmp_path
    os.environ.pop(guard.ENGINE, None)


@pytest.mark.parametrize("before", [None, CHOSEN])
@pytest.mark.parametrize(
    ("action", "address", "words"),
    [
        ("pull", "/nonexist/x", "/nonexist/x: the remote has nothing there"),
        ("pull", "ftp://host/x", "DVC: .*ftp"),
        ("push", "ftp:/x", "REMOTE=ftp:/x: neither a folder"),
        ("push", "host:/x", "REMOTE=host:/x: neither a folder"),
    ],
)
def test_a_remote_that_is_none_is_not_remembered(tree, action, address, words, before):
    if before:
        LOCAL.write_text(before)
    with pytest.raises(EngineError, match=words):
        share_results.main([action, "--remote", address])
    assert (LOCAL.read_text() if LOCAL.exists() else None) == before
    assert not Path("ftp:").exists()


@pytest.mark.parametrize("action", ["push", "pull"])
def test_without_results_nothing_is_chosen_or_moved(tree, action):
    Path("dvc.lock").unlink()
    with pytest.raises(EngineError, match=r"dvc\.lock: missing"):
        share_results.main([action, "--remote", str(tree / "store")])
    assert not LOCAL.exists()


def test_one_that_was_reached_is_remembered(tree, capsys):
    share_results.main(["push", "--remote", "store"])
    assert f"url = {tree / 'store'}" in LOCAL.read_text()
    share_results.main(["pull"])
    assert "pulled 0 files" in capsys.readouterr().out
