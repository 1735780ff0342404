"""Processes that share the work of this one. They end with it, whatever ends it."""

import multiprocessing
import os
import signal
import sys
from collections.abc import Iterator
from concurrent.futures import ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from contextlib import contextmanager

from revisit import orphans
from revisit.errors import DeviceError
from revisit.variables import CORES


@contextmanager
def of(workers: int) -> Iterator[ProcessPoolExecutor]:
    """A pool of `workers` processes; what has not begun when the block ends is not begun any more.

    On Linux they are copies of this process, so that what starts threads, such as a bar, comes after them.

    Raises:
        DeviceError: in the block, a process was killed.
    """
    how = multiprocessing.get_context("fork" if sys.platform == "linux" else "spawn")
    with ProcessPoolExecutor(workers, how, _begin, (os.getpid(),)) as pool:
        pool.submit(os.getpid).result()  # starts them all
        try:
            yield pool
        except BrokenProcessPool:
            raise DeviceError(
                "a process that shared the work was killed, most likely because memory ran out; free some, or allot "
                f"fewer cores ({CORES}=1), and run again"
            ) from None
        finally:
            pool.shutdown(cancel_futures=True)


def _begin(parent: int) -> None:
    orphans.end_with(parent)
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # the parent has it, too, and ends this process
