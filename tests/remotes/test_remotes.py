"""Results shared over a folder, S3 and SSH: another clone has them, neither engine has work, damage is noticed."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

import servers
from forked import ForkedTree
from tree import ROOT

pytestmark = pytest.mark.pipeline
SCRIPT = "workflow/scripts/share_results.py"
ENVIRONMENT = os.environ.get("REVISIT_REMOTES")  # the Python that has the packages of S3 and SSH: `make remotes`


@pytest.fixture(scope="module")
def made(tmp_path_factory):
    """A small tree with its results, committed."""
    tree = ForkedTree(tmp_path_factory.mktemp("made") / "tree", trainings=("fashion_static",))
    shutil.copy(ROOT / SCRIPT, tree.folder / SCRIPT)  # no stand-in
    tree.dvc("repro")
    tree.git("add", "--force", "dvc.lock")
    tree.commit("results")
    return tree


def cloned(made, folder):
    """A clone without any artifact."""
    subprocess.run(["git", "clone", "-q", str(made.folder), str(folder)], check=True)
    return ForkedTree.opened(folder, stand_ins=True)


def pushed(output):
    return int(output.split("pushed ")[1].split()[0])


def clean(tree):
    """Whether git sees nothing of the address and the keys of a remote."""
    return not subprocess.run(
        ["git", "status", "--porcelain"], cwd=tree.folder, check=True, capture_output=True
    ).stdout.strip()


@pytest.mark.parametrize("kind", ["folder", "s3", "ssh"])
def test_another_clone_has_the_results_and_neither_engine_has_anything_to_do(made, tmp_path, kind):
    python = Path(ENVIRONMENT) if ENVIRONMENT else None
    with getattr(servers, kind)(tmp_path, python) as remote:
        program = sys.executable if kind == "folder" else ENVIRONMENT

        def told(tree):
            tree.dvc("remote", "add", "--local", "--force", "--default", "shared", remote.address)
            for key, value in remote.options.items():
                tree.dvc("remote", "modify", "--local", "shared", key, value)

        told(made)
        first, again = (pushed(made.run(program, SCRIPT, "push", **remote.environment)) for _ in range(2))
        runs = [path for path in (made.folder / ".dvc/cache/runs").rglob("*") if path.is_file()]
        assert again == len(runs) < 20 < first  # the entries of the run cache, which have no digest to be compared by
        other = cloned(made, tmp_path / "clone")
        told(other)
        other.run(program, SCRIPT, "pull", "--what", "report", **remote.environment)
        assert [path.name for path in (other.folder / "results").iterdir()] == ["report"]
        other.run(program, SCRIPT, "pull", **remote.environment)
        assert other.artifacts() == made.artifacts()
        other.assert_nothing_to_do()
        assert all((other.folder / path.relative_to(made.folder)).is_file() for path in runs)
        assert clean(made)
        assert clean(other)


def test_what_is_damaged_on_a_remote_becomes_no_artifact(made, tmp_path):
    store = tmp_path / "store"
    made.run("python", SCRIPT, "push", "--remote", str(store))
    other = cloned(made, tmp_path / "clone")
    victim = made.folder / "results/findings/fashion_static/train.json"
    damaged = next(path for path in (store / "files").rglob("*") if path.is_file() and same(path, victim))
    damaged.chmod(0o644)
    damaged.write_bytes(damaged.read_bytes()[::-1])
    output = other.run("python", SCRIPT, "pull", "--remote", str(store), check=False)
    assert other.status == 2
    assert "not on the remote, or damaged there: results/findings/fashion_static/train.json; run `make share`" in output
    other.dvc("remote", "modify", "--local", "shared", "verify", "false")
    other.dvc("pull", check=False)  # by DVC's own command, told to believe the remote
    assert other.status
    assert not (other.folder / victim.relative_to(made.folder)).exists()
    shutil.rmtree(store)
    output = other.run("python", SCRIPT, "pull", check=False)
    assert other.status == 2
    assert "Traceback" not in output


def same(a, b):
    return a.stat().st_size == b.stat().st_size and a.read_bytes() == b.read_bytes()


def test_an_entry_of_the_run_cache_that_was_altered_is_not_believed(made, monkeypatch):
    from dvc.data_cloud import Remote
    from dvc.repo import Repo
    from dvc.stage.cache import StageCache

    from revisit_engines import cache

    monkeypatch.setattr(Remote, "__init__", Remote.__init__)  # put back after the test
    monkeypatch.setattr(StageCache, "_load_cache", StageCache._load_cache)
    monkeypatch.setattr(Remote, "verifies", False, raising=False)
    cache.verify_remotes()
    entry = next(path for path in (made.folder / ".dvc/cache/runs").rglob("*") if path.is_file())
    content = entry.read_bytes()
    with Repo(str(made.folder)) as repo:
        assert repo.stage_cache._load_cache(entry.parent.name, entry.name)
        entry.chmod(0o644)
        entry.write_bytes(content.replace(b"md5: ", b"md5: f", 1))
        assert repo.stage_cache._load_cache(entry.parent.name, entry.name) is None
    assert not entry.exists()
    entry.write_bytes(content)
