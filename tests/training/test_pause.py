"""A training that is told when to stop: at the end it has left what one without a pause leaves."""

import os
import subprocess
import sys
import time
from pathlib import Path

import pytest

from revisit.errors import ConfigError
from revisit.training import pause

WORKFLOW = Path(__file__).resolve().parents[2] / "workflow"


@pytest.fixture
def at_steps(monkeypatch):
    """`at_steps(3, 2)`: the next call stops after its third step, the one after that after its second."""

    def set_up(*counts: int) -> None:
        left = iter([asked for count in counts for asked in [False] * (count - 1) + [True]])
        monkeypatch.setattr(pause, "due", lambda: next(left, False))

    return set_up


def test_never_without_a_moment_and_then_from_that_moment_on(monkeypatch):
    monkeypatch.delenv(pause.UNTIL, raising=False)
    assert not pause.due()
    monkeypatch.setenv(pause.UNTIL, str(time.monotonic() + 60))
    assert not pause.due()
    monkeypatch.setenv(pause.UNTIL, str(time.monotonic()))
    assert pause.due()


def test_no_number(monkeypatch):
    monkeypatch.setenv(pause.UNTIL, "soon")
    with pytest.raises(ConfigError, match="REVISIT_STOP_AT=soon: expected seconds"):
        pause.due()


def test_a_run_cut_into_pieces_ends_with_the_same_bytes(run, settings, digests, tmp_path, monkeypatch):
    run("whole", settings)
    monkeypatch.setenv(pause.UNTIL, "0")  # has passed: not even the first step is taken
    with pytest.raises(pause.Paused) as stopped:
        run("pieces", settings)
    assert stopped.value.code == pause.STATUS
    monkeypatch.delenv(pause.UNTIL)
    run("pieces", settings)
    assert digests("pieces/model") == digests("whole/model")


def test_a_pause_after_every_step(run, settings, digests, at_steps, tmp_path):
    whole = run("whole", settings)
    pieces = 0
    while True:
        at_steps(2)  # asked before the run, then after its first step
        try:
            outcome = run("pieces", settings)
            break
        except pause.Paused:
            pieces += 1
            assert (tmp_path / "pieces/resume/base.0/state.pt").exists()
    assert pieces == 7  # of eight steps; after the last one there is nothing to wait for
    assert digests("pieces/model") == digests("whole/model")
    assert outcome.findings == whole.findings
    assert outcome.steps.equals(whole.steps)


def test_a_sweep_pauses_between_its_runs_too(run, settings, digests, at_steps):
    settings = settings | {"replicates": 3}
    run("whole", settings)
    at_steps(9)  # before the first run, after seven of its eight steps, before the second run
    with pytest.raises(pause.Paused):
        run("pieces", settings)
    at_steps(1000)
    run("pieces", settings)
    assert digests("pieces/model") == digests("whole/model")


@pytest.mark.skipif(sys.platform != "linux", reason="elsewhere runs go one after the other")
def test_runs_side_by_side_all_come_to_their_pause(tmp_path):
    program = """
import time
from functools import partial
from pathlib import Path
from revisit.training import pause, workers

def work(name):
    if name == "slow":
        time.sleep(0.3)
    Path(name).write_text("saved")
    raise pause.Paused

workers.side_by_side([partial(work, name) for name in ("quick", "slow", "never")], 2)
"""
    ended = subprocess.run(
        [sys.executable, "-c", program], cwd=tmp_path, env=os.environ | {"PYTHONPATH": str(WORKFLOW)}, check=False
    )
    assert ended.returncode == pause.STATUS
    assert sorted(path.name for path in tmp_path.iterdir()) == ["quick", "slow"]
