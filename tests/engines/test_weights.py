"""Networks of reference results through a remote, from the clone that trained them to another."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
CODE = "import sys; from pathlib import Path; from revisit_engines import weights; print(eval(sys.argv[1]))"


class Tree:
    """A repository of git and DVC with a remote `shared`."""

    def __init__(self, folder: Path, remote: Path) -> None:
        self.folder = folder
        folder.mkdir()
        shutil.copy(ROOT / ".dvcignore", folder)
        subprocess.run(["git", "init", "-q"], cwd=folder, check=True)
        for command in (["init", "-q"], ["remote", "add", "-q", "-d", "shared", str(remote)]):
            subprocess.run([sys.executable, "-m", "dvc", *command], cwd=folder, check=True)

    def ask(self, expression: str) -> subprocess.CompletedProcess[str]:
        """Evaluate an expression over `weights` in a process of its own: DVC keeps loops and caches."""
        environment = os.environ | {"PYTHONPATH": str(ROOT / "workflow")}
        command = [sys.executable, "-c", CODE, expression]
        return subprocess.run(command, cwd=self.folder, env=environment, capture_output=True, text=True, check=False)


@pytest.fixture(scope="module")
def trees(tmp_path_factory):
    folder = tmp_path_factory.mktemp("trees")
    ours, theirs = (Tree(folder / name, folder / "remote") for name in ("ours", "theirs"))
    network = ours.folder / "results/models/small"
    (network / "replicates/1").mkdir(parents=True)
    (network / "model.safetensors").write_bytes(bytes(range(256)))
    (network / "replicates/1/model.safetensors").write_bytes(b"other")
    (network / ".snakemake_timestamp").touch()
    return ours, theirs


def test_a_network_goes_through_a_remote(trees):
    ours, theirs = trees
    digest = ours.ask("weights.digest('small')").stdout.strip()
    assert digest.endswith(".dir")
    assert ours.ask(f"weights.push('small', '{digest}')").returncode == 0
    pulled = theirs.ask(f"weights.pull('small', '{digest}')")
    assert pulled.stdout.strip() == "results/reference/small"
    found = theirs.folder / "results/reference/small"
    assert {path.relative_to(found).as_posix(): path.read_bytes() for path in found.rglob("*") if path.is_file()} == {
        "model.safetensors": bytes(range(256)),
        "replicates/1/model.safetensors": b"other",
    }
    assert (ours.folder / "results/models/small/.snakemake_timestamp").exists()  # another engine's is left alone


def test_no_network_has_no_digest(trees):
    assert trees[0].ask("weights.digest('other')").stdout.strip() == "None"


@pytest.mark.parametrize(
    ("expression", "words"),
    [
        ("weights.push('small', '0.dir')", "is not the network of the reference result; its digest is"),
        ("weights.pull('small', '0' * 32 + '.dir')", "DVC: the remote does not have this network"),
        ("weights.pull('small', '0' * 32 + '.dir', remote='none')", "remote 'none' doesn't exist; look at `dvc remote"),
    ],
)
def test_what_cannot_be_done_is_told(trees, expression, words):
    result = trees[0].ask(expression)
    assert result.returncode == 1
    assert f"EngineError: {words}" in result.stderr or words in result.stderr.splitlines()[-1]
    assert not (trees[0].folder / "results/reference").exists()
