"""Runs of a sweep side by side on the CPU: each in a process of its own, with one thread.

Two processes of one thread do more than one process of two, and a run's bytes depend on its number of threads but
not on what else is running.
"""

import multiprocessing
import os
import signal
import sys
import traceback
from collections.abc import Callable, Sequence
from multiprocessing.connection import Connection, wait
from multiprocessing.process import BaseProcess

import torch

from revisit import cores, orphans
from revisit.errors import DeviceError, RevisitError
from revisit.training import pause
from revisit.variables import CORES

Call = Callable[[], object]


def count(runs: int, device: torch.device) -> int:
    """How many runs go side by side: as many as there are cores, of those that the engine allots.

    One on a GPU, which they would share, and one outside Linux, where a process that holds PyTorch cannot be copied
    safely.

    Raises:
        ConfigError: what the environment says is no number of cores.
    """
    if device.type != "cpu" or sys.platform != "linux":
        return 1
    return min(runs, cores.allotted())


def side_by_side(calls: Sequence[Call], workers: int) -> None:
    """Make every call in a copy of this process, `workers` at a time; what a call returns is lost.

    Copies share the memory of what was loaded before, such as the images. The first failure ends the other calls. A
    call that pauses starts no more of them; those that run come to their own pause.

    Raises:
        Paused: a call did.
        DeviceError: a copy was killed, most likely by the system for its memory, or crashed.
        RevisitError: what a call raised; also OSError.
        RuntimeError: a call raised something else, which the message holds.
    """
    waiting, running, paused = list(calls), dict[Connection, BaseProcess](), False
    try:
        while waiting or running:
            while waiting and len(running) < workers:
                receiver, process = _started(waiting.pop(0))
                running[receiver] = process
            ended = wait(list(running))  # the end of a process closes its side
            for receiver in [end for end in ended if isinstance(end, Connection)]:
                error = _said(receiver)
                process = running.pop(receiver)
                process.join()
                if process.exitcode == pause.STATUS:
                    paused = True
                    waiting.clear()
                elif error or process.exitcode:
                    raise error or _ended(process.exitcode or 0, workers)
        if paused:
            raise pause.Paused
    finally:
        for process in running.values():
            process.kill()
            process.join()


def _started(call: Call) -> tuple[Connection, BaseProcess]:
    fork = multiprocessing.get_context("fork")
    receiver, sender = fork.Pipe(duplex=False)
    process = fork.Process(target=_work, args=(call, sender, os.getpid()))
    sys.stdout.flush()
    process.start()
    sender.close()
    return receiver, process


def _work(call: Call, sender: Connection, parent: int) -> None:
    orphans.end_with(parent)
    try:
        call()
    except KeyboardInterrupt:  # the parent has had it, too
        sys.exit(130)
    except (RevisitError, OSError) as error:
        sender.send(error)
        sys.exit(1)
    except Exception:
        sender.send(RuntimeError(traceback.format_exc()))
        sys.exit(1)


def _said(receiver: Connection) -> Exception | None:
    """The error that a copy ended with, if it could say so."""
    with receiver:
        try:
            return receiver.recv()
        except EOFError:
            return None


def _ended(status: int, workers: int) -> DeviceError:
    """The error for a copy that ended without a word."""
    if status == -signal.SIGKILL:
        return DeviceError(
            f"a training was killed, most likely because memory ran out with {workers} side by side; free some, or "
            f"allot fewer cores ({CORES}=1), and run again: it goes on where it was"
        )
    how = signal.strsignal(-status) or f"signal {-status}" if status < 0 else f"exit status {status}"
    return DeviceError(f"a training crashed ({how}); run again with {CORES}=1 to see where")
