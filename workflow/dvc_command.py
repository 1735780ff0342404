"""The `dvc` command of this environment: DVC, and before a run of stages in this project three steps.

`dvc repro` and `dvc exp run` first say what is wrong with `params.yaml`, take the lock that keeps a second
engine out, and clear what a killed run left behind (see docs/decisions/0002-guarded-dvc.md).
Everywhere else, and for every other command, this is DVC as it is.
"""

import os
import sys
from contextlib import chdir
from pathlib import Path

RUNS_STAGES = ("repro", "exp run", "experiments run")


def main() -> int:
    """Run DVC with the arguments of this process; return its exit status."""
    root = _project_root(Path.cwd())
    if root:
        sys.path.insert(0, str(root / "workflow"))  # this clone's code, wherever the environment came from
        os.environ["DVC_SITE_CACHE_DIR"] = str(root / ".dvc" / "site")  # private, not the machine's shared one
        os.environ["REVISIT_DVC_PID"] = str(os.getpid())  # scripts end when this process has gone
        words = " ".join(word for word in sys.argv[1:] if not word.startswith("-"))
        if words.startswith(RUNS_STAGES) and not {"-h", "--help"} & set(sys.argv) and not _prepare(root):
            return 2
        if words.startswith("plots"):
            _prepare_plots(root)
    from dvc.cli import main as dvc

    return dvc(sys.argv[1:])


def _project_root(folder: Path) -> Path | None:
    return next((path for path in (folder, *folder.parents) if (path / "workflow/revisit_engines").is_dir()), None)


def _prepare(root: Path) -> bool:
    """Make the tree ready for a run of stages; False, after a message, if it cannot be."""
    from revisit.errors import RevisitError
    from revisit.params.load import load
    from revisit_engines import guard

    global _lock
    try:
        with chdir(root):
            _lock = guard.join()
            if not _lock:
                load()
                _lock = guard.hold("dvc")
        return True
    except RevisitError as error:
        print(f"error: {error}", file=sys.stderr)
        return False


def _prepare_plots(root: Path) -> None:
    from revisit_engines.plots import ensure_template

    with chdir(root):
        ensure_template()


_lock = None  # the open lock file: it lasts as long as this process

if __name__ == "__main__":
    sys.exit(main())
