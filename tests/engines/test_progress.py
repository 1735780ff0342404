"""How far a run is: what is left, what is at work, and how long that takes."""

import os
import subprocess
import sys
import time
from pathlib import Path

import pytest
from ruamel.yaml import YAML

from revisit_engines import guard, progress
from revisit_engines.progress import Engine, Progress

ROOT = Path(__file__).resolve().parents[2]
HEAD = "s\th:m:s\tmax_rss\n"


@pytest.fixture(autouse=True)
def tree(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    return tmp_path


def measured(stage, seconds):
    path = progress.TIMES / f"{stage.replace('@', '/')}.tsv"
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(f"{HEAD}{seconds}\t0:00:01\t5\n")


def test_every_stage_has_a_typical_time():
    assert progress.TYPICAL.keys() == YAML(typ="safe").load(ROOT / "dvc.yaml")["stages"].keys()


def test_a_stage_takes_as_long_as_it_did_here():
    assert progress.seconds("train@a", "demo") == progress.TYPICAL["train"]
    assert progress.seconds("train@a", "paper") is None
    measured("train@a", 81.5)
    measured("report", 4)
    assert progress.seconds("train@a", "paper") == 81.5
    assert progress.seconds("report", "demo") == 4
    (progress.TIMES / "report.tsv").write_text(HEAD)  # cut off by a kill
    assert progress.seconds("report", "demo") == progress.TYPICAL["report"]


@pytest.mark.parametrize(
    ("cores", "begun", "scale", "told"),
    [
        (1, {}, "demo", "about 40 seconds"),
        (2, {}, "demo", "about 30 seconds"),  # not below the longest one
        (1, {"train@a": 25.0}, "demo", "about 15 seconds"),
        (1, {"train@a": 99.0}, "demo", "about 10 seconds"),
        (1, {}, "paper", "about 30 seconds and 1 that have not run here yet"),
    ],
)
def test_what_is_left(monkeypatch, cores, begun, scale, told):
    measured("train@a", 30)
    monkeypatch.setitem(progress.TYPICAL, "evaluate", 10)
    assert progress.estimate({"train@a", "evaluate@a"}, cores, scale, begun) == told
    assert "not known before they have run once at paper scale" in progress.estimate({"study@a"}, 1, "paper")


def test_a_line_says_all_of_it():
    measured("train@a", 300)
    found = Progress(Engine("dvc", 7, 250.0), 12, frozenset({"train@a"}), {"train@a": 60.0}, "demo")
    assert found.line() == (
        "dvc, for 4 minutes: 11 of 12 stages are up to date, 1 to go, about 4 minutes; running: train@a (60 seconds)"
    )
    assert Progress(None, 12, frozenset(), {}, "demo").line() == (
        "no engine is running: 12 of 12 stages are up to date"
    )


def test_the_engine_is_the_living_process_of_the_lock():
    assert progress.engine() is None
    guard.ENGINE_LOCK.parent.mkdir()
    guard.ENGINE_LOCK.write_text(f"snakemake (PID {os.getpid()})")
    assert progress.engine()[:2] == ("snakemake", os.getpid())
    os.utime(guard.ENGINE_LOCK, (1, 1))  # written before this process began: its number was another's then
    assert progress.engine() is None
    ended = subprocess.Popen(["true"])
    ended.wait()
    guard.ENGINE_LOCK.write_text(f"dvc (PID {ended.pid})")
    assert progress.engine() is None


def test_stages_at_work_are_the_scripts_below_the_engine():
    program = "import sys; sys.stdin.read()"
    scripts = [
        subprocess.Popen([sys.executable, "-c", program], stdin=subprocess.PIPE, env=os.environ | variables)
        for variables in ({"DVC_STAGE": "train@a"}, {"DVC_STAGE": "fetch@b"}, {})
    ]
    try:
        deadline = time.time() + 10
        while (found := progress.running(os.getpid())).keys() != {"train@a", "fetch@b"} and time.time() < deadline:
            time.sleep(0.05)
        assert found.keys() == {"train@a", "fetch@b"}
        assert all(0 <= seconds < 20 for seconds in found.values())
    finally:
        for script in scripts:
            script.communicate()
    assert progress.running(os.getpid()) == {}
