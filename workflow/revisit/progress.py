"""Progress of long work: a bar on a terminal, a line now and then in a log."""

import multiprocessing
import sys
import time
from collections.abc import Callable

from tqdm import tqdm

LOG_INTERVAL = 10.0  # seconds between two lines where there is no terminal


def bar(total: int | None, what: str, unit: str = "it", initial: int = 0) -> tqdm:
    """A progress bar over `total` units; call `.update(n)`, use it as a context manager.

    Without a terminal, or in one of several processes that share it, it prints a whole line at most every
    `LOG_INTERVAL` seconds.
    """
    terminal = sys.stderr.isatty() and multiprocessing.parent_process() is None
    return tqdm(
        total=total,
        initial=initial,
        desc=what,
        unit=unit,
        unit_scale=unit == "B",
        dynamic_ncols=terminal,
        ncols=None if terminal else 100,
        mininterval=0.2 if terminal else LOG_INTERVAL,
        maxinterval=LOG_INTERVAL,
        file=sys.stderr if terminal else _Lines(),
        leave=True,
    )


class _Lines:
    """A stream for tqdm that turns each redrawn bar into a line of its own."""

    def __init__(self, now: Callable[[], float] = time.monotonic) -> None:
        self._now = now
        self._last = now() - LOG_INTERVAL  # the first line comes at once

    def write(self, text: str) -> None:
        text = text.strip("\r\n ")
        if text and self._now() - self._last >= LOG_INTERVAL:
            self._last = self._now()
            print(text, file=sys.stderr, flush=True)

    def flush(self) -> None:
        sys.stderr.flush()
