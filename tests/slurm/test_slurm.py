"""A run on the nodes of a real Slurm, left in peace and attacked: each time the next run, by either engine, mends it.

What a clean run on this machine makes is compared byte for byte. `make cluster` installs what is needed, and runs all;
`make test` leaves out the thorough ones.
"""

import re
import shutil

import pytest

import attacks
from attacks import Moment
from on_nodes import TRAINING, small_tree
from random_walk import expected
from revisit_engines.asking import LEAST

pytestmark = pytest.mark.pipeline
thorough = pytest.mark.thorough
LOOK = "from revisit_engines import progress; print(progress.look().line())"


def test_a_run_on_nodes_makes_what_a_run_on_this_machine_makes(built, cluster, tmp_path):
    here = small_tree(tmp_path / "here")
    here.dvc("repro")
    assert built.artifacts() == here.artifacts() == expected(here)[0]
    assert sorted(built.runs()) == sorted(here.runs())
    built.assert_nothing_to_do()
    assert not cluster.jobs()
    assert {job.rule for job in cluster.jobs(ended=True)} == {"fetch", "prepare", "train", "evaluate", "inspect"}


@pytest.mark.parametrize("engine", ["snakemake on Slurm", pytest.param("dvc", marks=thorough)])
def test_the_head_is_killed_while_a_job_runs(nodes, engine):
    attacks.head_killed(nodes, Moment("train", "RUNNING", 1), group=engine == "dvc")
    output = nodes.run(engine)
    assert "waiting for Slurm jobs of an interrupted run" in output
    assert [line.split()[0] for line in nodes.tree.runs()].count(f"train@{TRAINING}") == 2, "its work does not count"
    nodes.check()
    assert not nodes.cluster.jobs()


def test_a_job_is_cancelled(nodes):
    end = attacks.job_cancelled(nodes, Moment("evaluate"))
    assert end.status == 1, end.output
    assert "SLURM status is: 'CANCELLED'" in end.output
    nodes.run("dvc")
    nodes.check()


def test_a_node_is_lost_while_a_job_writes(nodes):
    end = attacks.node_lost(nodes, Moment("train"), writing=True, told=False)
    assert end.status == 1, end.output
    assert "failed due to a node failure" in end.output
    nodes.run("snakemake on Slurm")
    nodes.check()


@thorough
def test_a_node_is_cut_off_and_its_job_goes_on(nodes):
    end, job = attacks.node_cut_off(nodes, Moment("train"))
    assert end.status == 1, end.output
    nodes.start("dvc")
    nodes.await_told("waiting for jobs of an interrupted run")
    nodes.free()
    assert nodes.end()[0] == 0
    nodes.check()
    nodes.cluster.cut_off(job.node, False)


def test_a_job_is_out_of_time_and_gets_twice_as_much(nodes):
    end, asked = attacks.out_of_time(nodes, Moment("train"))
    assert end.status == 0, end.output
    assert "SLURM status is: 'TIMEOUT'" in end.output
    assert asked == [LEAST, 2 * LEAST]
    nodes.check()


@thorough
def test_code_is_edited_while_a_job_waits(nodes):
    end = attacks.code_edited(nodes, Moment("train", "PENDING"))
    assert end.status == 1, end.output
    assert "edited since this run began; run again, and the edit counts" in end.output
    nodes.run("dvc")
    nodes.check()


def test_params_are_edited_while_a_job_waits(nodes):
    attacks.params_edited(nodes, Moment("train", "PENDING"))
    nodes.run("dvc")
    nodes.check()


def test_another_engine_is_refused_meanwhile(nodes):
    other, head = attacks.second_engine(nodes, Moment("train"))
    assert other.status == 2
    assert other.output.startswith("error: snakemake (PID ")
    assert other.output.endswith(" is running on this working tree; wait until it ends, or stop it\n")
    assert other.output.count("\n") == 1
    assert head.status == 0, head.output
    nodes.check()


def test_nodes_to_which_locks_do_not_reach_refuse_their_jobs(nodes):
    """And run them where the same mount hands locks on."""
    if not shutil.which("bindfs"):
        pytest.skip("no bindfs: it comes with Debian's bindfs")
    place, runs = nodes.tree.folder, nodes.tree.runs()
    end = attacks.mounted(nodes, f"bindfs {place} {place}")
    assert end.status == 1, end.output
    refused = rf"error: {place}/.work/engine.lock on n[12], fuse\S* \(.+\): this node does not see the lock.* mount .*"
    assert re.search(refused, (place / f"logs/train/{TRAINING}.log").read_text())
    assert re.search(refused, end.output), end.output
    assert nodes.tree.runs() == runs, "a node has run something"
    end = attacks.mounted(nodes, f"bindfs --enable-lock-forwarding --multithreaded {place} {place}")
    assert end.status == 0, end.output
    nodes.check()


@thorough
def test_small_stages_in_one_job(nodes):
    before = {job.number for job in nodes.cluster.jobs(ended=True)}
    nodes.run("in groups")
    jobs = sorted(job.rule for job in nodes.cluster.jobs(ended=True) if job.number not in before)
    assert jobs == ["small_evaluate_inspect", "train"]
    nodes.check()


@thorough
def test_progress_sees_what_runs_on_nodes_and_what_has_run_there(nodes):
    def line():
        return nodes.tree.run("python", "-c", LOOK, PYTHONPATH="workflow")

    nodes.start(STAND_IN_STUCK="evaluate")
    nodes.wait_for(lambda: f"evaluate@{TRAINING} (" in line(), "the evaluation is not seen")
    told = line()
    assert "train@" not in told
    assert re.search(", [45] to go, ", told), told  # the evaluation, perhaps the inspection, collect, study, report
    nodes.free()
    assert nodes.end()[0] == 0


@thorough
def test_the_controller_is_stopped_for_a_while(nodes):
    end = attacks.controller_stopped(nodes, Moment("train"), writing=True)
    assert end.status == 0, end.output
    nodes.check()
