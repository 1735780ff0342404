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

import torch

from revisit import orphans
from revisit.errors import DeviceError, RevisitError

CORES = "REVISIT_CORES"  # how many an engine allots to a job

Task = Callable[[], object]


def count(runs: int, device: torch.device) -> int:
    """How many runs go side by side: as many as there are cores, of those that the engine allots.

    One on a GPU, which they would share, and one outside Linux, where a process that holds PyTorch cannot be copied
    safely.
    """
    if device.type != "cpu" or sys.platform != "linux":
        return 1
    return min(runs, int(os.environ.get(CORES) or len(os.sched_getaffinity(0))))


def side_by_side(tasks: Sequence[Task], workers: int) -> None:
    """Run every task in a copy of this process, `workers` at a time; what a task returns is lost.

    Copies share the memory of what was loaded before, such as the images. The first failure ends the other tasks.

    Raises:
        DeviceError: the system killed a task, most likely for its memory.
        RevisitError: what a task raised; also OSError.
        RuntimeError: a task raised something else, which the message holds.
    """
    waiting, running = list(tasks), {}
    try:
        while waiting or running:
            while waiting and len(running) < workers:
                process, receiver = _started(waiting.pop(0))
                running[process.sentinel] = process, receiver
            for sentinel in wait(list(running)):
                process, receiver = running[sentinel]
                process.join()
                if process.exitcode:
                    raise _failure(process.exitcode, receiver, workers)
                del running[sentinel]
    finally:
        for process, _ in running.values():
            process.kill()
            process.join()


def _started(task: Task) -> tuple[multiprocessing.process.BaseProcess, Connection]:
    fork = multiprocessing.get_context("fork")
    receiver, sender = fork.Pipe(duplex=False)
    process = fork.Process(target=_work, args=(task, sender, os.getpid()))
    sys.stdout.flush()
    process.start()
    sender.close()
    return process, receiver


def _work(task: Task, sender: Connection, parent: int) -> None:
    orphans.end_with(parent)
    try:
        task()
    except KeyboardInterrupt:  # the parent has had it, too
        sys.exit(130)
    except (RevisitError, OSError) as error:
        sender.send(error)
        sys.exit(1)
    except Exception:
        sender.send(RuntimeError(traceback.format_exc()))
        sys.exit(1)


def _failure(status: int, receiver: Connection, workers: int) -> Exception:
    if receiver.poll():
        try:
            return receiver.recv()
        except EOFError:  # closed without a word: killed
            pass
    killer = signal.Signals(-status).name if status < 0 else f"exit status {status}"
    return DeviceError(
        f"a training was ended from outside ({killer}), most likely for want of memory with {workers} side by side; "
        f"free some, or allot fewer cores ({CORES}=1), and run again: it goes on where it was"
    )
