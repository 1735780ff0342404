"""Stages on the nodes of a cluster: what DVC knows there is the job's own, until the head takes it over.

DVC keeps its knowledge in files that the processes of one machine may share, but those of several may not: `dvc.lock`
(rewritten in place), `rwlock` (process IDs; one of another machine looks like that of a dead process, and its entry is
dropped), SQLite databases. So a job on a node runs DVC in a folder of its own, `.work/nodes/<stage>`: links to the
working tree's data and code, and new metadata. It shares the tree's artifacts, which Snakemake keeps apart, and DVC's
cache, whose objects are named by their content and come by a rename. It leaves a `dvc.lock` of one stage, which
whoever holds the engine lock takes into the tree's (docs/decisions/0018-clusters.md).
"""

import fcntl
import os
import shutil
import socket
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import IO

import psutil

from revisit.errors import EngineError
from revisit.files import remove

NODES = Path(".work/nodes")
NODE = "REVISIT_NODE"  # in the environment of a job on a node, and of all that it starts
SUBMITTED = Path(".work/submitted")  # there while jobs of this tree may be in Slurm's queue
AT_WORK = "at_work"  # in the folder of a stage: locked as long as its job runs
LINKS = ("data", "results", "workflow", "reference", "params.yaml", "dvc.yaml", ".dvcignore")
PREFIX = "revisit"  # of the names of jobs: slurm-jobname-prefix in profiles/slurm
COMES_BY_ITSELF = ("PENDING", "CONFIGURING", "SUSPENDED", "REQUEUED", "REQUEUE_HOLD", "SPECIAL_EXIT")
ASK_AGAIN = 2  # seconds between two looks at the queue
TRIES = 5


def is_here() -> bool:
    """Whether this process is part of a job on a node."""
    return NODE in os.environ


def prepare(stage: str) -> Path:
    """Make the folder in which DVC runs `stage` on this node; the current folder is the working tree."""
    from dvc.config import Config

    root, home = Path.cwd(), NODES / stage
    _await_former(home)
    remove(home)
    (home / ".dvc").mkdir(parents=True)
    for name in ("data", "results"):
        (root / name).mkdir(exist_ok=True)
    for name in LINKS:
        (home / name).symlink_to(root / name)
    config = Config(str(root / ".dvc"))
    config["core"] |= {"no_scm": True, "hardlink_lock": True, "analytics": False, "check_update": False}
    config["core"].pop("site_cache_dir", None)
    config["cache"].setdefault("dir", str(root / ".dvc/cache"))
    kept = {section: config[section] for section in ("core", "cache")}
    lines = []
    for section, values in kept.items():
        lines.append(f"[{section}]")
        lines += [f"    {key} = {_written(value)}" for key, value in values.items() if _written(value)]
    (home / ".dvc/config").write_text("\n".join(lines) + "\n", encoding="utf-8")
    return home.absolute()


def _await_former(home: Path) -> None:
    """Wait for a job of the same stage that Slurm has ended, or given up, but that is at work."""
    try:
        stream = open(home / AT_WORK, encoding="utf-8")  # noqa: SIM115  (as below)
    except FileNotFoundError:
        return
    with stream:
        try:
            fcntl.flock(stream, fcntl.LOCK_SH | fcntl.LOCK_NB)
        except BlockingIOError:
            print(f"waiting for another job of {home.name}, which is at work still", file=sys.stderr, flush=True)
            fcntl.flock(stream, fcntl.LOCK_SH)


def hold(home: Path) -> IO[str]:
    """Let `at_work` know of the job whose folder `home` is, until it ends or the stream is closed."""
    stream = open(home / AT_WORK, "w", encoding="utf-8")  # noqa: SIM115  (held as long as the process lives)
    fcntl.flock(stream, fcntl.LOCK_EX)
    return stream


def at_work() -> dict[str, float]:
    """The stages that jobs on nodes run, and the seconds since each began."""
    found = {}
    for file in NODES.glob(f"*/{AT_WORK}"):
        try:
            with open(file, encoding="utf-8") as stream:
                fcntl.flock(stream, fcntl.LOCK_SH | fcntl.LOCK_NB)
        except BlockingIOError:
            found[file.parent.name] = max(time.time() - file.stat().st_mtime, 0.0)
        except FileNotFoundError:  # taken over just now
            continue
    return found


def ended() -> set[str]:
    """The stages that jobs on nodes have made, and that are not in the tree's `dvc.lock` yet."""
    return {entry.parent.name for entry in NODES.glob("*/dvc.lock")} - at_work().keys()


def _written(value: object) -> str:
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, list):
        return ",".join(map(str, value))
    return str(value) if isinstance(value, str | int) else ""


def scratch() -> str:
    """A folder on this node's own disk for DVC's databases: their locks are not for the file systems of networks."""
    return os.path.join(tempfile.gettempdir(), f"revisit-{os.getuid()}")


def see_the_head(lock: Path) -> None:
    """Prove that locks reach from the head to this node: the head holds `lock` as long as its run lasts.

    Raises:
        EngineError: they do not seem to: the clone is another one here, the locks of this file system end at a host,
            or the head has ended. The message says which node, and how it mounts the clone.
    """
    try:
        with open(lock, "r+", encoding="utf-8") as stream:  # as it is: where it is missing, the head did not write it
            fcntl.flock(stream, fcntl.LOCK_SH | fcntl.LOCK_NB)
    except BlockingIOError:
        return
    except FileNotFoundError:
        reason = "this node does not see the lock that the head made"
    except OSError as error:
        reason = f"this file system gives no lock ({error.strerror})"
    else:
        reason = "this node does not see the lock that the head holds"
    raise EngineError(
        f"{lock.absolute()} on {socket.gethostname()}, {_mounted(lock.absolute())}: {reason}; unless the head has "
        "ended, mount the clone's file system so that flock reaches across hosts (NFS: version 4, or without "
        "local_lock; Lustre: -o flock): docs/clusters.md"
    )


def _mounted(path: Path) -> str:
    """How the file system of `path` is mounted here: "nfs4 (rw,vers=4.2,local_lock=none)"."""
    mounts = {Path(mount.mountpoint): mount for mount in psutil.disk_partitions(all=True)}  # of one place, the last
    found = next((mounts[folder] for folder in path.parents if folder in mounts), None)
    return f"{found.fstype} ({found.opts})" if found else "a file system of which nothing is known"


def take_over() -> None:
    """Take what jobs on nodes have finished into `dvc.lock`. The caller holds the engine lock, and no job runs."""
    if not NODES.is_dir():
        return
    from dvc.utils.serialize import dump_yaml, load_yaml

    from revisit_engines.guard import DVC_LOCK, is_whole

    left = [entry for entry in NODES.glob("*/dvc.lock") if is_whole(entry)]
    if left:
        lock = load_yaml(DVC_LOCK) if DVC_LOCK.exists() else {"schema": "2.0", "stages": {}}
        for entry in sorted(left):
            lock["stages"] |= load_yaml(entry)["stages"]
        new = DVC_LOCK.with_suffix(".new")
        dump_yaml(new, lock)
        os.replace(new, DVC_LOCK)
    remove(NODES)


def await_orphans() -> None:
    """Take what a killed head left in Slurm's queue out of it, and wait for those of its jobs that run.

    Raises:
        EngineError: Slurm does not answer.
    """
    if not SUBMITTED.exists():
        return
    told = False
    while jobs := _jobs():
        waiting = [job for job, state in jobs.items() if state in COMES_BY_ITSELF]
        if waiting:
            subprocess.run(["scancel", *waiting], check=False, capture_output=True)
        if not told:
            told = True
            print(f"waiting for Slurm jobs of an interrupted run: {', '.join(jobs)}", file=sys.stderr, flush=True)
        time.sleep(ASK_AGAIN)
    SUBMITTED.unlink(missing_ok=True)


def _jobs() -> dict[str, str]:
    """This tree's jobs that have not ended: number -> state."""
    command = ["squeue", "--me", "--noheader", "--array", "--format=%A|%T|%j|%Z"]
    for attempt in range(TRIES):
        if not shutil.which(command[0]):
            told = "squeue is not installed here"
            break
        asked = subprocess.run(command, check=False, capture_output=True, text=True)
        if asked.returncode == 0:
            rows = [line.split("|", 3) for line in asked.stdout.splitlines()]
            here = str(Path.cwd())
            return {job: state for job, state, name, place in rows if name.startswith(PREFIX) and place == here}
        told = asked.stderr.strip()
        if attempt < TRIES - 1:
            time.sleep(ASK_AGAIN)
    raise EngineError(
        f"jobs of an interrupted run may still be in Slurm's queue, but it does not answer ({told}); run again on a "
        f"login node when it does, or remove {SUBMITTED} if no job of this clone is left"
    )
