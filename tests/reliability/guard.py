"""Keeps what reads a hostile input from doing anything but reading: a bound on memory and time, and audit hooks."""

import os
import resource
import signal
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from types import FrameType
from typing import Any, NoReturn

# https://docs.python.org/3/library/audit_events.html
FORBIDDEN = ("os.system", "os.exec", "os.fork", "os.forkpty", "os.posix_spawn", "os.spawn", "os.kill", "pty.spawn",
             "subprocess.Popen", "socket.", "urllib.Request", "http.client.", "ftplib.", "smtplib.", "webbrowser.",
             "shutil.unpack_archive", "pickle.find_class")  # fmt: skip
CHANGES = ("os.chmod", "os.chown", "os.link", "os.mkdir", "os.mkfifo", "os.mknod", "os.remove", "os.rename",
           "os.rmdir", "os.symlink", "os.truncate", "os.utime", "os.putenv", "os.unsetenv")  # fmt: skip
WRITING = os.O_WRONLY | os.O_RDWR | os.O_CREAT | os.O_TRUNC | os.O_APPEND


class Guard:
    """Watches this process from now on; while `watching`, forbidden events are refused and kept in `seen`.

    `scratch`: the only folder below which files may be written.
    """

    def __init__(self, scratch: Path) -> None:
        self._scratch = os.path.realpath(scratch)
        self._on = False
        self.seen: list[str] = []
        sys.addaudithook(self._audit)

    @contextmanager
    def watching(self) -> Iterator[None]:
        """Within the block events are judged."""
        self._on = True
        try:
            yield
        finally:
            self._on = False

    def _audit(self, event: str, arguments: tuple[Any, ...]) -> None:
        if self._on and self._forbidden(event, arguments):
            self._on = False  # the report itself may do anything
            self.seen.append(f"{event} {arguments!r}"[:200])
            self._on = True
            raise PermissionError(f"{event} while reading")

    def _forbidden(self, event: str, arguments: tuple[Any, ...]) -> bool:
        if event == "open":
            path, _, flags = arguments
            return bool(flags & WRITING) and not isinstance(path, int) and not self._inside(path)
        if event == "import":  # lazy imports of libraries are known by the names that are there already
            return arguments[0].partition(".")[0] not in sys.modules and arguments[0] not in sys.stdlib_module_names
        if event in CHANGES:
            return not all(self._inside(path) for path in arguments if isinstance(path, str | bytes | os.PathLike))
        return event.startswith(FORBIDDEN)

    def _inside(self, path: Any) -> bool:
        found = os.path.realpath(os.fsdecode(path))
        return found in (self._scratch, os.devnull) or found.startswith(self._scratch + os.sep)


@contextmanager
def within(seconds: float) -> Iterator[None]:
    """End the block with TimeoutError after so many seconds, even while it waits for a pipe."""
    before = signal.signal(signal.SIGALRM, _too_long)
    signal.setitimer(signal.ITIMER_REAL, seconds)
    try:
        yield
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)
        signal.signal(signal.SIGALRM, before)


def limit_memory(more: int) -> None:
    """Let this process take `more` bytes of address space beyond what it has now (Linux)."""
    if sys.platform != "linux":
        return
    pages = int(Path("/proc/self/statm").read_text().split()[0])
    bound = pages * resource.getpagesize() + more
    resource.setrlimit(resource.RLIMIT_AS, (bound, bound))


def most_memory() -> int:
    """The largest resident size of this process so far, bytes."""
    unit = 1 if sys.platform == "darwin" else 1024
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * unit


def _too_long(_signal: int, _frame: FrameType | None) -> NoReturn:
    raise TimeoutError("took too long")
