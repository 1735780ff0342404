"""One engine at a time on a working tree, and a clean start after a `kill -9`.

The kernel drops a `flock` with the process that holds it, so a killed engine never leaves one behind.
What it does leave behind is cleared only under that lock, and only when none of its jobs is still alive.
"""

import fcntl
import json
import os
import re
import shutil
import sqlite3
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO

import psutil
from ruamel.yaml import YAML
from ruamel.yaml.error import YAMLError

from revisit.errors import DISK_REMEDY, BusyError, EngineError, disk_full_or_denied
from revisit.files import remove
from revisit_engines import node, premises

ENGINE_LOCK = Path(".work/engine.lock")  # held by the engine that runs on this tree; its content says which
JOBS_LOCK = Path(".work/jobs.lock")  # shared by the jobs of Snakemake: free when all have ended
SNAKEMAKE_LEFTOVERS = (Path(".snakemake/locks"), Path(".snakemake/incomplete"))
RWLOCK = Path(".dvc/tmp/rwlock")
DVC_LOCK = Path("dvc.lock")
ENGINE = "REVISIT_ENGINE"  # in the environment of every job: the content of the engine lock when it was started
DIGEST = re.compile(r"[0-9a-f]{32}(\.dir)?")
DISK_FULL_OR_DENIED_IN_SQLITE = (sqlite3.SQLITE_FULL, sqlite3.SQLITE_READONLY, sqlite3.SQLITE_CANTOPEN)
PROGRAM = re.compile(r".*?\b(bin/dvc|dvc/__main__\.py) ")  # with its path, which may hold any word
OPTIONS = r"(--(cd|cprofile-dump|viztracer-depth) \S+ |-\S+ )*+"  # possessive: no value is taken for the command
RUNS_STAGES = re.compile(rf"{OPTIONS}(repro|(exp|experiments) run)(?!\S)")


def hold(name: str) -> IO[str]:
    """Take the engine lock of the current working tree for this process and make the tree ready to run.

    Waits for jobs of a killed engine that are still at work: their results count.

    Args:
        name: what to call this engine to others, such as "snakemake".

    Returns:
        The open lock file; the lock lasts as long as it, or the process, does.

    Raises:
        BusyError: another engine runs on this tree; the message says which and its PID.
        EngineError: no engine can run in this folder, see `premises`.
    """
    premises.check()
    ENGINE_LOCK.parent.mkdir(exist_ok=True)
    stream = open(ENGINE_LOCK, "a+", encoding="utf-8")  # noqa: SIM115  (held as long as the process lives)
    try:
        fcntl.flock(stream, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        stream.close()
        holder = engine() or "another engine"
        raise BusyError(f"{holder} is running on this working tree; wait until it ends, or stop it") from None
    stream.truncate(0)
    stream.write(f"{name} (PID {os.getpid()})")
    stream.flush()
    premises.check_scratch()
    os.environ[ENGINE] = engine()
    _wait_for_orphans()
    node.await_orphans()
    for leftover in SNAKEMAKE_LEFTOVERS:
        remove(leftover)
    heal()
    node.take_over()
    return stream


@contextmanager
def explained() -> Iterator[None]:
    """Raise EngineError, which says how to mend it, in the place of an error about a full disk or permissions."""
    try:
        yield
    except OSError as error:
        message = disk_full_or_denied(error)
        if not message:
            premises.check_links()
            raise
        raise EngineError(message) from error
    except sqlite3.OperationalError as error:  # DVC keeps the digests of files in a database
        if error.sqlite_errorcode & 0xFF not in DISK_FULL_OR_DENIED_IN_SQLITE:  # the rest is SQLite's extension
            raise
        raise EngineError(f"{error} (.dvc/site): {DISK_REMEDY}") from error


def find_own_programs() -> None:
    """Let `python` and `dvc` in commands be those of this environment when it is not activated."""
    programs = str(Path(sys.executable).parent)  # not resolved: of the environment, not of what it was made from
    path = os.environ.get("PATH", os.defpath)
    if programs not in path.split(os.pathsep):
        os.environ["PATH"] = f"{programs}{os.pathsep}{path}"


def engine() -> str:
    """Which engine runs, or ran last, on this tree: its name and PID."""
    return ENGINE_LOCK.read_text(encoding="utf-8") if ENGINE_LOCK.exists() else ""


def join() -> IO[str] | None:
    """Take part in the run of the engine that started this process, if one did.

    Returns:
        The open, shared lock file of its jobs, or None if no engine started this process.

    Raises:
        BusyError: that engine was killed, and another one has begun.
        EngineError: this is a node, to which the locks of the head do not reach.
    """
    if ENGINE not in os.environ:
        return None
    if node.is_here():
        node.see_the_head(ENGINE_LOCK)
    stream = open(JOBS_LOCK, "a+", encoding="utf-8")  # noqa: SIM115  (held as long as the process lives; NFS reads)
    fcntl.flock(stream, fcntl.LOCK_SH)
    if engine() != os.environ[ENGINE]:
        stream.close()
        raise BusyError(f"this job was started by {os.environ[ENGINE]}, which has ended; {engine()} runs now")
    return stream


def heal() -> None:
    """Mend metadata of DVC that a `kill -9` or a full disk left cut off or out of date.

    DVC writes both files in place. Without `dvc.lock` it takes every artifact from its run cache; without
    `rwlock` it holds that no job runs, which is so: the caller has the engine lock and found no orphan.
    """
    if RWLOCK.exists() and _rwlock() is None:
        RWLOCK.unlink()
    _forget_the_dead()
    if DVC_LOCK.exists() and not is_whole(DVC_LOCK):
        damaged = Path(".dvc/tmp/dvc.lock.damaged")
        damaged.parent.mkdir(exist_ok=True)
        shutil.move(DVC_LOCK, damaged)
        print(f"dvc.lock was damaged: moved to {damaged}; artifacts come back from the cache", file=sys.stderr)


def is_whole(lock: Path) -> bool:
    """Whether DVC would read this `dvc.lock`: a cut anywhere may leave valid YAML with half a value at its end.

    A stage may have no `deps`; a cut there leaves it without `outs`, too.
    """
    from dvc.schema import COMPILED_LOCKFILE_SCHEMA  # DVC is not imported before it is needed
    from voluptuous import Invalid

    try:
        stages = COMPILED_LOCKFILE_SCHEMA(YAML(typ="safe").load(lock))["stages"].values()
        entries = [entry for stage in stages for entry in [*stage.get("deps", ()), *stage["outs"]]]
        return all(DIGEST.fullmatch(entry["md5"]) for entry in entries)
    except (YAMLError, UnicodeDecodeError, Invalid, LookupError, TypeError):
        return False


def _rwlock() -> dict | None:
    """What DVC's jobs hold: {"read": {path: [job]}, "write": {path: job}}; {} without the file, None if damaged."""
    try:
        return json.loads(RWLOCK.read_bytes())
    except FileNotFoundError:
        return {}
    except ValueError:
        return None


def _wait_for_orphans() -> None:
    with open(JOBS_LOCK, "a", encoding="utf-8") as stream:
        try:
            fcntl.flock(stream, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            print(f"waiting for jobs of an interrupted run{_pids()}", file=sys.stderr, flush=True)
            fcntl.flock(stream, fcntl.LOCK_EX)


def _forget_the_dead() -> None:
    """Take out of `rwlock` what jobs hold there: none runs, since the caller found no orphan.

    DVC does so itself, but not as long as a killed process waits, as a zombie, for its parent to ask how it ended:
    seconds, or for ever in a container whose first process never asks. What other commands hold stays while they live.
    """
    if not (held := _rwlock()):
        return
    with open(RWLOCK.with_name("rwlock.lock"), "a", encoding="utf-8") as stream:
        fcntl.flock(stream, fcntl.LOCK_EX)  # as DVC while it edits the file
        held = _rwlock() or {}
        write = {path: job for path, job in held.get("write", {}).items() if _holds(job)}
        read = {path: [job for job in jobs if _holds(job)] for path, jobs in held.get("read", {}).items()}
        kept = {"write": write, "read": {path: jobs for path, jobs in read.items() if jobs}}
        RWLOCK.write_text(json.dumps({kind: jobs for kind, jobs in kept.items() if jobs}), encoding="utf-8")


def _holds(job: dict) -> bool:
    """Whether an entry of `rwlock` is that of a living process that is no job of an engine."""
    if RUNS_STAGES.match(PROGRAM.sub("", job["cmd"], count=1)):
        return False
    try:
        return psutil.Process(job["pid"]).status() not in (psutil.STATUS_ZOMBIE, psutil.STATUS_DEAD)
    except psutil.NoSuchProcess:
        return False


def _pids() -> str:
    held = _rwlock() or {}
    jobs = [*held.get("write", {}).values(), *(job for jobs in held.get("read", {}).values() for job in jobs)]
    pids = sorted({job["pid"] for job in jobs if psutil.pid_exists(job["pid"])})
    return f" (PID {', '.join(map(str, pids))})" if pids else ""
