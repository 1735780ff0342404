"""Jobs on nodes: what they leave is taken over, and none starts where locks do not reach. No Slurm takes part."""

import errno
import fcntl
import os
import re
import subprocess
import sys
import threading
from pathlib import Path
from types import SimpleNamespace

import pytest
from ruamel.yaml import YAML

from revisit.errors import BusyError, EngineError
from revisit_engines import guard, node
from revisit_engines.judgement import Judgement

ROOT = Path(__file__).parents[2]
STAGE = {"cmd": "c", "outs": [{"path": "o", "md5": "0" * 32}]}


@pytest.fixture
def tree(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv(node.NODE, "1")
    monkeypatch.setenv(guard.ENGINE, "snakemake (PID 1)")
    (tmp_path / ".work").mkdir()
    guard.ENGINE_LOCK.write_text("snakemake (PID 1)")
    return tmp_path


def write_lock(path, stages):
    path.parent.mkdir(parents=True, exist_ok=True)
    with open(path, "w") as stream:
        YAML().dump({"schema": "2.0", "stages": stages}, stream)


def test_what_jobs_on_nodes_left_goes_into_the_lock_but_for_what_is_cut_off(tree):
    write_lock(guard.DVC_LOCK, {"old": STAGE, "train@a": STAGE | {"cmd": "before"}})
    write_lock(node.NODES / "train@a/dvc.lock", {"train@a": STAGE})
    write_lock(node.NODES / "train@b/dvc.lock", {"train@b": STAGE})
    write_lock(node.NODES / "train@c/dvc.lock", {"train@c": STAGE})
    whole = (node.NODES / "train@c/dvc.lock").read_bytes()
    (node.NODES / "train@c/dvc.lock").write_bytes(whole[:-20])  # its node died while it wrote
    node.take_over()
    assert YAML(typ="safe").load(guard.DVC_LOCK)["stages"] == {"old": STAGE, "train@a": STAGE, "train@b": STAGE}
    assert not node.NODES.exists()


def test_a_job_on_a_node_joins_a_head_whose_lock_it_sees(tree):
    with open(guard.ENGINE_LOCK) as head:
        fcntl.flock(head, fcntl.LOCK_EX)
        guard.join().close()
        guard.ENGINE_LOCK.write_text("dvc (PID 2)")  # the head was started anew since this job was submitted
        with pytest.raises(BusyError, match=r"started by snakemake \(PID 1\), which has ended; dvc \(PID 2\) runs now"):
            guard.join()


HOLD = """
import fcntl, sys
stream = open(sys.argv[1], "a+")
fcntl.flock(stream, fcntl.LOCK_EX)
print("held", flush=True)
sys.stdin.read()
"""


@pytest.fixture
def head(tree):
    """Another process, which holds the lock as a head does."""
    command = [sys.executable, "-c", HOLD, guard.ENGINE_LOCK]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout.readline() == "held\n"
        yield process


def test_the_lock_of_another_process_is_seen_as_long_as_it_lives(head):
    guard.join().close()
    head.kill()  # the kernel lets its lock go
    head.wait()
    with pytest.raises(EngineError, match="does not see the lock that the head holds"):
        guard.join()


def local(stream, _):
    """What a mount does whose locks end at a host: every one is free."""


def absent(stream, _):
    """What a file system does that has no locks."""
    raise OSError(errno.ENOLCK, os.strerror(errno.ENOLCK))


@pytest.mark.parametrize(
    ("flock", "reason"), [(local, "this node does not see"), (absent, "this file system gives no lock (")]
)
def test_a_job_on_a_node_refuses_a_mount_whose_locks_end_there(head, tree, monkeypatch, flock, reason):
    """And says on which node, how the clone is mounted there, and how it should be."""
    mount = SimpleNamespace(mountpoint=str(tree), fstype="nfs", opts="rw,vers=3,local_lock=all")
    monkeypatch.setattr(node.psutil, "disk_partitions", lambda **_: [mount])
    monkeypatch.setattr(node.socket, "gethostname", lambda: "n1")
    monkeypatch.setattr(node.fcntl, "flock", flock)
    with pytest.raises(EngineError) as refused:
        guard.join()
    told = str(refused.value)
    assert told.startswith(f"{tree}/.work/engine.lock on n1, nfs (rw,vers=3,local_lock=all): {reason}")
    assert re.search(r" mount .*NFS: version 4.*Lustre: -o flock.*docs/clusters.md$", told)
    assert not guard.JOBS_LOCK.exists(), "it has begun"


def test_a_node_that_has_another_clone_there_makes_no_lock_of_its_own(tree):
    guard.ENGINE_LOCK.unlink()
    with pytest.raises(EngineError, match="does not see the lock that the head made"):
        guard.join()
    assert not guard.ENGINE_LOCK.exists()


def test_dvc_on_a_node_keeps_its_knowledge_and_its_databases_to_itself(tree, monkeypatch):
    monkeypatch.setenv("TMPDIR", "/scratch")
    (tree / ".dvc").mkdir()
    (tree / ".dvc/config").write_text("[core]\n    site_cache_dir = .dvc/site\n[cache]\n    type = copy\n")
    home = node.prepare("train@some")
    config = (home / ".dvc/config").read_text()
    assert "no_scm = true" in config
    assert "hardlink_lock = true" in config
    assert "type = copy" in config
    assert f"dir = {tree}/.dvc/cache" in config
    assert "site" not in config
    assert (home / "results").resolve() == tree / "results"
    assert not (home / "dvc.lock").exists()


def test_a_stage_is_at_work_as_long_as_its_job_lives_and_has_ended_when_it_left_a_lock(tree):
    assert node.at_work() == {}
    for stage in ("train@some", "evaluate@some", "inspect@some"):
        (node.NODES / stage).mkdir(parents=True)
    held = [node.hold(node.NODES / stage) for stage in ("train@some", "inspect@some")]
    write_lock(node.NODES / "evaluate@some/dvc.lock", {"evaluate@some": STAGE})
    write_lock(node.NODES / "inspect@some/dvc.lock", {"inspect@some": STAGE})  # DVC has more to do
    found = node.at_work()
    assert found.keys() == {"train@some", "inspect@some"}
    assert all(0 <= seconds < 60 for seconds in found.values())
    assert node.ended() == {"evaluate@some"}
    for stream in held:
        stream.close()  # as the kernel does when the job is killed
    assert node.at_work() == {}
    assert node.ended() == {"evaluate@some", "inspect@some"}


def test_a_job_waits_for_another_of_its_stage_that_is_at_work_still(tree, monkeypatch):
    (tree / ".dvc").mkdir()
    at_work = node.prepare("train@some") / node.AT_WORK
    command = [sys.executable, "-c", HOLD, at_work]
    reading, writing = os.pipe()
    with os.fdopen(reading) as told, os.fdopen(writing, "w") as stderr:
        monkeypatch.setattr(sys, "stderr", stderr)
        with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as former:
            assert former.stdout.readline() == "held\n"
            job = threading.Thread(target=node.prepare, args=("train@some",))
            job.start()
            assert told.readline() == "waiting for another job of train@some, which is at work still\n"
            assert at_work.exists()
        job.join()
    assert not at_work.exists()


def test_jobs_of_a_killed_head_are_taken_out_of_the_queue_or_waited_for(tree, monkeypatch, capsys):
    queue = tree / "bin/queue"
    queue.parent.mkdir()
    rows = [("7", "PENDING", "revisit_1", tree), ("8", "RUNNING", "revisit_1", tree)]
    rows += [("9", "RUNNING", "revisit_1", "/another/clone"), ("10", "RUNNING", "mine", tree)]
    queue.write_text("".join("|".join(map(str, row)) + "\n" for row in rows))
    # the second look finds neither: one was cancelled, one has ended
    for name, text in {
        "squeue": f"cat {queue}; sed -i /^[78]/d {queue}",
        "scancel": f'echo "$@" >>{tree}/cancelled',
    }.items():
        (queue.parent / name).write_text(f"#!/bin/sh\n{text}\n")
        (queue.parent / name).chmod(0o755)
    monkeypatch.setenv("PATH", f"{queue.parent}{os.pathsep}{os.environ['PATH']}")
    monkeypatch.setattr(node, "ASK_AGAIN", 0.01)
    node.SUBMITTED.touch()
    node.await_orphans()
    assert (tree / "cancelled").read_text() == "7\n"
    assert capsys.readouterr().err == "waiting for Slurm jobs of an interrupted run: 7, 8\n"
    assert not node.SUBMITTED.exists()


def test_a_queue_that_does_not_answer_is_not_taken_for_an_empty_one(tree, monkeypatch):
    monkeypatch.setenv("PATH", "/nowhere")
    monkeypatch.setattr(node, "ASK_AGAIN", 0.01)
    node.SUBMITTED.touch()
    with pytest.raises(EngineError, match=r"does not answer \(squeue is not installed here\).*remove .work/submitted"):
        node.await_orphans()
    assert node.SUBMITTED.exists()
    with open(guard.ENGINE_LOCK) as lock, pytest.raises(SystemExit, match=r"^error: jobs of an interrupted run"):
        Judgement(None, frozenset(), lock).end()
    assert node.SUBMITTED.exists()


def test_the_profile_says_what_the_default_says_and_names_jobs_as_they_are_looked_for():
    default, slurm = (YAML(typ="safe").load(ROOT / f"profiles/{name}/config.yaml") for name in ("default", "slurm"))
    assert {key: slurm.get(key) for key in default} == default | {"resources": {"gpu": 100}}
    assert slurm["slurm-jobname-prefix"] == node.PREFIX
