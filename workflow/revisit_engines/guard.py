"""One engine at a time on a working tree, and a clean start after a `kill -9`.

The kernel drops a `flock` with the process that holds it, so a killed engine never leaves one behind.
What it does leave behind is cleared only under that lock, and only when none of its jobs is still alive.
"""

import fcntl
import json
import os
import re
import shutil
import sys
import time
from pathlib import Path
from typing import IO

import psutil
from ruamel.yaml import YAML, YAMLError

from revisit.errors import BusyError
from revisit.files import remove

LOCK = Path(".work/engine.lock")
SNAKEMAKE_LEFTOVERS = (Path(".snakemake/locks"), Path(".snakemake/incomplete"))
RWLOCK = Path(".dvc/tmp/rwlock")
DVC_LOCK = Path("dvc.lock")
OWNER = "REVISIT_ENGINE"  # in the environment of every job: the engine that holds the lock started it
POLL = 0.5  # seconds
DIGEST = re.compile(r"[0-9a-f]{32}(\.dir)?")


def hold(name: str) -> IO[str]:
    """Take the engine lock of the current working tree for this process and make the tree ready to run.

    Waits for jobs of a killed engine that are still at work: their results count.

    Args:
        name: what to call this engine to others, such as "snakemake".

    Returns:
        The open lock file; the lock lasts as long as it, or the process, does.

    Raises:
        BusyError: another engine runs on this tree; the message says which and its PID.
    """
    LOCK.parent.mkdir(exist_ok=True)
    stream = open(LOCK, "a+", encoding="utf-8")  # noqa: SIM115  (held as long as the process lives)
    try:
        fcntl.flock(stream, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        stream.seek(0)
        holder = stream.read().strip() or "another engine"
        stream.close()
        raise BusyError(f"{holder} is running on this working tree; wait until it ends, or stop it") from None
    stream.truncate(0)
    stream.write(f"{name} (PID {os.getpid()})\n")
    stream.flush()
    os.environ[OWNER] = f"{name} {os.getpid()}"
    _wait_for_orphans()
    for leftover in SNAKEMAKE_LEFTOVERS:
        remove(leftover)
    heal()
    return stream


def started_by_engine() -> bool:
    """Whether this process is a job of an engine that holds the lock already."""
    return OWNER in os.environ


def heal() -> None:
    """Put aside metadata of DVC that a `kill -9` or a full disk cut off in the middle of a write.

    DVC writes both files in place. Without `dvc.lock` it takes every artifact from its run cache; without
    `rwlock` it holds that no job runs, which is so: the caller has the engine lock and found no orphan.
    """
    if RWLOCK.exists() and _rwlock() is None:
        RWLOCK.unlink()
    if DVC_LOCK.exists() and not _is_whole(DVC_LOCK):
        damaged = Path(".dvc/tmp/dvc.lock.damaged")
        shutil.move(DVC_LOCK, damaged)
        print(f"dvc.lock was damaged: moved to {damaged}; artifacts come back from the cache", file=sys.stderr)


def _is_whole(lock: Path) -> bool:
    """Whether DVC would read this `dvc.lock`: a cut anywhere may leave valid YAML with half a value at its end."""
    from dvc.schema import COMPILED_LOCKFILE_SCHEMA  # DVC is not imported before it is needed
    from voluptuous import Invalid

    try:
        stages = COMPILED_LOCKFILE_SCHEMA(YAML(typ="safe").load(lock))["stages"].values()
        entries = [entry for stage in stages for entry in [*stage["deps"], *stage["outs"]]]
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
    told = False
    while orphans := _jobs_at_work():
        if not told:
            pids = ", ".join(map(str, sorted(orphans)))
            print(f"waiting for jobs of an interrupted run (PID {pids})", file=sys.stderr, flush=True)
            told = True
        time.sleep(POLL)


def _jobs_at_work() -> set[int]:
    held = _rwlock() or {}
    jobs = [*held.get("write", {}).values(), *(job for jobs in held.get("read", {}).values() for job in jobs)]
    return {job["pid"] for job in jobs if _is_dvc(job["pid"])}


def _is_dvc(pid: int) -> bool:
    # the kernel reuses PIDs: only a live process that runs dvc counts
    try:
        return any("dvc" in Path(word).name for word in psutil.Process(pid).cmdline()[:2])
    except psutil.Error:
        return False
