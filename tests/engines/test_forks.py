"""Programs in forks of a process that has imported what they need: as if they had started by themselves."""

import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import psutil
import pytest

from revisit import forks as client
from revisit_engines import forks

ROOT = Path(__file__).resolve().parents[2]
pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="forks of a server are for Linux")

# An engine: starts the server, says that it is there, and lives until its input ends.
ENGINE = """
import subprocess, sys
server = subprocess.Popen([sys.executable, {server!r}, ".work/forks/socket"],
                          stdin=subprocess.PIPE, stderr=open("log", "w"), text=True)
server.stdin.write({modules!r} + chr(10))
server.stdin.flush()
print(server.pid, flush=True)
sys.stdin.read()
"""
PROGRAM = """
import sys
sys.path.insert(0, {workflow!r})
from pathlib import Path
from revisit import forks
if "FORKED" not in globals():
    import signal
    signal.signal(signal.SIGINT, signal.default_int_handler)  # ignored in tests that run in the background of a shell
    forks.run_elsewhere(Path(__file__), Path.cwd())
"""
FORKED = "print(json.dumps(['FORKED' in globals(), 'colorsys' in sys.modules]))"


class Run:
    """A working tree in which an engine runs, with its server."""

    def __init__(self, folder: Path, modules: str = "colorsys", **environment: str) -> None:
        self.folder, self.environment = folder, os.environ | environment
        (folder / ".work/forks").mkdir(parents=True)
        text = ENGINE.format(server=str(ROOT / "workflow/fork_server.py"), modules=modules)
        self.engine = subprocess.Popen(
            [sys.executable, "-c", text],
            cwd=folder,
            env=self.environment,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )
        self.server = psutil.Process(int(self.engine.stdout.readline()))

    def wait(self) -> "Run":
        until(lambda: (self.folder / client.SOCKET).exists())
        return self

    def start(self, text: str, *arguments: str, **environment: str) -> subprocess.Popen:
        script = self.folder / "program.py"
        script.write_text(PROGRAM.format(workflow=str(ROOT / "workflow")) + "import json, os, sys, time\n" + text)
        return subprocess.Popen(
            [sys.executable, str(script), *arguments],
            cwd=self.folder,
            env=self.environment | environment,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )

    def said(self, text: str, *arguments: str, **environment: str) -> tuple[int, str, str]:
        process = self.start(text, *arguments, **environment)
        output, errors = process.communicate("typed\n", timeout=60)
        return process.returncode, output, errors

    def at_work(self) -> tuple[subprocess.Popen, psutil.Process]:
        """A job that says that it has begun and then sleeps: its client and its fork."""
        process = self.start("print(os.getpid(), flush=True)\ntime.sleep(600)")
        job = psutil.Process(int(process.stdout.readline()))
        assert job.ppid() == self.server.pid
        return process, job

    def end(self) -> None:
        self.engine.kill()
        self.engine.communicate()


def until(done) -> None:
    deadline = time.monotonic() + 60
    while not done():
        assert time.monotonic() < deadline
        time.sleep(0.01)


def gone(process: psutil.Process) -> bool:
    try:
        return process.status() == psutil.STATUS_ZOMBIE
    except psutil.NoSuchProcess:
        return True


@pytest.fixture
def run(tmp_path):
    run = Run(tmp_path).wait()
    yield run
    run.end()
    until(lambda: gone(run.server))


def test_a_fork_is_what_the_program_would_have_been(run):
    told = """
import tempfile
print(json.dumps([sys.argv[1:], os.getcwd(), dict(os.environ), sys.path, sys.executable, sys.flags.optimize,
                  __name__, __file__, os.umask(0o22), os.getpgrp(), sorted(os.listdir("/proc/self/fd")),
                  sys.stdin.readline(), tempfile.gettempdir()]))
print(json.dumps(['FORKED' in globals(), 'colorsys' in sys.modules]))
print("to the other", file=sys.stderr)
sys.exit(3)
"""
    (run.folder / "tmp").mkdir()
    environment = {"REVISIT_CORES": "3", "TMPDIR": str(run.folder / "tmp"), "DVC_STAGE": "\udc80 ä"}
    status, output, errors = run.said(told, "one", "t w o", **environment)
    (run.folder / client.SOCKET).unlink()
    by_itself = run.said(told, "one", "t w o", **environment)
    ours, theirs = (text.splitlines() for text in (output, by_itself[1]))
    assert json.loads(ours[1]) == [True, True], errors
    assert json.loads(theirs[1]) == [False, False]
    assert json.loads(ours[0]) == json.loads(theirs[0])
    assert (status, errors) == (by_itself[0], by_itself[2]) == (3, "to the other\n")


@pytest.mark.parametrize(
    ("text", "status"),
    [
        ("raise ValueError('x')", 1),
        ("sys.exit('no')", 1),
        ("sys.exit()", 0),
        ("os.kill(os.getpid(), 11)", -signal.SIGSEGV),
        ("import atexit as a, threading as t\na.register(print, 1)\nt.Thread(target=print, args=[2]).start()", 0),
    ],
)
def test_it_ends_as_the_program_would_have_ended(run, text, status):
    forked = run.said("print('FORKED' in globals(), flush=True)\n" + text)
    (run.folder / client.SOCKET).unlink()
    by_itself = run.said("print('FORKED' in globals(), flush=True)\n" + text)
    assert forked[1].startswith("True")
    assert by_itself == (status, forked[1].replace("True", "False"), forked[2])
    assert forked[0] == status


def test_another_environment_has_a_process_of_its_own(run):
    assert json.loads(run.said(FORKED)[1]) == [True, True]
    assert json.loads(run.said(FORKED, OMP_PROC_BIND="true")[1]) == [False, False]
    assert json.loads(run.said(FORKED, PYTHONPATH="/nowhere")[1]) == [False, False]


def test_what_no_longer_listens_is_done_without(run):
    run.server.kill()
    until(lambda: gone(run.server))
    assert json.loads(run.said(FORKED)[1]) == [False, False]


def test_code_of_the_project_is_as_it_is_when_a_job_begins(run):
    module = run.folder / "own.py"
    module.write_text("value = 1\n")
    assert run.said("import own\nprint(own.value)")[1] == "1\n"
    module.write_text("value = 23\n")
    assert run.said("import own\nprint(own.value)")[1] == "23\n"


def test_a_module_that_starts_a_thread_leaves_no_server(tmp_path):
    text = "import threading, time\nthreading.Thread(target=time.sleep, args=[9]).start()\n"
    (tmp_path / "threaded.py").write_text(text)
    run = Run(tmp_path, "threaded", PYTHONPATH=str(tmp_path))
    until(lambda: gone(run.server))
    assert not (tmp_path / client.SOCKET).exists()
    assert "a module started a thread" in (tmp_path / "log").read_text()
    run.end()


def test_a_fork_finalises_what_the_program_made_and_not_what_was_imported(tmp_path):
    (tmp_path / "imported.py").write_text("import sys, weakref\nweakref.finalize(sys, print, 'imported')\n")
    run = Run(tmp_path, "imported", PYTHONPATH=str(tmp_path)).wait()
    text = "import atexit, imported, weakref\nweakref.finalize(json, print, 'own')\natexit.register(print, 'exit')\n"
    status, output, errors = run.said(text + FORKED)
    run.end()
    assert (status, errors) == (0, "")
    assert output.splitlines() == ["[true, false]", "exit", "own"]
    # by itself it finalises both
    alone = run.said(text + FORKED, REVISIT_OTHER="1")
    assert sorted(alone[1].splitlines()) == ["[false, false]", "exit", "imported", "own"]


def test_a_job_ends_with_its_client(run):
    process, job = run.at_work()
    process.kill()
    process.communicate()
    until(lambda: gone(job))
    assert json.loads(run.said(FORKED)[1]) == [True, True]  # for others there is still a server


def test_a_job_and_its_client_end_with_the_server(run):
    process, job = run.at_work()
    run.server.kill()
    process.communicate(timeout=60)
    assert process.returncode == -signal.SIGKILL
    until(lambda: gone(job))


def test_a_job_of_a_killed_engine_ends_by_itself_and_the_server_after_it(run):
    process = run.start("print('begun', flush=True)\nsys.stdin.read()\nprint('done')")
    assert process.stdout.readline() == "begun\n"
    run.engine.kill()
    run.engine.wait()
    until(lambda: json.loads(run.said(FORKED)[1]) == [False, False])  # nothing new begins there
    assert not gone(run.server)
    assert process.communicate("", timeout=60)[0] == "done\n"
    assert process.returncode == 0
    until(lambda: gone(run.server))
    assert not (run.folder / client.SOCKET).exists()  # what copies a tree cannot copy one


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT, signal.SIGHUP])
def test_a_signal_goes_on_to_the_job(run, number):
    here = signal.signal(number, signal.SIG_DFL)  # it may be ignored here, by `nohup`, and so by what is started
    process, job = run.at_work()
    signal.signal(number, here)
    process.send_signal(number)
    process.communicate(timeout=60)
    until(lambda: gone(job))
    assert process.returncode == (1 if number == signal.SIGINT else -number)


def below_the_job(pid, children):
    """`children` of this process without the engine of the test, below which all forks are."""

    def found(process, recursive=False):
        if process.pid != os.getpid():
            return children(process, recursive)
        return [psutil.Process(pid), *children(psutil.Process(pid), recursive)]

    return found


def test_measurements_of_a_job_count_its_forks(run, monkeypatch):
    """A fork that waits for another, as DVC waits for its script."""
    (run.folder / "inner").mkdir()
    inner = run.folder / "inner/program.py"
    body = "import os, sys\nprint(os.getpid(), flush=True)\nsys.stdin.read()"
    inner.write_text(PROGRAM.format(workflow=str(ROOT / "workflow")) + body)
    outer = f"import subprocess\nprint(os.getpid(), flush=True)\nsubprocess.run([sys.executable, {str(inner)!r}])"
    process = run.start(outer)
    pids = {int(process.stdout.readline()) for _ in range(2)}
    monkeypatch.chdir(run.folder)
    assert {psutil.Process(pid).ppid() for pid in pids} == {run.server.pid}
    monkeypatch.setattr(psutil.Process, "children", below_the_job(process.pid, psutil.Process.children))
    assert pids < {child.pid for child in forks.Counted(os.getpid()).children(recursive=True)}
    process.communicate("", timeout=60)
    until(lambda: not list((run.folder / ".work/forks").glob("[0-9]*")))


def test_few_stages_are_not_worth_it(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    forks.start(forks.WORTH_IT - 1)
    monkeypatch.setenv("REVISIT_FORKS", "no")
    forks.start(1000)
    assert not (tmp_path / ".work").exists()


def test_modules_of_others_alone_are_imported_before(monkeypatch):
    monkeypatch.chdir(ROOT)
    names = forks.modules()
    assert {"torch", "torchvision.models.googlenet", "pandas", "sklearn.svm"} <= set(names)
    ours = {path.stem for folder in ("workflow", "workflow/scripts") for path in (ROOT / folder).iterdir()}
    assert not ours & {name.split(".")[0] for name in names}
