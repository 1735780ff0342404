"""What is wrong with the folder that an engine is to run in, said before or after the engine stumbles over it."""

import os
import re
import subprocess
import tempfile
from pathlib import Path

from revisit import paths
from revisit.errors import EngineError

LONGEST = 430  # bytes of the root's path: SQLite opens no file beyond 512, and DVC keeps databases below .dvc/site
DVC_LOCK_FILE = Path(".dvc/tmp/lock")
SCRATCH = 1 << 16  # bytes; what Snakemake writes for its scheduler is smaller
UNSAFE = "dubious ownership"  # git's words


def check() -> None:
    """Raise EngineError if no engine can run in the current folder.

    They would take a part of its path for a variable of theirs, or cannot open files so far down; the tree is no git
    repository, or lacks the folder of reference results, on which `configure` depends; DVC was told to use another kind
    of lock, and would wait for ever for a file that the usual kind leaves.
    """
    here = Path.cwd()
    if re.search(r"[{}]", str(here)):
        raise EngineError(f"{here}: Snakemake and DVC cannot run where a folder's name has {{ or }}; rename it")
    if (length := len(os.fsencode(here))) > LONGEST:
        raise EngineError(
            f"{here}: a path of {length} bytes; DVC's databases can be opened up to {LONGEST}: move the clone up"
        )
    if not Path("params.yaml").exists():
        return
    if not paths.REFERENCE.is_dir():
        remedy = f"restore it with `git checkout {paths.REFERENCE}`, or do without with `mkdir {paths.REFERENCE}`"
        raise EngineError(f"{paths.REFERENCE}: the folder of reference results is missing; {remedy}")
    if not any((folder / ".git").exists() for folder in (here, *here.parents)):
        raise EngineError(
            f"{here}: no git repository, as after a download without its history; clone it, or make it one with "
            "`git init && git add --all && git commit --message start`"
        )
    if DVC_LOCK_FILE.is_file() and _is_kernel_lock(DVC_LOCK_FILE) and _hardlink_lock():
        raise EngineError(
            f"{DVC_LOCK_FILE}: left by the other kind of lock than core.hardlink_lock asks for, which would wait for "
            f"ever; `rm {DVC_LOCK_FILE}`, or `dvc config --unset core.hardlink_lock` where it is set"
        )


def check_scratch() -> None:
    """Raise EngineError if the folder for temporary files takes none, which ends Snakemake in the middle of a run."""
    try:
        with tempfile.TemporaryFile() as stream:
            stream.write(bytes(SCRATCH))
    except OSError as error:
        where = os.environ.get("TMPDIR") or "/tmp"  # noqa: S108  (where it would have been)
        raise EngineError(
            f"{where}: no room for temporary files ({error.strerror}); make some, or set TMPDIR"
        ) from None


def check_owner() -> None:
    """Raise EngineError if git does not read this repository, because it belongs to another user."""
    result = subprocess.run(["git", "rev-parse", "--git-dir"], capture_output=True, text=True, check=False)
    if result.returncode and UNSAFE in result.stderr:
        raise EngineError(
            f"{Path.cwd()}: belongs to another user, as in a container, and git does not read it; if you trust it: "
            f"`git config --global --add safe.directory '{Path.cwd()}'`"
        )


def check_links() -> None:
    """Raise EngineError if a link to nothing lies among the code or the artifacts: DVC cannot read it."""
    for top in (paths.WORKFLOW, paths.REFERENCE, *paths.ARTIFACTS):
        for folder, below, names in os.walk(top):
            for path in (Path(folder, name) for name in [*below, *names]):
                if path.is_symlink() and not path.exists():
                    raise EngineError(
                        f"{path}: a link to {os.readlink(path)}, where nothing is; remove it, or put the file there"
                    )


def _is_kernel_lock(file: Path) -> bool:
    """Whether a lock file has what DVC's usual lock writes: the number of a process, perhaps none any more."""
    return re.fullmatch(rb"\s*\d*\s*", file.read_bytes()) is not None


def _hardlink_lock() -> bool:
    from dvc.config import Config  # DVC is not imported before it is needed

    return bool(Config(str(Path(".dvc").absolute()), validate=False)["core"].get("hardlink_lock"))
