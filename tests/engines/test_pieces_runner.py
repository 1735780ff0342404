"""The script that runs a list of steps on another machine: here with steps and a PyTorch that are a line each."""

import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from revisit_engines.pieces import runner

TORCH = "__version__ = '9.9'\nclass cuda:\n    is_available = staticmethod(lambda: False)\n"
WORK = """
import os, sys, time
from pathlib import Path
name, what = sys.argv[1], sys.argv[2:]
state, end = Path(f"state/{name}"), float(os.environ["REVISIT_STOP_AT"])
assert os.environ["DVC_STAGE"] == f"do@{name}"
done = int(state.read_text()) if state.exists() else 0
while "sleep" in what:
    time.sleep(0.05)
if not done and "cut" in what:  # however long it may take
    state.parent.mkdir(exist_ok=True)
    state.write_text("1")
    time.sleep(max(end - time.monotonic(), 0))
    sys.exit(75)
if "fail" in what:
    sys.exit("no such number")
Path(name).write_text(name)
"""


@pytest.fixture
def far(tmp_path):
    """`far(step("a"), ...)` writes a list; `far.call("--budget", "5")` runs it: (exit status, output)."""

    class Far:
        folder = tmp_path / "results/pieces"

        def __call__(self, *steps):
            self.folder.mkdir(parents=True, exist_ok=True)
            (self.folder / "pieces.json").write_text(json.dumps({"steps": steps}))
            (self.folder / "run.py").write_text(Path(runner.__file__).read_text())
            (tmp_path / "work.py").write_text(WORK)
            (tmp_path / "torch.py").write_text(TORCH)
            (tmp_path / "input").write_text("input")

        def call(self, *options):
            environment = os.environ | {"PYTHONPATH": str(tmp_path)}
            command = [sys.executable, self.folder / "run.py", *options]
            ended = subprocess.run(
                command, cwd=tmp_path, env=environment, capture_output=True, text=True, check=False, timeout=100
            )
            assert "Traceback" not in ended.stderr
            return ended.returncode, ended.stdout + ended.stderr

        def receipts(self):
            return sorted(path.stem.removeprefix("do@") for path in self.folder.glob("receipts/*.json"))

    return Far()


def step(name, *what, after=(), resumes=False, inputs=("input",), seconds=1, packages=("torch",)):
    known = {"input": runner.hashlib.sha256(b"input").hexdigest()}
    return {
        "stage": f"do@{name}",
        "command": ["work.py", name, *what],
        "inputs": {path: known.get(path) for path in inputs},
        "outputs": [name],
        "records": ["input"],
        "after": [f"do@{before}" for before in after],
        "resumes": resumes,
        "state": f"state/{name}" if resumes else None,
        "seconds": seconds,
        "packages": list(packages),
    }


def test_steps_run_in_order_each_once_and_what_to_take_home_is_listed(far):
    far(step("a"), step("b", after=["a"], inputs=["input", "a"]))
    status, output = far.call("--list")
    assert (status, output.split()) == (75, ["left", "do@a", "left", "do@b"])
    status, output = far.call()
    assert status == 0
    assert "no GPU, the CPU, PyTorch 9.9" in output
    assert "finished: all 2 steps; take home what results/pieces/back.txt lists" in output
    lines = (far.folder / "back.txt").read_text().split()
    assert lines == ["results/pieces/pieces.json", "results/pieces/receipts", "input", "a", "b"]
    receipt = json.loads((far.folder / "receipts/do@b.json").read_text())
    assert receipt["inputs"]["a"] == json.loads((far.folder / "receipts/do@a.json").read_text())["outputs"]["a"]
    status, output = far.call()
    assert (status, "do@a" in output) == (0, False)


def test_a_training_is_cut_and_goes_on(far):
    far(step("long", "cut", resumes=True), step("b", after=["long"], inputs=["long"]))
    cut, budget, status = 0, 4, 75
    while status != 0:
        status, output = far.call("--budget", str(budget))
        cut += status == 75
        if status == 2:  # a busy machine: even the start takes longer
            assert "give a larger --budget" in output
            budget += 2
        assert cut < 20
    assert cut > 0
    assert far.receipts() == ["b", "long"]


def test_the_call_ends_within_its_budget(far):
    far(step("a"), step("long", "sleep", resumes=True))
    start = time.monotonic()
    status, output = far.call("--budget", "2")
    assert time.monotonic() - start < 4  # with Python's own start
    assert status == 75
    assert "more to do: 1 of 2 steps, next do@long; call again" in output


def test_what_cannot_be_cut_gets_a_call_of_its_own_and_then_a_message(far):
    far(step("a"), step("slow", "sleep"), step("b"))
    status, output = far.call("--budget", "2")
    assert status == 75
    assert "do@slow did not end in the" in output
    calls = 1
    while status == 75:  # with all of a call for it, then with others first
        status, output = far.call("--budget", "2")
        calls += 1
        assert calls < 6
    assert far.receipts() == ["a", "b"]
    assert status == 2
    assert "do@slow does not end within 2 s and cannot be cut; give a larger --budget, or take home" in output


def test_a_training_that_gets_nowhere_says_so(far):
    far(step("long", "sleep", resumes=True))
    status, output = far.call("--budget", "1")
    assert status == 2
    assert "do@long does not reach its first resume state within 1 s; give a larger --budget" in output


def test_a_step_that_fails_stops_the_list(far):
    far(step("bad", "fail"), step("b"))
    status, output = far.call()
    assert (status, far.receipts()) == (2, [])
    assert "no such number" in output
    assert "error: do@bad ended with exit status 1; what it said stands above" in output


def test_all_missing_packages_in_one_message(far):
    far(step("a", packages=["torch", "nopandas"]), step("b", packages=["nosafetensors", "json"]))
    status, output = far.call()
    assert status == 2
    assert output.count("error:") == 1
    assert "lacks nopandas, nosafetensors; install them there" in output


@pytest.mark.parametrize(("content", "words"), [(None, "input: missing"), ("other", "input: not what was planned")])
def test_inputs_are_those_of_the_list(far, tmp_path, content, words):
    far(step("a"))
    (tmp_path / "input").unlink()
    if content:
        (tmp_path / "input").write_text(content)
    status, output = far.call()
    assert status == 2
    assert words in output


def test_a_receipt_of_another_list_does_not_count(far):
    far(step("a"), step("b", after=["a"], inputs=["a"]))
    far.call()
    changed = step("a")
    changed["inputs"]["input"] = "0" * 64
    far(changed, step("b", after=["a"], inputs=["a"]))
    status, output = far.call("--list")
    assert (status, output.split()) == (75, ["left", "do@a", "left", "do@b"])


def test_in_another_folder(far, tmp_path):
    far(step("a"))
    (tmp_path / "work.py").unlink()
    status, output = far.call()
    assert status == 2
    assert "work.py is not here; run this in the folder" in output


def test_two_calls_at_once(far, tmp_path):
    far(step("a", "sleep"))
    command = [sys.executable, far.folder / "run.py", "--budget", "60"]
    first = subprocess.Popen(
        command,
        cwd=tmp_path,
        env=os.environ | {"PYTHONPATH": str(tmp_path)},
        stdout=subprocess.PIPE,
        text=True,
        start_new_session=True,
    )
    try:
        while "do@a" not in (line := first.stdout.readline()):
            assert line
        status, output = far.call()
        assert status == 2
        assert "another call is at work in" in output
    finally:
        os.killpg(first.pid, signal.SIGKILL)
        first.communicate()


def test_a_budget_of_nothing(far):
    far(step("a"))
    assert far.call("--budget", "0") == (2, "error: --budget 0: expected seconds above 0\n")


def test_digests_of_folders_tell_names_and_contents(tmp_path):
    def digest(name, **files):
        for file, content in files.items():
            (tmp_path / name).mkdir(exist_ok=True)
            (tmp_path / name / file).write_text(content)
        return runner.Digests().of(tmp_path / name)

    one = digest("one", a="1", b="2")
    assert digest("two", a="1", b="2") == one
    assert len({one, digest("three", a="2", b="1"), digest("four", a="1", c="2"), digest("five", a="1")}) == 4
    (tmp_path / "one/.snakemake_timestamp").write_text("now")
    assert runner.Digests().of(tmp_path / "one") == one
    assert runner.Digests().of(tmp_path / "none") is None
