"""One job one GPU, with a driver that lists stand-ins: no GPU takes part."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from revisit import gpus

WORKFLOW = Path(__file__).parents[2] / "workflow"
DRIVER = """#!/bin/sh
echo "GPU 0: Stand-in A (UUID: GPU-aaaa-0)"
echo "GPU 1: Stand-in A (UUID: GPU-aaaa-1)"
echo "GPU 2: Stand-in B (UUID: GPU-bbbb-2)"
echo "  MIG 1g.10gb     Device  0: (UUID: MIG-cccc-0)"
"""
JOB = """
import sys
from revisit import gpus
held = gpus.hold_one()
sys.stdin.readline()
"""


@pytest.fixture
def machine(tmp_path, monkeypatch):
    """A machine with three GPUs, one of them in parts."""
    driver = tmp_path / "bin/nvidia-smi"
    driver.parent.mkdir()
    driver.write_text(DRIVER)
    driver.chmod(0o755)
    monkeypatch.setenv("PATH", f"{driver.parent}{os.pathsep}{os.environ['PATH']}")
    monkeypatch.setenv("PYTHONPATH", str(WORKFLOW))
    monkeypatch.setenv("TMPDIR", str(tmp_path))
    monkeypatch.setenv("DVC_STAGE", "train@some")
    for variable in (gpus.VISIBLE, "REVISIT_GPU"):  # set first, so that it is put back after a test in any case
        monkeypatch.setenv(variable, "")
        monkeypatch.delenv(variable)


def job(**environment):
    return subprocess.Popen(
        [sys.executable, "-c", JOB],
        env=os.environ | environment,
        stdin=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )


def test_never_two_jobs_on_one_and_a_killed_one_lets_go(machine):
    holders = [job() for _ in range(3)]
    got = [holder.stderr.readline() for holder in holders]
    assert sorted(got) == [
        "GPU 0: Stand-in A, GPU-aaaa-0\n",
        "GPU 1: Stand-in A, GPU-aaaa-1\n",
        "GPU 2: Stand-in B, GPU-bbbb-2\n",
    ]
    with job() as waiting:
        assert waiting.stderr.readline() == "waiting for a GPU: jobs hold all 3\n"
        holders[1].kill()
        assert waiting.stderr.readline() == got[1]
        for process in [waiting, *holders]:
            process.communicate("" if process is holders[1] else "\n", timeout=60)
    assert [process.returncode for process in [waiting, *holders]] == [0, 0, -9, 0]


@pytest.mark.parametrize(
    ("allowed", "seen"),
    [
        (None, ["GPU-aaaa-0", "GPU-aaaa-1", "GPU-bbbb-2"]),
        ("2,0", ["GPU-bbbb-2", "GPU-aaaa-0"]),
        ("GPU-bbbb,1", ["GPU-bbbb-2", "GPU-aaaa-1"]),
        ("MIG-cccc-0", ["MIG-cccc-0"]),
        ("1,-1,2", ["GPU-aaaa-1"]),
        ("GPU-aaaa", []),  # two have that beginning
        ("", []),
    ],
)
def test_a_list_of_visible_gpus_is_respected(machine, monkeypatch, allowed, seen):
    if allowed is not None:
        monkeypatch.setenv(gpus.VISIBLE, allowed)
    assert [device.uuid for device in gpus.visible()] == seen


def test_a_job_sees_what_it_holds_and_so_does_what_it_starts(machine, monkeypatch, capsys):
    monkeypatch.setenv(gpus.VISIBLE, "2")
    with gpus.hold_one():
        assert os.environ[gpus.VISIBLE] == "GPU-bbbb-2"
        assert capsys.readouterr().err == "GPU 2: Stand-in B, GPU-bbbb-2\n"
        assert gpus.hold_one() is None  # it holds one already; so would a child


def test_nothing_is_held_by_hand_or_without_a_driver(machine, monkeypatch):
    monkeypatch.delenv("DVC_STAGE")
    assert gpus.hold_one() is None
    monkeypatch.setenv("DVC_STAGE", "train@some")
    monkeypatch.setenv("PATH", "/nowhere")
    assert gpus.hold_one() is None
