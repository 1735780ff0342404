"""Results and the run cache in a DVC remote, from which another clone has them without computing.

The address of the remote, and what else DVC is told of it, stand in `.dvc/config.local`, which git does not see. Every
object is compared with its digest when it is pulled (`cache.verify_remotes`).
"""

import os
import platform
import re
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Any, NamedTuple

from dvc.config import Config, ConfigError
from dvc.exceptions import CheckoutError, DvcException
from dvc.fs import RemoteMissingDepsError
from dvc.repo import Repo
from dvc.scm import SCMError

from revisit.errors import EngineError
from revisit_engines import cache, guard

NAME = "shared"  # of the remote in DVC's configuration
DVC_LOCK = Path("dvc.lock")
MACHINES = "machines"  # folder of the remote: an empty file for each kind of machine that results came from
REPORT = "results/report"
NAMED = 5  # artifacts in a message
CPU = Path("/proc/cpuinfo")
EXTENSIONS = ("avx512f", "avx2", "sve", "asimd")  # by which numerical libraries choose their kernels


class Moved(NamedTuple):
    """What was pushed or pulled: how many files, and the kinds of machines that the remote has results from."""

    files: int
    machines: list[str]


def choose(address: str) -> None:
    """Make the remote at `address`, a folder or an address that DVC knows, the default one of this working tree.

    What `.dvc/config.local` says of one of its kind, such as a key or an endpoint, stays. Raises EngineError.
    """
    if "://" not in address:
        if ":" in address.partition("/")[0]:  # `ftp:/x`, `host:/folder`
            raise EngineError(f"REMOTE={address}: neither a folder, as /mnt/x, nor an address, as ssh://host/mnt/x")
        address = str(Path(address).expanduser().absolute())
    with _told(), Config(str(Path(".dvc").absolute()), validate=False).edit("local") as config:
        remote = config.setdefault("remote", {}).setdefault(NAME, {})
        if _kind(remote.get("url", address)) != _kind(address):
            remote.clear()  # DVC refuses the options of other kinds
        remote |= {"url": address, "verify": True}
        config.setdefault("core", {})["remote"] = NAME


def push(address: str = "") -> Moved:
    """Push every artifact that `dvc.lock` names, and the run cache with its artifacts, to the default remote.

    `address`: what to make the default one first, as in `choose`, which lasts if it can be reached.

    Raises EngineError: no results or no remote, or DVC cannot reach it; BusyError: an engine runs.
    """
    if not DVC_LOCK.exists():
        raise EngineError(f"{DVC_LOCK}: missing, so there are no results to share; make them with `make report`")
    with _repo("make share", address) as repo:
        count = repo.push(run_cache=True)
        remote = repo.cloud.get_remote()
        folder = remote.fs.join(remote.path, MACHINES)
        machines = _machines(remote, folder)
        if machine() not in machines:
            remote.fs.makedirs(folder, exist_ok=True)
            remote.fs.pipe_file(remote.fs.join(folder, machine()), b"\n")
        return Moved(count, machines)


def pull(report_alone: bool = False, address: str = "") -> Moved:
    """Pull the artifacts that `dvc.lock` names and the run cache from the default remote, or the report alone.

    `address`: what to make the default one first, as in `choose`, which lasts if something is there.

    Raises EngineError: no remote, DVC cannot reach it, it lacks something, or has something that is damaged there;
    BusyError: an engine runs.
    """
    if not DVC_LOCK.exists():
        raise EngineError(
            f"{DVC_LOCK}: missing, so nothing says which results these are; commit it where they were made"
        )
    with _repo("make pull", address, there=True) as repo:
        targets = [REPORT] if report_alone else None
        result = repo.pull(targets, run_cache=not report_alone)
        remote = repo.cloud.get_remote()
        return Moved(result["stats"]["fetched"], _machines(remote, remote.fs.join(remote.path, MACHINES)))


def machine() -> str:
    """The kind of this machine: machines of one kind make the same bytes of the same input."""
    told = CPU.read_text(encoding="utf-8", errors="replace") if CPU.exists() else ""
    vendor = re.search(r"^(?:vendor_id|CPU implementer)\s*:\s*(\S+)", told, re.MULTILINE)
    flags = re.search(r"^(?:flags|Features)\s*:\s*(.*)$", told, re.MULTILINE)
    having = set(flags[1].split()) if flags else set()
    best = next((extension for extension in EXTENSIONS if extension in having), "")
    words = [platform.system(), platform.machine(), vendor[1] if vendor else "", best]
    return re.sub(r"[^a-z0-9_-]", "-", "-".join(filter(None, words)).lower())


def _kind(address: str) -> str:
    """The kind of remote: `s3`, `ssh`; empty for a folder."""
    return address.rpartition("://")[0]


def _machines(remote: Any, folder: str) -> list[str]:
    if not remote.fs.exists(folder):
        return []
    return sorted(remote.fs.name(path) for path in remote.fs.find(folder))


@contextmanager
def _repo(name: str, address: str, there: bool = False) -> Iterator[Repo]:
    """The repository, with no engine at work on it, and a remote that answers; if `there`, with something in it."""
    lock = guard.hold(name)
    cache.keep_private(Path.cwd())
    cache.look_at_contents()
    cache.verify_remotes()
    try:
        with _told(), ExitStack() as stack:
            with _chosen(address):
                repo = stack.enter_context(Repo())
                remote = repo.cloud.get_remote()
                if not remote.fs.exists(remote.path) and there:
                    raise EngineError(f"{remote.path}: the remote has nothing there; see `dvc remote list`")
            yield repo
    finally:
        os.environ.pop(guard.ENGINE, None)
        lock.close()


@contextmanager
def _chosen(address: str) -> Iterator[None]:
    """The remote at `address`, if any, as the default one; where the block fails, the configuration is as before."""
    local = Path(".dvc/config.local")
    before = local.read_bytes() if local.exists() else None
    try:
        if address:
            choose(address)
        yield
    except BaseException:
        if before is None:
            local.unlink(missing_ok=True)
        else:
            local.write_bytes(before)
        raise


@contextmanager
def _told() -> Iterator[None]:
    """Raise EngineError, with a remedy, in the place of DVC's errors and of those of its connections."""
    try:
        yield
    except CheckoutError as error:
        names = [os.path.relpath(path) for path in error.target_infos]
        more = f" and {len(names) - NAMED} more" if len(names) > NAMED else ""
        raise EngineError(
            f"not on the remote, or damaged there: {', '.join(names[:NAMED])}{more}; run `make share` again where they "
            "were made, or let an engine compute them here"
        ) from error
    except RemoteMissingDepsError as error:
        raise EngineError(f"{error.protocol}: needs packages of its own; `make .venv/remotes/.ready`") from error
    except (DvcException, ConfigError, SCMError) as error:
        raise EngineError(f"DVC: {error}; see `dvc remote list`, and docs/remotes.md") from error
    except (OSError, RuntimeError, ValueError) as error:  # of a connection: refused, unknown host, no such bucket
        raise EngineError(
            f"the remote cannot be reached: {error}; see `dvc remote list`, and docs/remotes.md"
        ) from error
