"""A process that has imported what scripts need, and runs each script in a fork of itself: a program of its own.

    python workflow/fork_server.py SOCKET    names of modules in the first line of its input

It ends when its input has ended, which the engine that started it keeps open, and all jobs with it.
It is no part of the packages here and imports none of their modules: what it has imported its forks have, and they must
have a project's code as it is when they begin. `revisit.forks` asks it, `revisit_engines.forks` starts it, and
docs/decisions/0019-forked-programs.md says why.

Whoever dies takes the job along, by the kernel: a fork ends with this process (PR_SET_PDEATHSIG), and this process,
whose wait for a closed connection ends at once, kills the fork of a client that has gone.
"""

import array
import atexit
import contextlib
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
import weakref
from collections.abc import Callable
from pathlib import Path
from typing import Any, NoReturn

PR_SET_PDEATHSIG = 1  # linux/prctl.h
LONGEST = 1 << 20  # bytes of a message
# What is another from job to job, or read when it is used and not when a module is imported. All else in the
# environment of a job has to be as it is here.
MAY_DIFFER = {
    *("PATH", "PWD", "OLDPWD", "SHLVL", "_", "TMPDIR", "TMP", "TEMP", "TEMPDIR"),
    *("DVC_STAGE", "DVC_ROOT", "DVC_SITE_CACHE_DIR", "REVISIT_CORES", "REVISIT_DVC_PID", "REVISIT_FORCED"),
    *("GOTO_NUM_THREADS", "VECLIB_MAXIMUM_THREADS", "NUMEXPR_NUM_THREADS"),  # of libraries that are not here
}
BEGINNING = dict(os.environ)  # before modules were imported: some set variables
FINDERS: dict[str, Any] = {}  # of modules, with lists of folders


def suppressed(call: Callable[..., object], *arguments: Any) -> None:
    """Call it, whether the other side is there or not."""
    with contextlib.suppress(OSError):
        call(*arguments)


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
    leave_alone()


def leave_alone() -> None:
    """Let forks not take apart at their end, or before, what was imported: that copies its pages, and all ends anyway.

    What a program itself makes is still finalised, and exit functions run, but for one that makes a table of how long
    PyTorch compiled, which is shown to nobody.
    """
    for finalizer in list(weakref.finalize._registry):  # type: ignore[attr-defined]
        finalizer.atexit = False
    FINDERS.update(sys.path_importer_cache)
    if "torch._dynamo.utils" in sys.modules:
        atexit.unregister(sys.modules["torch._dynamo.utils"].dump_compile_times)


def threads() -> int:
    """How many this process has; a fork would have one of them."""
    return len(os.listdir("/proc/self/task"))


def same_environment(theirs: dict[str, str], irrelevant: list[str]) -> bool:
    """Whether modules that are imported here are as they would be if they were imported there."""
    matter = (BEGINNING.keys() | theirs.keys()) - MAY_DIFFER - set(irrelevant)
    return all(BEGINNING.get(key) == theirs.get(key) for key in matter)


class Job:
    """A fork at work, and the connection of the client that waits for it."""

    def __init__(self, pid: int, client: socket.socket) -> None:
        self.pid, self.client, self.ended = pid, client, os.pidfd_open(pid)

    def tell(self, text: str) -> None:
        """Say something to the client, which may have gone."""
        suppressed(self.client.send, text.encode())

    def close(self) -> None:
        """Let go of what this process holds for the job."""
        self.client.close()
        os.close(self.ended)


class Server:
    """Answers clients until the engine and all jobs have ended.

    Args:
        listener: where they ask.
        engine: a descriptor that the engine keeps open at its other end.
    """

    def __init__(self, listener: socket.socket, engine: int) -> None:
        self._listener, self._engine, self._alone = listener, engine, False
        self._waiting: dict[int, socket.socket] = {}  # clients that have not asked yet, by descriptor
        self._jobs: dict[int, Job] = {}  # by the descriptor of the connection, and by that of the process
        self._poll = select.poll()
        for descriptor in (listener.fileno(), engine):
            self._poll.register(descriptor, select.POLLIN)

    def serve(self) -> tuple[dict[str, Any], list[int]]:
        """Returns in forks alone: what a client asked for, and its files."""
        while not (self._alone and not self._jobs):
            for ready, _ in self._poll.poll():
                if ready == self._engine:
                    self._alone = True  # jobs finish, as they do without this process; the next engine waits for them
                    self._poll.unregister(ready)
                    suppressed(os.unlink, self._listener.getsockname())  # trees are copied, and no socket can be
                elif ready == self._listener.fileno():
                    client = self._listener.accept()[0]
                    self._waiting[client.fileno()] = client
                    self._poll.register(client, select.POLLIN)
                elif ready in self._waiting:
                    if asked := self._answer(self._waiting.pop(ready)):
                        return asked
                elif job := self._jobs.get(ready):
                    if ready == job.ended:
                        self._bury(job)
                    elif not forward(job):
                        self._poll.unregister(ready)  # stays open here until the process has ended
        os._exit(0)

    def _answer(self, client: socket.socket) -> tuple[dict[str, Any], list[int]] | None:
        """Begin a job, or say no; what it is to do is for the fork alone."""
        request, files = received(client)
        job = None
        if request and not self._alone and fits(request, client):
            this = os.getpid()
            if not (pid := os.fork()):
                end_with(this)
                self._let_go(client)
                return request, files
            job = Job(pid, client)
        for file in files:
            os.close(file)
        if job:
            self._jobs[client.fileno()] = self._jobs[job.ended] = job
            self._poll.register(job.ended, select.POLLIN)
            job.tell(f"pid {job.pid}")
        else:
            self._poll.unregister(client)
            suppressed(client.send, b"no")
            client.close()
        return None

    def _bury(self, job: Job) -> None:
        status = os.waitpid(job.pid, 0)[1]
        job.tell(f"end {os.waitstatus_to_exitcode(status)}")
        self._poll.unregister(job.ended)
        with contextlib.suppress(KeyError):  # where the client has gone
            self._poll.unregister(job.client)
        del self._jobs[job.ended], self._jobs[job.client.fileno()]
        job.close()

    def _let_go(self, client: socket.socket) -> None:
        """Close, in a fork, what is the server's: a client must not find its connection held open by another job."""
        for held in (self._listener, client, *self._waiting.values()):
            held.close()
        for job in set(self._jobs.values()):
            job.close()


def forward(job: Job) -> bool:
    """Give a job the signal that its client had; kill it, and return False, if the client has gone."""
    try:
        told = job.client.recv(LONGEST)
    except OSError:
        told = b""
    suppressed(signal.pidfd_send_signal, job.ended, int(told) if told else signal.SIGKILL)
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
    standard = {"stdin": stream(0, "r", "strict"), "stdout": stream(1, "w", "strict")}
    standard["stderr"] = stream(2, "w", "backslashreplace")
    vars(sys).update(standard | {f"__{name}__": stream for name, stream in standard.items()})
    suppressed(os.setpgid, 0, request["group"])
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP, signal.SIGQUIT):
        signal.signal(number, signal.SIG_IGN if number in request["ignored"] else signal.SIG_DFL)
    if signal.SIGINT not in request["ignored"]:
        signal.signal(signal.SIGINT, signal.default_int_handler)
    signal.pthread_sigmask(signal.SIG_SETMASK, request["blocked"])
    os.umask(request["umask"])
    os.nice(max(request["nice"] - os.nice(0), 0))
    os.sched_setaffinity(0, request["cores"])
    os.chdir(request["folder"])
    os.environ.clear()  # also what modules have set: what this process starts is compared with `BEGINNING`, too
    os.environ.update(request["environment"])
    time.tzset()
    tempfile.tempdir = None
    if "numpy.random" in sys.modules:
        sys.modules["numpy.random"].seed()  # Python's own generator does so itself after a fork
    sys.path[:], sys.argv[:], sys.executable = request["path"], request["arguments"], request["executable"]
    sys.path_importer_cache.clear()  # files may have come and gone
    importlib.invalidate_caches()


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
        suppressed(stream.flush)
    os._exit(status & 0xFF)


def main() -> None:
    """Listen at SOCKET."""
    place = Path(sys.argv[1])
    del sys.path[0]  # the folder of this file, and of modules that must not be found from here
    for number in (signal.SIGINT, signal.SIGHUP):  # of a terminal: jobs have them, too, and end by them
        signal.signal(number, signal.SIG_IGN)
    preload(sys.stdin.readline().split())
    if threads() != 1:
        sys.exit("no forks: a module started a thread")
    with socket.socket(socket.AF_UNIX, socket.SOCK_SEQPACKET) as listener:
        listener.bind(str(place))
        listener.listen(64)
        request, files = Server(listener, sys.stdin.fileno()).serve()
    become(request, files)
    end(run(request["script"]))


if __name__ == "__main__":
    main()
