"""What may happen to a run on nodes: each attack starts the head, hits at a moment, and returns how the head ended."""

import json
import time
from collections.abc import Callable
from typing import NamedTuple

from cluster import NODES, Job
from on_nodes import TRAINING, OnNodes

SLOW = {"STAND_IN_SECONDS": "1", "STAND_IN_WRITING": "1.5"}  # so that there is something to hit
LIMIT = "endtime=now+1"


class Moment(NamedTuple):
    """So many seconds after the job of a rule waits in the queue or, with RUNNING, after it runs."""

    rule: str = "train"
    state: str = "RUNNING"
    seconds: float = 0.0


class End(NamedTuple):
    """How a head ended: its exit status, None if it was killed, and what it printed."""

    status: int | None
    output: str = ""


def head_killed(nodes: OnNodes, moment: Moment, group: bool = False) -> End:
    """The head, or its process group, is killed."""
    _start(nodes, moment)
    nodes.kill_head(group)
    return End(None)


def job_cancelled(nodes: OnNodes, moment: Moment) -> End:
    """A job is taken out of the queue."""
    job = _start(nodes, moment)
    nodes.cluster.control("scancel", job.number, check=False)  # it may have ended
    return End(*nodes.end())


def node_lost(nodes: OnNodes, moment: Moment, writing: bool = False, told: bool = True) -> End:
    """A node is lost with all of its processes, and comes back when the head has ended.

    Args:
        nodes: to attack.
        moment: when it is lost.
        writing: but not before the job has written something, and certainly not all.
        told: somebody tells Slurm so, which would notice by itself, but later.
    """
    stuck = {"STAND_IN_STUCK": moment.rule} if writing else {}
    job = _start(nodes, moment._replace(state="RUNNING"), **stuck)
    if writing:
        nodes.await_writing()
    nodes.cluster.crash(job.node)
    if told:
        nodes.cluster.give_up(job.node)
    end = End(*nodes.end())
    nodes.cluster.start_node(job.node)
    return end


def node_cut_off(nodes: OnNodes, moment: Moment) -> tuple[End, Job]:
    """A node is lost to Slurm, but its job goes on until `nodes.free`: how the head ended, and the job."""
    job = _start(nodes, moment._replace(state="RUNNING"), STAND_IN_STUCK=moment.rule)
    nodes.await_writing()
    nodes.cluster.cut_off(job.node, True)
    nodes.cluster.give_up(job.node)
    return End(*nodes.end()), job


def out_of_time(nodes: OnNodes, moment: Moment) -> tuple[End, list[int]]:
    """A job never ends, and Slurm ends it; the next one is let go on: the minutes that both had asked for."""
    job = _start(nodes, moment._replace(state="RUNNING"), STAND_IN_STUCK=moment.rule)
    nodes.await_writing()
    asked = [nodes.cluster.minutes(job)]
    nodes.cluster.control("scontrol", "update", f"jobid={job.number}", LIMIT)
    again = nodes.await_job(moment.rule, "RUNNING", after=job)
    asked.append(nodes.cluster.minutes(again))
    nodes.free()
    return End(*nodes.end()), asked


def code_edited(nodes: OnNodes, moment: Moment) -> End:
    """A module that a job runs, and that nothing before it runs, is edited while the job waits in the queue."""

    def code(stage: str) -> set[str]:
        return set(json.loads((nodes.tree.folder / f"results/config/{stage}.json").read_text())["code"])

    def edit() -> None:
        own = code(f"{moment.rule}/{TRAINING}") - code("prepare/fashion_mnist")
        module = nodes.tree.folder / min(own)
        module.write_text(f"{module.read_text()}# edited\n")

    return _held_back(nodes, moment, edit)


def params_edited(nodes: OnNodes, moment: Moment, batch_size: int = 77) -> End:
    """`params.yaml` is edited while a job waits in the queue."""
    return _held_back(nodes, moment, lambda: nodes.edit(batch_size))


def second_engine(nodes: OnNodes, moment: Moment, engine: str = "dvc") -> tuple[End, End]:
    """Another engine is started meanwhile: how it ended, and how the first one did."""
    _start(nodes, moment)
    other = OnNodes(nodes.tree, nodes.cluster)
    other.start(engine)
    return End(*other.end()), End(*nodes.end())


def controller_stopped(nodes: OnNodes, moment: Moment, writing: bool = False, seconds: float = 20) -> End:
    """Slurm's controller is stopped and, so many seconds later, started again; `writing` as in `node_lost`.

    A job that has not come so far asks the controller once more before it begins, and fails without an answer.
    """
    stuck = {"STAND_IN_STUCK": moment.rule} if writing else {}
    _start(nodes, moment, **stuck)
    if writing:
        nodes.await_writing()
    nodes.cluster.stop_controller()
    nodes.free()
    time.sleep(seconds)
    nodes.cluster.start_controller()
    return End(*nodes.end())


def mounted(nodes: OnNodes, mount: str) -> End:
    """All nodes mount the tree in a way of their own, by a command; afterwards as it is again."""

    def start_nodes(mount: str) -> None:
        for name in NODES:
            nodes.cluster.crash(name)
            nodes.cluster.give_up(name)  # else Slurm takes it for one that has been there all the time
            nodes.cluster.start_node(name, mount)

    start_nodes(mount)
    nodes.start()
    end = End(*nodes.end())
    start_nodes("")
    return end


def _start(nodes: OnNodes, moment: Moment, **environment: str) -> Job:
    nodes.start(**(SLOW | environment))
    job = nodes.await_job(moment.rule, moment.state)
    time.sleep(moment.seconds)
    return job


def _held_back(nodes: OnNodes, moment: Moment, edit: Callable[[], None]) -> End:
    """Edit while the job of the moment's rule waits in a queue from which nothing starts."""
    first = moment.rule == "train"  # else the training has to have run
    if first:
        nodes.cluster.accept(False)
    nodes.start(**SLOW)
    if not first:
        nodes.await_job("train", "RUNNING")
        nodes.cluster.accept(False)
    nodes.await_job(moment.rule, "PENDING")
    time.sleep(moment.seconds)
    edit()
    nodes.cluster.accept(True)
    return End(*nodes.end())
