"""A process that has imported what scripts need, and runs each script in a fork of itself: a program of its own.

    python workflow/fork_server.py SOCKET ENGINE < names of modules

It is no part of the packages here and imports none of their modules: what it has imported its forks have, and they must
have a project's code as it is when they begin. `revisit.forks` asks it, `revisit_engines.forks` starts it, and
docs/decisions/0019-forked-scripts.md says why.

Whoever dies takes the job along, by the kernel: a fork ends with this process (PR_SET_PDEATHSIG), and this process,
whose wait for a closed connection ends at once, kills the fork of a client that has gone.
"""

import array
import atexit
import ctypes
import gc
import importlib
import io
import json
import os
import resource
import select
import signal
import socket
import sys
import tempfile
import threading
import time
import types
from pathlib import Path
from typing import Any, NoReturn

PR_SET_PDEATHSIG = 1  # linux/prctl.h
LONGEST = 1 << 20  # bytes of a message
# What is another from job to job, or read when it is used and not when a module is imported. All else in the
# environment of a job has to be as it is here.
MAY_DIFFER = {
    *(
        "PATH",
        "PWD",
        "OLDPWD",
        "SHLVL",
        "_",
        "TMPDIR",
        "TMP",
        "TEMP",
        "TEMPDIR",
        "DVC_STAGE",
        "DVC_ROOT",
        "DVCLIVE_OPT",
    ),
    *("DVC_SITE_CACHE_DIR", "REVISIT_CORES", "REVISIT_DVC_PID", "REVISIT_FORCED"),
    *("GOTO_NUM_THREADS", "VECLIB_MAXIMUM_THREADS", "NUMEXPR_NUM_THREADS"),  # of libraries that are not here
}
BEGINNING = dict(os.environ)  # before modules were imported: some set variables


class Job:
    """A fork at work, and the connection of the client that waits for it."""

    def __init__(self, pid: int, client: socket.socket) -> None:
        self.pid, self.client, self.ended = pid, client, os.pidfd_open(pid)

    def tell(self, text: str) -> None:
        """Say something to the client, which may have gone."""
        with_suppressed(self.client.send, text.encode())

    def close(self) -> None:
        """Let go of what this process holds for the job."""
        self.client.close()
        os.close(self.ended)


def with_suppressed(call: Any, *arguments: Any) -> None:
    """Call it, whether the other side is there or not."""
    try:
        call(*arguments)
    except OSError:
        return


def preload(names: list[str]) -> None:
    """Import what there is of these modules."""
    gc.disable()
    for name in names:
        try:
            importlib.import_module(name)
        except Exception:  # noqa: S112  (the script that needs it will say so)
            continue
    gc.collect()
    gc.freeze()  # a collection in a fork would touch, and so copy, every page of theirs
    gc.enable()


def threads() -> int:
    """How many this process has; a fork would have one of them."""
    return len(os.listdir("/proc/self/task"))


def same_environment(theirs: dict[str, str], irrelevant: list[str]) -> bool:
    """Whether modules that are imported here are as they would be if they were imported there."""
    matter = (BEGINNING.keys() | theirs.keys()) - MAY_DIFFER - set(irrelevant)
    return all(BEGINNING.get(key) == theirs.get(key) for key in matter)


def serve(listener: socket.socket, engine: int) -> tuple[dict[str, Any], list[int]]:
    """Answer clients until the engine and all jobs have ended. Returns in forks alone: a request, and its files."""
    engine_ended = os.pidfd_open(engine)
    waiting: dict[int, socket.socket] = {}
    jobs: dict[int, Job] = {}  # by the descriptor of the connection, and by that of the process
    poll = select.poll()
    poll.register(listener, select.POLLIN)
    poll.register(engine_ended, select.POLLIN)
    forsaken: set[int] = set()  # connections whose clients have gone
    alone = False
    while not (alone and not jobs):
        for ready, _ in poll.poll():
            if ready == engine_ended:
                alone = True  # its jobs finish, as they do without this process; the next engine waits for them
                poll.unregister(engine_ended)
            elif ready == listener.fileno():
                client = listener.accept()[0]
                waiting[client.fileno()] = client
                poll.register(client, select.POLLIN)
            elif ready in waiting:
                client = waiting.pop(ready)
                request, files = received(client)
                if alone or not request or not fits(request, client):
                    poll.unregister(client)
                    with_suppressed(client.send, b"no")
                    client.close()
                    for file in files:
                        os.close(file)
                    continue
                this = os.getpid()
                if not (pid := os.fork()):
                    end_with(this)
                    for held in (listener, client, *waiting.values()):
                        held.close()
                    for job in {id(job): job for job in jobs.values()}.values():
                        job.close()
                    os.close(engine_ended)
                    return request, files
                for file in files:
                    os.close(file)
                job = Job(pid, client)
                jobs[ready] = jobs[job.ended] = job
                poll.register(job.ended, select.POLLIN)
                job.tell(f"pid {pid}")
            elif (job := jobs.get(ready)) and ready == job.ended:
                status = os.waitpid(job.pid, 0)[1]
                job.tell(f"end {os.waitstatus_to_exitcode(status)}")
                for descriptor in (job.ended, job.client.fileno()):
                    jobs.pop(descriptor)
                    if descriptor not in forsaken:
                        poll.unregister(descriptor)
                forsaken.discard(job.client.fileno())
                job.close()
            elif job and not forward(job):
                forsaken.add(ready)  # the connection stays open here until the process has ended
                poll.unregister(ready)
    os._exit(0)


def forward(job: Job) -> bool:
    """Give a job the signal that its client had; kill it, and return False, if the client has gone."""
    try:
        told = job.client.recv(LONGEST)
    except OSError:
        told = b""
    with_suppressed(signal.pidfd_send_signal, job.ended, int(told) if told else signal.SIGKILL)
    return bool(told)


def received(client: socket.socket) -> tuple[dict[str, Any], list[int]]:
    """A request and the files that came with it; {} for a client that has gone."""
    try:
        content, files, _, _ = socket.recv_fds(client, LONGEST, 3)
        return (json.loads(content) if len(files) == 3 else {}), files
    except (OSError, ValueError):
        return {}, []


def fits(request: dict[str, Any], client: socket.socket) -> bool:
    """Whether a fork would be what the client would be: the same Python, environment, session and user; no thread."""
    credentials = array.array("i", client.getsockopt(socket.SOL_SOCKET, socket.SO_PEERCRED, 12))
    try:
        session = os.getsid(credentials[0])
    except OSError:
        return False
    return (
        credentials[1] == os.getuid()
        and session == os.getsid(0)
        and request["python"] == python()
        and all(list(resource.getrlimit(kind)) == limits for kind, limits in request["limits"])
        and same_environment(request["environment"], request["irrelevant"])
        and threads() == 1
    )


def python() -> list[Any]:
    """What has to be the same of an interpreter."""
    return [os.path.realpath(sys.prefix), sys.version, list(sys.flags), list(map(str, sys._xoptions.items()))]


def end_with(parent: int) -> None:
    """As `revisit.orphans.end_with`."""
    ctypes.CDLL(None).prctl(PR_SET_PDEATHSIG, signal.SIGKILL)
    if os.getppid() != parent:
        os.kill(os.getpid(), signal.SIGKILL)


def become(request: dict[str, Any], files: list[int]) -> None:
    """Make this fork the process that the client would have been."""
    for number, file in enumerate(files):
        os.dup2(file, number)
        os.close(file)
    sys.stdin = sys.__stdin__ = stream(0, "r", "strict")
    sys.stdout = sys.__stdout__ = stream(1, "w", "strict")
    sys.stderr = sys.__stderr__ = stream(2, "w", "backslashreplace")
    with_suppressed(os.setpgid, 0, request["group"])
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP, signal.SIGQUIT):
        signal.signal(number, signal.SIG_IGN if number in request["ignored"] else signal.SIG_DFL)
    if signal.SIGINT not in request["ignored"]:
        signal.signal(signal.SIGINT, signal.default_int_handler)
    signal.pthread_sigmask(signal.SIG_SETMASK, request["blocked"])
    os.umask(request["umask"])
    os.nice(max(request["nice"] - os.nice(0), 0))
    os.sched_setaffinity(0, request["cores"])
    os.chdir(request["folder"])
    added = {key: value for key, value in os.environ.items() if key not in BEGINNING}
    os.environ.clear()
    os.environ.update(added | request["environment"])
    time.tzset()
    tempfile.tempdir = None
    if "numpy.random" in sys.modules:
        sys.modules["numpy.random"].seed()  # Python's own generator does so itself after a fork
    sys.path[:], sys.argv[:], sys.executable = request["path"], request["arguments"], request["executable"]
    importlib.invalidate_caches()
    sys.path_importer_cache.clear()


def stream(number: int, mode: str, errors: str) -> io.TextIOWrapper:
    """A standard stream as Python opens it."""
    raw = io.FileIO(number, mode, closefd=False)
    buffer: Any = io.BufferedReader(raw) if mode == "r" else io.BufferedWriter(raw)
    encoding = sys.__stdout__.encoding if sys.__stdout__ else "utf-8"
    return io.TextIOWrapper(buffer, encoding, errors, line_buffering=number == 2 or raw.isatty())


def run(script: str) -> int:
    """Run a file as Python runs its first argument; returns the exit status.

    An error is told without this file's part of the way to it.
    """
    module = types.ModuleType("__main__")
    module.__dict__.update(__file__=script, __builtins__=__builtins__, FORKED=True)
    sys.modules["__main__"] = module
    try:
        exec(compile(Path(script).read_bytes(), script, "exec"), module.__dict__)  # noqa: S102  (that is what it is for)
    except SystemExit as end:
        if end.code is None or isinstance(end.code, int):
            return end.code or 0
        print(end.code, file=sys.stderr)
        return 1
    except BaseException as error:
        error.__traceback__ = error.__traceback__ and error.__traceback__.tb_next
        sys.excepthook(type(error), error, error.__traceback__)
        return 1
    return 0


def end(status: int) -> NoReturn:
    """End as Python does, but without taking apart what was imported: that would copy every page of it first."""
    threading._shutdown()  # type: ignore[attr-defined]  # waits for threads
    atexit._run_exitfuncs()
    for stream in (sys.stdout, sys.stderr):
        with_suppressed(stream.flush)
    os._exit(status & 0xFF)


def main() -> None:
    """Listen at SOCKET; ends with the engine whose process ID is ENGINE."""
    place, engine = Path(sys.argv[1]), int(sys.argv[2])
    del sys.path[0]  # the folder of this file, and of modules that must not be found from here
    for number in (signal.SIGINT, signal.SIGHUP):  # of a terminal: jobs have them, too, and end by them
        signal.signal(number, signal.SIG_IGN)
    preload(sys.stdin.read().split())
    if threads() != 1 or os.getppid() != engine:
        sys.exit("no forks: a module started a thread, or the engine has ended")
    place.unlink(missing_ok=True)
    with socket.socket(socket.AF_UNIX, socket.SOCK_SEQPACKET) as listener:
        listener.bind(str(place))
        listener.listen(64)
        request, files = serve(listener, engine)
    become(request, files)
    end(run(request["script"]))


if __name__ == "__main__":
    main()
