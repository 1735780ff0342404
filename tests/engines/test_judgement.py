"""What Snakemake is told before it builds its DAG: mistakes end it with one message."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from revisit_engines import guard
from revisit_engines.judgement import judge

ROOT = Path(__file__).resolve().parents[2]


@pytest.fixture
def tree(tmp_path, monkeypatch):
    """A project in a folder of its own; the environment is put back after the test."""
    tree = tmp_path / "{a}"
    tree.mkdir()
    (tree / "workflow").symlink_to(ROOT / "workflow")
    shutil.copy(ROOT / "params.yaml", tree)
    (tree / "reference").mkdir()
    (tree / ".git").mkdir()
    for variable in ("PATH", "DVC_SITE_CACHE_DIR", guard.ENGINE):
        monkeypatch.setenv(variable, os.environ.get(variable, ""))
    monkeypatch.chdir(tree)
    return tree


@pytest.mark.parametrize("dry_run", [False, True])
def test_a_folder_that_snakemake_cannot_work_in(tree, dry_run):
    with pytest.raises(SystemExit, match=r"^error: .*/\{a\}: .* rename it$"):
        judge(main_process=True, dry_run=dry_run)


def test_a_disk_without_room(tree):
    program = "from revisit_engines.judgement import judge; judge(main_process=True, dry_run=False)"
    ended = subprocess.run(
        ["sh", "-c", 'ulimit -f 0; exec "$@"', "sh", sys.executable, "-c", program],
        cwd=tree.rename(tree.with_name("tree")),
        env=os.environ | {"PYTHONPATH": str(ROOT / "workflow")},
        capture_output=True,
        text=True,
        timeout=60,
    )
    assert ended.returncode == 1
    remedy = "free disk space or fix permissions, then run again; nothing is lost"
    assert ended.stderr == f"error: File too large: {remedy}\n"


@pytest.mark.parametrize("main_process", [False, True])
def test_rules_and_their_jobs_find_dvc_when_the_environment_is_not_activated(tree, monkeypatch, main_process):
    monkeypatch.setenv("PATH", "/usr/bin:/bin")
    if main_process:
        with pytest.raises(SystemExit):  # for the folder's name
            judge(main_process, dry_run=True)
    else:
        judge(main_process, dry_run=True)
    assert os.environ["PATH"] == f"{Path(sys.executable).parent}:/usr/bin:/bin"
