import contextlib
import errno
import json
import os
import sqlite3
import subprocess
import sys
import time
from pathlib import Path

import psutil
import pytest

from revisit.errors import BusyError, EngineError
from revisit_engines import guard, premises

LOCK = """schema: '2.0'
stages:
  configure:
    cmd: python workflow/scripts/configure_stages.py
    deps:
    - path: params.yaml
      hash: md5
      md5: 0123456789abcdef0123456789abcdef
      size: 4000
    outs:
    - path: results/config
      hash: md5
      md5: 00000000000000000000000000000000.dir
      size: 5000
      nfiles: 15
  without_deps:
    cmd: date > date.txt
    outs:
    - path: date.txt
      hash: md5
      md5: fedcba9876543210fedcba9876543210
      size: 29
"""


@pytest.fixture
def tree(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv(guard.ENGINE, raising=False)
    (tmp_path / ".dvc/tmp").mkdir(parents=True)
    yield tmp_path
    os.environ.pop(guard.ENGINE, None)


def test_a_whole_lock_file_stays(tree):
    (tree / "dvc.lock").write_text(LOCK)
    guard.heal()
    assert (tree / "dvc.lock").read_text() == LOCK


def test_a_lock_file_cut_anywhere_is_whole_to_dvc_or_put_aside(tree, capsys):
    from dvc.schema import COMPILED_LOCKFILE_SCHEMA
    from ruamel.yaml import YAML

    put_aside = 0
    for cut in range(len(LOCK)):
        (tree / "dvc.lock").write_text(LOCK[:cut])
        guard.heal()
        if (tree / "dvc.lock").exists():
            content = YAML(typ="safe").load(tree / "dvc.lock")
            COMPILED_LOCKFILE_SCHEMA(content)
            for stage in content["stages"].values():
                entries = [*stage.get("deps", []), *stage["outs"]]
                assert all(len(entry["md5"].removesuffix(".dir")) == 32 for entry in entries)
        else:
            put_aside += 1
            assert (tree / ".dvc/tmp/dvc.lock.damaged").read_text() == LOCK[:cut]
    assert put_aside > len(LOCK) * 0.9
    assert "dvc.lock was damaged" in capsys.readouterr().err


def test_a_damaged_lock_file_in_a_tree_without_dvc_s_own_folder(tree):
    (tree / "dvc.lock").write_text(LOCK[:100])
    (tree / ".dvc/tmp").rmdir()
    guard.heal()
    assert not (tree / "dvc.lock").exists()


def test_a_cut_rwlock_is_removed_and_a_whole_one_stays(tree):
    rwlock = tree / ".dvc/tmp/rwlock"
    rwlock.write_text('{"write": {"a": {"pi')
    guard.heal()
    assert not rwlock.exists()
    rwlock.write_text("{}")
    guard.heal()
    assert rwlock.exists()


def test_what_dead_processes_and_jobs_hold_is_forgotten(tree):
    """A process that has ended is a zombie until its parent asks for it: to DVC it lives."""
    zombie = subprocess.Popen([sys.executable, "-c", ""])
    while psutil.Process(zombie.pid).status() != psutil.STATUS_ZOMBIE:
        time.sleep(0.01)
    living = {"pid": os.getpid(), "cmd": "dvc checkout"}
    dead = {"pid": zombie.pid, "cmd": "dvc checkout"}
    job = {"pid": os.getpid(), "cmd": "bin/dvc --wait-for-lock repro -s train@a"}
    held = {"write": {"a": dead, "b": living, "c": job}, "read": {"d": [dead, living], "e": [job], "f": [dead]}}
    (tree / ".dvc/tmp/rwlock").write_text(json.dumps(held))
    guard.hold("dvc").close()
    assert json.loads((tree / ".dvc/tmp/rwlock").read_text()) == {"write": {"b": living}, "read": {"d": [living]}}
    zombie.wait()


@pytest.mark.parametrize(
    ("command", "stays"),
    [
        ("/home/u/repro/.venv/bin/dvc checkout", True),
        ("/home/u/net-repro/.venv/lib/dvc/__main__.py pull", True),
        ("/home/u/exp run/bin/dvc pull", True),
        ("/home/u/tree/.venv/bin/dvc push -r repro", True),
        ("/home/u/tree/.venv/bin/dvc --cd repro checkout", True),
        ("/home/u/tree/.venv/bin/dvc repro", False),
        ("/home/u/tree/.venv/bin/dvc --wait-for-lock -v repro -s train@a", False),
        ("/home/u/tree/.venv/bin/dvc --cd repro experiments run", False),
        ("/home/u/tree/.venv/lib/dvc/__main__.py -q exp run", False),
    ],
)
def test_a_job_is_known_by_its_command_and_not_by_the_name_of_a_folder(tree, command, stays):
    rwlock = tree / ".dvc/tmp/rwlock"
    rwlock.write_text(json.dumps({"write": {"a": {"pid": os.getpid(), "cmd": command}}}))
    guard.heal()
    assert bool(json.loads(rwlock.read_text())) == stays


def test_a_folder_whose_name_the_engines_would_take_for_a_variable(tree, monkeypatch):
    (tree / "{a}/tree").mkdir(parents=True)
    monkeypatch.chdir(tree / "{a}/tree")
    with pytest.raises(EngineError, match=r"\{a\}/tree: .* name has \{ or \}; rename it"):
        guard.hold("dvc")
    assert not list((tree / "{a}/tree").iterdir())


@pytest.mark.parametrize("number", [errno.ENOSPC, errno.EROFS, errno.EACCES])
def test_want_of_room_or_rights_says_where_and_how_to_mend_it(number):
    said = rf"^{os.strerror(number)} \(\.work/x\): free disk space or fix permissions, then run again; nothing is lost$"
    with pytest.raises(EngineError, match=said), guard.explained():
        raise OSError(number, os.strerror(number), ".work/x")


def test_a_database_that_cannot_be_written(tree):
    sqlite3.connect("cache.db").close()
    database = sqlite3.connect("file:cache.db?mode=ro", uri=True)
    said = r"^attempt to write a readonly database \(\.dvc/site\): free disk space or fix permissions"
    with contextlib.closing(database), pytest.raises(EngineError, match=said), guard.explained():
        database.execute("CREATE TABLE a (b)")


def test_any_other_error_stays_as_it_is():
    with pytest.raises(FileNotFoundError), guard.explained():
        Path("/nowhere/at/all").read_bytes()
    database = sqlite3.connect(":memory:")
    with contextlib.closing(database), pytest.raises(sqlite3.OperationalError), guard.explained():
        database.execute("SELECT * FROM nowhere")


def test_the_programs_of_this_environment_are_found_when_it_is_not_activated(monkeypatch):
    own = str(Path(sys.executable).parent)
    monkeypatch.setenv("PATH", "/usr/bin:/bin")
    for _ in range(2):
        guard.find_own_programs()
        assert os.environ["PATH"] == f"{own}:/usr/bin:/bin"
    monkeypatch.setenv("PATH", f"/first:{own}")
    guard.find_own_programs()
    assert os.environ["PATH"] == f"/first:{own}"


def test_what_a_killed_snakemake_left_is_cleared(tree):
    for folder in guard.SNAKEMAKE_LEFTOVERS:
        folder.mkdir(parents=True)
        (folder / "mark").touch()
    guard.hold("snakemake").close()
    assert not any(folder.exists() for folder in guard.SNAKEMAKE_LEFTOVERS)


def test_a_second_holder_is_told_who_holds(tree):
    with guard.hold("snakemake"), pytest.raises(BusyError, match=rf"snakemake \(PID {os.getpid()}\) is running"):
        guard.hold("dvc")
    guard.hold("dvc").close()


def job(tree, seconds):
    """A job of the engine in this process's environment, as the `dvc` command begins it."""
    program = (
        f"import time; from revisit_engines import guard; _ = guard.join(); print(1, flush=True); time.sleep({seconds})"
    )
    environment = os.environ | {"PYTHONPATH": os.pathsep.join(sys.path)}
    return subprocess.Popen(
        [sys.executable, "-c", program], env=environment, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    )


def test_waits_for_a_job_that_a_killed_engine_left(tree, capsys):
    guard.hold("snakemake").close()  # closed: as if killed
    with job(tree, 1.5) as orphan:
        assert orphan.stdout.readline()
        start = time.monotonic()
        (tree / ".dvc/tmp/rwlock").write_text(json.dumps({"write": {"out": {"pid": orphan.pid, "cmd": "dvc"}}}))
        guard.hold("dvc").close()
        assert orphan.wait(timeout=5) == 0
        assert time.monotonic() - start > 1.2
        assert f"waiting for jobs of an interrupted run (PID {orphan.pid})" in capsys.readouterr().err


def test_a_job_that_comes_too_late_does_not_run(tree):
    guard.hold("snakemake").close()
    started_by = os.environ[guard.ENGINE]
    guard.hold("another").close()
    os.environ[guard.ENGINE] = started_by
    with pytest.raises(BusyError, match="which has ended; another"):
        guard.join()


def test_outside_an_engine_there_is_nothing_to_join(tree):
    assert guard.join() is None


def test_a_tree_without_reference_results_says_how_to_mend_it(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    premises.check()  # no tree of this project
    (tmp_path / "params.yaml").touch()
    with pytest.raises(EngineError, match=r"reference: the folder of .* is missing; .*`git checkout reference`"):
        premises.check()
    (tmp_path / "reference").mkdir()
    with pytest.raises(EngineError, match="no git repository, as after a download without its history; clone it"):
        premises.check()
    (tmp_path / ".git").mkdir()
    premises.check()


def test_a_path_too_long_for_databases(tmp_path, monkeypatch):
    deep = tmp_path.joinpath(*["x" * 100] * 5)
    deep.mkdir(parents=True)
    monkeypatch.chdir(deep)
    with pytest.raises(
        EngineError, match=r"a path of .* bytes; DVC's databases can be opened up to 430: move the clone"
    ):
        premises.check()


def test_a_lock_file_that_another_kind_of_lock_would_wait_for(tree):
    for part in ("params.yaml", ".dvc/tmp/lock", ".dvc/config"):
        (tree / part).touch()
    for part in ("reference", ".git"):
        (tree / part).mkdir()
    premises.check()
    (tree / ".dvc/config").write_text("[core]\n    hardlink_lock = true\n")
    with pytest.raises(EngineError, match=r"lock: left by the other kind of lock .* `rm \.dvc/tmp/lock`"):
        premises.check()


def test_links_to_nothing_are_named(tree):
    (tree / "results/models").mkdir(parents=True)
    (tree / "results/models/one").symlink_to("nowhere")
    with pytest.raises(EngineError, match="results/models/one: a link to nowhere, where nothing is; remove it"):
        premises.check_links()


def test_a_full_folder_for_temporary_files(tree, monkeypatch):
    def full(**_):
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr("tempfile.TemporaryFile", full)
    with pytest.raises(EngineError, match=r"no room for temporary files \(No space left .* or set TMPDIR"):
        premises.check_scratch()


def test_a_repository_of_another_user(tree, monkeypatch):
    refused = subprocess.CompletedProcess([], 128, "", "fatal: detected dubious ownership in repository at '/x'")
    monkeypatch.setattr(subprocess, "run", lambda *_, **__: refused)
    with pytest.raises(EngineError, match=r"belongs to another user, .*`git config --global --add safe.directory"):
        premises.check_owner()
