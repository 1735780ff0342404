"""What every script shares. Import it first: it puts the library on the path and fixes the threads.

Where the engine keeps a process that has imported what scripts need, the import does not return: a fork of that
process runs the script, and this one ends as it does.
"""

import gc
import os
import signal
import sys
from collections.abc import Callable
from pathlib import Path
from types import TracebackType

ROOT = Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT / "workflow"))

# PyTorch brings 200,000 objects that stay; to look for garbage at every 700 of them took 7% of its import.
gc.set_threshold(50_000)

from revisit import forks, memory, orphans, variables  # noqa: E402  (needs the path set above)
from revisit.errors import RevisitError, disk_full_or_denied  # noqa: E402

variables.settle(os.environ)


def run(main: Callable[[], None]) -> None:
    """Run a script's `main` from the repository root; a user's mistake becomes one message and exit status 2."""
    os.chdir(ROOT)
    _die_with_parent()
    memory.keep_freed()
    try:
        main()
    except RevisitError as error:
        sys.exit(_complain(str(error)))
    except KeyboardInterrupt:
        sys.exit(130)
    except OSError as error:
        message = disk_full_or_denied(error)
        if not message:
            raise
        sys.exit(_complain(message))


def _complain(message: str) -> int:
    print(f"error: {message}", file=sys.stderr, flush=True)
    return 2


def _uncaught(kind: type[BaseException], error: BaseException, trace: TracebackType | None) -> None:
    """Say what to do where this Python lacks a package of others; of any other error what Python says."""
    if not isinstance(error, ModuleNotFoundError) or (error.name or "revisit").startswith("revisit"):
        sys.__excepthook__(kind, error, trace)
        return
    remedy = "`source .venv/bin/activate`, or `make report`, which makes the environment"
    raise SystemExit(_complain(f"{sys.executable} has no package {error.name}: {remedy}"))


def _die_with_parent() -> None:
    """Ask the kernel to kill this process when its parent dies (Linux): DVC killed alone leaves no orphan.

    The parent is DVC, since the commands in dvc.yaml replace their shell (`exec`). A script started by hand keeps
    running when its terminal's shell goes, as usual.
    """
    if sys.platform == "linux" and variables.STAGE in os.environ:
        parent = os.getppid()
        dvc = int(os.environ.get(variables.DVC_PROCESS, parent))
        orphans.end_with(parent)
        if not _runs(dvc):  # it ended before the request
            os.kill(os.getpid(), signal.SIGKILL)


def _runs(process: int) -> bool:
    """Whether it lives: one that has ended, but that nobody has asked for, has no command line left."""
    try:
        return bool(Path(f"/proc/{process}/cmdline").read_bytes())
    except OSError:
        return False


_main = sys.modules["__main__"]
_script = Path(getattr(_main, "__file__", None) or ".").resolve()
if _script.parent == ROOT / "workflow/scripts" and not hasattr(_main, "FORKED"):
    sys.excepthook = _uncaught
    if variables.STAGE in os.environ:
        _die_with_parent()
        forks.run_elsewhere(_script, ROOT)
