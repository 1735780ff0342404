"""Writing artifacts whole or not at all, by one process at a time, and the paths that a user gives."""

import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from revisit import files
from revisit.errors import BusyError

WORKFLOW = Path(__file__).resolve().parents[2] / "workflow"
ARTIFACT = Path("results/models/net")


@pytest.fixture(autouse=True)
def here(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)


def write(text, path=ARTIFACT):
    with files.replacing(path) as partial:
        partial.mkdir()
        (partial / "value").write_text(text)


def found():
    """Every file below the working directory, with its content."""
    return {str(path): path.read_text() for path in Path().rglob("*") if path.is_file()}


def test_a_second_writer_is_refused_and_the_first_one_ends_well():
    with files.replacing(ARTIFACT) as partial:
        partial.write_text("first")
        with pytest.raises(BusyError, match=r"^results/models/net is being written by another process; wait"):
            write("second")
        write("another artifact", Path("results/models/other"))
    assert found() == {str(ARTIFACT): "first", "results/models/other/value": "another artifact"}


KILLED = """
import os, signal
from revisit import files
with files.replacing("results/models/net") as partial:
    partial.mkdir()
    (partial / "half").touch()
    os.kill(os.getpid(), signal.SIGKILL)
"""


def test_what_a_killed_writer_leaves_blocks_nobody_and_is_removed():
    environment = os.environ | {"PYTHONPATH": str(WORKFLOW)}
    ended = subprocess.run([sys.executable, "-c", KILLED], env=environment, check=False)
    assert ended.returncode == -signal.SIGKILL
    assert len(found()) == 2  # half an artifact and its lock
    write("new")
    assert found() == {f"{ARTIFACT}/value": "new"}


def test_a_lock_that_its_last_holder_has_just_removed_is_taken_anew(monkeypatch):
    taken, flock = [], files.fcntl.flock

    def late(stream, how):
        flock(stream, how)
        taken.append(os.fstat(stream.fileno()).st_ino)
        if len(taken) == 1:
            Path(stream.name).unlink()

    monkeypatch.setattr(files.fcntl, "flock", late)
    with files.replacing(ARTIFACT) as partial:
        assert partial.with_name(f"{partial.name}.lock").stat().st_ino == taken[1]
        partial.touch()
    assert found() == {str(ARTIFACT): ""}


@pytest.mark.parametrize("moment", [1, 2])
@pytest.mark.parametrize("error", [OSError, KeyboardInterrupt])
def test_a_folder_is_replaced_by_renames_alone_and_a_failure_puts_the_old_one_back(monkeypatch, moment, error):
    write("old")
    calls = []

    def failing(function):
        def call(source, target):
            if not str(source).endswith("/."):  # whether renames are possible
                calls.append(source)
                if len(calls) == moment:
                    raise error
            function(source, target)

        return call

    with monkeypatch.context() as during:
        for name in ("rename", "replace"):
            during.setattr(os, name, failing(getattr(os, name)))
        with pytest.raises(error):
            write("new")
    assert found() == {f"{ARTIFACT}/value": "old"}
    write("new")
    assert found() == {f"{ARTIFACT}/value": "new"}


def test_a_kill_between_the_renames_leaves_no_artifact_and_the_next_writer_removes_the_old_one(monkeypatch):
    write("old")
    program = f"""
import os, signal
from revisit import files
os.replace = lambda *_: os.kill(os.getpid(), signal.SIGKILL)
with files.replacing("{ARTIFACT}") as partial:
    partial.mkdir()
"""
    environment = os.environ | {"PYTHONPATH": str(WORKFLOW)}
    ended = subprocess.run([sys.executable, "-c", program], env=environment, check=False)
    assert ended.returncode == -signal.SIGKILL
    assert not ARTIFACT.exists()
    write("new")
    assert found() == {f"{ARTIFACT}/value": "new"}


def elsewhere(monkeypatch, volume):
    """Renames into or out of a folder fail, as for another file system."""
    volume.mkdir()

    def mounted(function):
        def call(source, target):
            inside = [Path(os.path.realpath(path)).is_relative_to(volume) for path in (source, target)]
            if inside[0] != inside[1]:
                raise OSError(18, "Invalid cross-device link")
            function(source, target)

        return call

    for name in ("rename", "replace"):
        monkeypatch.setattr(os, name, mounted(getattr(os, name)))


@pytest.mark.parametrize("linked", [ARTIFACT.parent, ARTIFACT.parent.parent], ids=["models", "results"])
def test_a_folder_of_artifacts_on_another_file_system(monkeypatch, tmp_path, linked):
    elsewhere(monkeypatch, tmp_path / "volume")
    linked.parent.mkdir(exist_ok=True)
    linked.symlink_to(tmp_path / "volume")
    for text in ("old", "new"):
        write(text)
        assert (ARTIFACT / "value").read_text() == text
    assert list(found().values()) == ["new"]


def test_another_file_system_is_seen_as_one(tmp_path):
    assert not files._renames(tmp_path, Path("/dev"))
    assert files._renames(tmp_path, tmp_path)


@pytest.mark.parametrize(
    ("value", "written"),
    [(832.0, "832"), (3274634.0, "3274634"), (12345678901.0, "12345678901"), (1 / 3, "0.333333333"), (-0.5, "-0.5")],
)
def test_a_number_in_a_csv_cell(value, written):
    assert files.csv_cell(value) == written


@pytest.mark.parametrize("value", [None, 832, "832.0", True])
def test_what_is_no_fraction_stays_in_a_csv_cell(value):
    assert files.csv_cell(value) is value
