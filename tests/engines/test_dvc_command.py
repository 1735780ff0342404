"""The `dvc` command: which commands it guards, and on which tree."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]


@pytest.fixture
def tree(tmp_path):
    """A project with this code and a mistake in its parameters, but without DVC's folder."""
    tree = tmp_path / "tree"
    tree.mkdir()
    (tree / "workflow").symlink_to(ROOT / "workflow")
    (tree / "reference").mkdir()
    (tree / ".git").mkdir()
    (tree / "params.yaml").write_text("mistake: 1\n")
    return tree


def dvc(folder, *arguments, prefix=(), **environment):
    """Run the `dvc` command in `folder`."""
    inherited = {key: value for key, value in os.environ.items() if key not in ("REVISIT_ENGINE", "DVC_SITE_CACHE_DIR")}
    return subprocess.run(
        [*prefix, sys.executable, "-m", "dvc_command", *arguments],
        cwd=folder,
        env=inherited | {"PYTHONPATH": str(ROOT / "workflow")} | environment,
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        timeout=60,
    )


@pytest.mark.parametrize(
    "arguments",
    ["--cd tree repro", "--cd=tree repro", "-q --cprofile-dump dump --cd tree repro", "--cd tree experiments -q run"],
)
def test_a_run_of_stages_is_guarded_whatever_comes_before_the_command(tree, arguments):
    ended = dvc(tree.parent, *arguments.split())
    assert ended.returncode == 2, ended.stderr
    assert "error: params.yaml: " in ended.stderr


def test_a_folder_called_as_the_command_is_not_the_command(tree):
    (tree / "repro").mkdir()
    ended = dvc(tree, "--cd", "repro", "status")
    assert ended.returncode == 253  # DVC's own: not a DVC repository
    assert "params.yaml" not in ended.stderr


def test_wrong_arguments_are_told_once(tree):
    ended = dvc(tree, "repro", "--no-such-option")
    assert ended.returncode == 254
    assert ended.stderr.count("unrecognized arguments: --no-such-option") == 1


@pytest.mark.parametrize("arguments", ["repro", "plots show"])
def test_a_disk_without_room_is_one_message(tree, arguments):
    shutil.copy(ROOT / "params.yaml", tree)
    ended = dvc(tree, *arguments.split(), prefix=("sh", "-c", 'ulimit -f 0; exec "$@"', "sh"))
    assert ended.returncode == 2
    remedy = "free disk space or fix permissions, then run again; nothing is lost"
    assert ended.stderr == f"error: File too large: {remedy}\n"


def test_a_stage_finds_this_environment_when_it_is_not_activated(tree):
    shutil.copy(ROOT / "params.yaml", tree)
    (tree / ".dvc").mkdir()
    (tree / ".dvc/config").write_text("[core]\n    no_scm = true\n    analytics = false\n")
    (tree / "dvc.yaml").write_text("stages:\n  where:\n    cmd: command -v python > where\n    outs: [where]\n")
    ended = dvc(tree, "repro", PATH="/usr/bin:/bin")
    assert ended.returncode == 0, ended.stderr
    assert (tree / "where").read_text().strip() == str(Path(sys.executable).with_name("python"))
