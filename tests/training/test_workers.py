"""Runs side by side: the same bytes as one after the other, and nothing hangs or stays behind.

Each case is a process of its own: processes are copied, which those that already hold threads, such as pytest's
helpers, should not be.
"""

import json
import os
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path

import psutil
import pytest
import torch

from revisit.errors import ConfigError
from revisit.training import workers

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="elsewhere runs go one after the other")
CPU, CUDA = torch.device("cpu"), torch.device("cuda")
WORKFLOW = Path(__file__).resolve().parents[2] / "workflow"
PROGRAM = """
import os, signal, sys, time
from functools import partial
from pathlib import Path
from revisit.errors import ConfigError, RevisitError
from revisit.training import workers

def note(name):
    Path(f"{name}.new").write_text(str(os.getpid()))
    os.replace(f"{name}.new", name)

def wait_for(name):
    while not Path(name).exists():
        time.sleep(0.01)

def forever(name):
    note(name)
    time.sleep(600)

def last(name):
    wait_for("sleeper")
    raise name

def shot(how=signal.SIGKILL):
    wait_for("sleeper")
    os.kill(os.getpid(), how)
"""


def start(folder: Path, program: str, *arguments: str) -> subprocess.Popen:
    command = [sys.executable, "-W", "error", "-c", f"{PROGRAM}\n{program}", *arguments]
    streams = {"stdout": subprocess.PIPE, "stderr": subprocess.PIPE, "text": True}
    return subprocess.Popen(command, cwd=folder, env=os.environ | {"PYTHONPATH": str(WORKFLOW)}, **streams)


def gone(pid: int) -> bool:
    for _ in range(500):
        try:
            if psutil.Process(pid).status() == psutil.STATUS_ZOMBIE:
                return True
        except psutil.NoSuchProcess:
            return True
        time.sleep(0.01)
    return False


def test_as_many_as_there_are_cores_or_runs_and_one_on_a_gpu(monkeypatch):
    monkeypatch.setenv(workers.CORES, "4")
    assert [workers.count(runs, CPU) for runs in (1, 3, 9)] == [1, 3, 4]
    assert workers.count(9, CUDA) == 1
    monkeypatch.delenv(workers.CORES)
    assert workers.count(1000, CPU) == len(os.sched_getaffinity(0))


@pytest.mark.parametrize("text", ["two", "0", "-1", "1.5"])
def test_a_wrong_number_of_cores(monkeypatch, text):
    monkeypatch.setenv(workers.CORES, text)
    with pytest.raises(ConfigError, match=f"REVISIT_CORES={text}: expected a whole number of cores"):
        workers.count(3, CPU)


def test_every_call_runs_and_at_most_so_many_at_once(tmp_path):
    tasks = """
def task(number):
    Path(f"{number}.now").touch()
    Path(f"{number}.seen").write_text(str(len(list(Path().glob("*.now")))))
    time.sleep(0.2)
    Path(f"{number}.now").unlink()

workers.side_by_side([partial(task, number) for number in range(5)], 2)
"""
    process = start(tmp_path, tasks)
    assert process.communicate(timeout=60)[1] == ""
    seen = [int((tmp_path / f"{number}.seen").read_text()) for number in range(5)]
    assert max(seen) == 2
    assert not list(tmp_path.glob("*.now"))


FAILURES = {
    "mistake": ("partial(last, ConfigError('lr: too large'))", "ConfigError lr: too large"),
    "disk": ("partial(last, OSError(28, 'No space left on device', 'there'))", "OSError [Errno 28] No space left"),
    "defect": ("partial(last, ZeroDivisionError('by zero'))", "RuntimeError Traceback"),
    "long": ("partial(last, ValueError('x' * 200_000))", "RuntimeError Traceback"),  # more than a pipe holds
    "killed": ("shot", "DeviceError a training was killed, most likely because memory ran out with 2 side by side"),
    "crashed": ("partial(shot, signal.SIGABRT)", "DeviceError a training crashed (Aborted)"),
    "real-time": ("partial(shot, signal.SIGRTMIN + 6)", "DeviceError a training crashed (Real-time signal 6)"),
}
FAILING = """
import json
for case, failing in json.loads(sys.argv[1]).items():
    if os.fork():
        os.wait()
        continue
    os.mkdir(case)
    os.chdir(case)
    for number, name in ((1, "output"), (2, "errors")):
        os.dup2(os.open(name, os.O_WRONLY | os.O_CREAT), number)
    try:
        workers.side_by_side([partial(forever, "sleeper"), eval(failing), partial(note, "never")], 2)
    except (RevisitError, OSError, RuntimeError) as error:
        print(type(error).__name__, error)
    break
"""


@pytest.fixture(scope="module")
def failed(tmp_path_factory):
    """A folder for each case, with what its process printed; PyTorch is imported once for all of them."""
    folder = tmp_path_factory.mktemp("failures")
    asked = json.dumps({case: failing for case, (failing, _) in FAILURES.items()})
    assert start(folder, FAILING, asked).communicate(timeout=120)[1] == ""
    return folder


@pytest.mark.parametrize("case", FAILURES)
def test_the_first_failure_ends_the_others_and_is_raised(failed, case):
    folder = failed / case
    assert (folder / "errors").read_text() == ""
    assert (folder / "output").read_text().startswith(FAILURES[case][1])
    assert gone(int((folder / "sleeper").read_text()))
    assert not (folder / "never").exists()


@pytest.mark.parametrize("how", [signal.SIGKILL, signal.SIGTERM], ids=["kill", "term"])
def test_no_call_outlives_its_parent(tmp_path, how):
    process = start(tmp_path, 'workers.side_by_side([partial(forever, "a"), partial(forever, "b")], 2)')
    pids = []
    for name in ("a", "b"):
        while not (path := tmp_path / name).exists():
            assert process.poll() is None, process.communicate()
            time.sleep(0.01)
        pids.append(int(path.read_text()))
    process.send_signal(how)
    process.communicate(timeout=60)
    assert all(gone(pid) for pid in pids)


TRAINING = """
import json
from revisit.training.train import train
settings, data, here = json.loads(Path(sys.argv[1]).read_text()), Path(sys.argv[2]), Path(sys.argv[3])
train(settings, data, here / "model", here / "resume", {})
"""


def test_a_sweep_ends_with_the_same_bytes(tmp_path, change, prepared, run, digests):
    protocol = change()["runs"]["base"]
    variants = {"base": protocol, "fast": protocol | {"optimizer": protocol["optimizer"] | {"lr": 0.2}}}
    settings = change() | {"runs": variants, "replicates": 2}
    alone = run("alone", settings)
    (tmp_path / "settings.json").write_text(json.dumps(settings))
    program = [sys.executable, "-c", f"{PROGRAM}\n{TRAINING}", "settings.json", str(prepared), "together"]
    environment = os.environ | {"PYTHONPATH": str(WORKFLOW), workers.CORES: "3"}
    result = subprocess.run(program, cwd=tmp_path, env=environment, capture_output=True, text=True, check=False)
    assert result.returncode == 0, result.stderr
    assert "fast 2/2" in result.stderr
    assert digests(tmp_path / "together" / "model") == digests(tmp_path / "alone" / "model")
    shutil.rmtree(tmp_path / "together" / "model")  # the other runs, too: read again, they are found finished
    assert run("together", settings).runs["summary"].equals(alone.runs["summary"])
