import json
import os
import subprocess
import sys

import pytest
from revisit.errors import BusyError
from revisit_engines import guard

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
"""


@pytest.fixture
def tree(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv(guard.OWNER, raising=False)
    (tmp_path / ".dvc/tmp").mkdir(parents=True)
    yield tmp_path
    os.environ.pop(guard.OWNER, None)


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
                assert all(len(entry["md5"].removesuffix(".dir")) == 32 for entry in stage["deps"] + stage["outs"])
        else:
            put_aside += 1
            assert (tree / ".dvc/tmp/dvc.lock.damaged").read_text() == LOCK[:cut]
    assert put_aside > len(LOCK) * 0.9
    assert "dvc.lock was damaged" in capsys.readouterr().err


def test_a_cut_rwlock_is_removed_and_a_whole_one_stays(tree):
    rwlock = tree / ".dvc/tmp/rwlock"
    rwlock.write_text('{"write": {"a": {"pi')
    guard.heal()
    assert not rwlock.exists()
    rwlock.write_text("{}")
    guard.heal()
    assert rwlock.exists()


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


def test_waits_for_a_job_that_a_killed_engine_left(tree, capsys):
    job = subprocess.Popen([sys.executable, "-c", "import time; time.sleep(1.5)", "dvc"])
    orphan = {"pid": job.pid, "cmd": "dvc repro -s train@x"}
    (tree / ".dvc/tmp/rwlock").write_text(json.dumps({"write": {"out": orphan}, "read": {"dep": [orphan]}}))
    assert not guard._is_dvc(job.pid)  # a live process, but no dvc: the PID was used again
    guard._is_dvc, original = (lambda pid: job.poll() is None), guard._is_dvc
    try:
        guard.hold("snakemake").close()
    finally:
        guard._is_dvc = original
    assert job.poll() is not None
    assert f"waiting for jobs of an interrupted run (PID {job.pid})" in capsys.readouterr().err
