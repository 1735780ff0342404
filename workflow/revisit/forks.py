"""A program in a fork of a process that has imported what it needs: seconds less for each that needs PyTorch.

`workflow/fork_server.py` is that process; an engine may have started one for its run. Where none listens, or the
environment is another than its own, the program goes on as it is.
"""

import json
import os
import resource
import signal
import socket
import sys
import threading
from collections.abc import Collection
from pathlib import Path
from typing import Any, NoReturn

SOCKET = Path(".work/forks/socket")  # in the root of the tree, where its path is short enough
FORWARDED = {signal.SIGINT, signal.SIGTERM, signal.SIGHUP, signal.SIGQUIT, signal.SIGUSR1, signal.SIGUSR2}
FROM_KERNEL = 0x80  # SI_KERNEL, asm-generic/siginfo.h: a key on a terminal, which the job has had, too


def run_elsewhere(script: Path, root: Path, irrelevant: Collection[str] = ()) -> None:
    """Let a fork run `script` with this process's arguments, environment, folder and files, and end as it does.

    Returns at once where there is no such process for the tree at `root`.

    Args:
        script: a file with a program in Python.
        root: of the working tree.
        irrelevant: variables of the environment that are nothing to what this script imports.
    """
    if sys.platform != "linux" or not (root / SOCKET).exists():
        return
    with socket.socket(socket.AF_UNIX, socket.SOCK_SEQPACKET) as server:
        try:
            _connect(server, root)
            blocked = signal.pthread_sigmask(signal.SIG_BLOCK, FORWARDED)
            request = json.dumps(_request(script, irrelevant, blocked)).encode()
            server.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, 2 * len(request))
            socket.send_fds(server, [request], [0, 1, 2])
            answer = server.recv(64).split()
        except OSError:
            answer = []
        if not answer or answer[0] != b"pid":
            signal.pthread_sigmask(signal.SIG_UNBLOCK, FORWARDED)
            return
        note = (root / SOCKET).with_name(str(os.getpid()))
        note.write_bytes(answer[1])
        status = _wait(server)
        note.unlink(missing_ok=True)
        _end(status, blocked)


def job_of(client: int) -> int | None:
    """The process ID of the fork that runs the script of the process `client`; the current folder is the root."""
    try:
        return int(SOCKET.with_name(str(client)).read_bytes())
    except (OSError, ValueError):
        return None


def _connect(server: socket.socket, root: Path) -> None:
    here = os.getcwd()
    os.chdir(root)
    try:
        server.connect(str(SOCKET))
    finally:
        os.chdir(here)


def _request(script: Path, irrelevant: Collection[str], blocked: set[int | signal.Signals]) -> dict[str, Any]:
    limits = sorted({getattr(resource, name) for name in dir(resource) if name.startswith("RLIMIT_")})
    return {
        "script": str(script),
        "arguments": sys.argv,
        "environment": dict(os.environ),
        "irrelevant": sorted(irrelevant),
        "folder": os.getcwd(),
        "path": sys.path[1:],  # the first entry found this module; the program puts it there again
        "executable": sys.executable,
        "python": [os.path.realpath(sys.prefix), sys.version, list(sys.flags), list(map(str, sys._xoptions.items()))],
        "group": os.getpgrp(),
        "ignored": [number for number in FORWARDED if signal.getsignal(number) is signal.SIG_IGN],
        "blocked": sorted(blocked),
        "umask": _umask(),
        "nice": os.nice(0),
        "cores": sorted(os.sched_getaffinity(0)),
        "limits": [(kind, resource.getrlimit(kind)) for kind in limits],
    }


def _umask() -> int:
    mask = os.umask(0o077)
    os.umask(mask)
    return mask


def _wait(server: socket.socket) -> int:
    """How the job has ended: its exit status, or the number of the signal that killed it, negative."""
    threading.Thread(target=_forward, args=(server,), daemon=True).start()
    told = server.recv(64).split()
    return int(told[1]) if told else -signal.SIGKILL  # the server was killed, and the job with it


def _end(status: int, blocked: set[int | signal.Signals]) -> NoReturn:
    if status < 0:
        if -status != signal.SIGKILL:
            signal.signal(-status, signal.SIG_DFL)
        signal.pthread_sigmask(signal.SIG_SETMASK, blocked)
        os.kill(os.getpid(), -status)
    os._exit(status)  # nothing here has anything to write


def _forward(server: socket.socket) -> None:
    while True:
        told = signal.sigwaitinfo(FORWARDED)
        if told.si_code != FROM_KERNEL:
            server.send(str(told.si_signo).encode())
