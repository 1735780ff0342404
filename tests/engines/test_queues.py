"""Executors look at the queue of a cluster as often as they are told, and forget no job where it does not answer."""

import asyncio
import threading
from types import SimpleNamespace

import pytest
from snakemake_interface_executor_plugins.executors.remote import RemoteExecutor

from revisit_engines import queues


@pytest.fixture
def mended(monkeypatch):
    for name in (queues.SLEEP, queues.WAIT):
        monkeypatch.setattr(RemoteExecutor, name, getattr(RemoteExecutor, name))
    queues.look_as_told()


@pytest.mark.parametrize(("meant", "told", "slept"), [(180, 20, 20), (2, 20, 2)])
def test_an_executor_looks_at_its_queue_at_least_as_often_as_it_is_told(mended, monkeypatch, meant, told, slept):
    async def note(seconds):
        waits.append(seconds)

    waits = []
    monkeypatch.setattr(queues.asyncio, "sleep", note)
    settings = SimpleNamespace(seconds_between_status_checks=told)
    executor = SimpleNamespace(
        next_seconds_between_status_checks=meant, workflow=SimpleNamespace(remote_execution_settings=settings)
    )
    asyncio.run(RemoteExecutor.sleep(executor))
    assert waits == [slept]


class Queue(RemoteExecutor):
    """An executor whose queue answers in every second look alone; each answer ends one job."""

    def __init__(self, jobs):
        self.active_jobs, self.looks, self.ended, self.failed = list(jobs), 0, [], []

    async def check_active_jobs(self, active_jobs):
        self.looks += 1
        if self.looks % 2:
            return
        first, *others = active_jobs
        if first.number == 2:
            self.report_job_error(first, msg="failed")
        else:
            self.report_job_success(first)
        for job in others:
            yield job

    def report_job_success(self, job):
        self.ended.append(job.number)

    def report_job_error(self, job, msg):
        self.failed.append((job.number, msg))

    def cancel_jobs(self, active_jobs):
        raise NotImplementedError

    run_job = cancel_jobs


def test_no_job_is_forgotten_while_a_queue_does_not_answer():
    queue = Queue([SimpleNamespace(number=number) for number in (1, 2, 3)])
    queues.forget_none(queue)

    async def look():
        return [job async for job in queue.check_active_jobs(queue.active_jobs)]

    left = []
    for _ in range(6):
        queue.active_jobs = asyncio.run(look())
        left.append([job.number for job in queue.active_jobs])
    assert left == [[1, 2, 3], [2, 3], [2, 3], [3], [3], []]
    assert queue.ended == [1, 3]
    assert queue.failed == [(2, "failed")]


class Patient(Queue):
    """An executor whose queue always answers, and for which no job ever ends."""

    async def check_active_jobs(self, active_jobs):
        for job in active_jobs:
            yield job


def looks(queue, known, times, monkeypatch):
    """The numbers of the jobs that are left after each look, `known` being what the cluster says at it."""
    answers, clock = iter(known), iter(times)
    monkeypatch.setattr(queues, "monotonic", lambda: next(clock))
    queues.forget_none(queue, lambda: next(answers))

    async def look():
        return [job async for job in queue.check_active_jobs(queue.active_jobs)]

    left = []
    for _ in known:
        queue.active_jobs = asyncio.run(look())
        left.append([job.number for job in queue.active_jobs])
    return left


def jobs(*numbers):
    return [
        SimpleNamespace(number=number, external_jobid=str(number), job=SimpleNamespace(attempt=1, restart_times=0))
        for number in numbers
    ]


def test_a_job_that_slurm_does_not_know_for_two_minutes_has_failed(monkeypatch):
    queue = Patient(jobs(1, 2))
    known = [{"1", "2"}, {"1"}, {"1"}, {"1"}]
    assert looks(queue, known, [0, 20, 139, 140], monkeypatch) == [[1, 2], [1, 2], [1, 2], [1]]
    assert queue.failed == [(2, "Slurm no longer knows job 2; run again. ")]


def test_a_job_that_slurm_knows_again_is_waited_for_anew(monkeypatch):
    queue = Patient(jobs(1))
    known = [set(), {"1"}, set(), None, set()]  # None: it does not answer, and the clock is not looked at
    assert looks(queue, known, [0, 100, 119, 238], monkeypatch) == [[1]] * 5
    assert not queue.failed


def test_what_an_executor_has_not_heard_of_is_not_given_up(monkeypatch):
    """It does not answer the executor: no job of those that it leaves out is looked for elsewhere."""
    queue = Queue(jobs(1))
    asked = []
    queues.forget_none(queue, lambda: asked.append(1) or set())

    async def look():
        return [job async for job in queue.check_active_jobs(queue.active_jobs)]

    assert [job.number for job in asyncio.run(look())] == [1]
    assert not asked


@pytest.mark.parametrize(
    ("script", "known"), [("echo 7 7 7; echo 13 12_1 12", {"7", "13", "12_1", "12"}), ("exit 1", None), (None, None)]
)
def test_what_slurm_knows(tmp_path, monkeypatch, script, known):
    if script:
        squeue = tmp_path / "squeue"
        squeue.write_text(f'#!/bin/sh\ncase "$*" in *--states=all*) {script};; esac\n')
        squeue.chmod(0o755)
    monkeypatch.setenv("PATH", f"{tmp_path}:/bin" if script else str(tmp_path))
    assert queues.slurm_knows() == known


def test_an_executor_waits_so_for_its_jobs(mended):
    queue = Queue([])
    queue.wait, queue.lock = False, threading.Lock()
    queue.workflow = SimpleNamespace(
        executor_plugin=SimpleNamespace(common_settings=SimpleNamespace(init_seconds_before_status_checks=0))
    )
    check = queue.check_active_jobs
    asyncio.run(queue._wait_for_jobs())
    assert queue.check_active_jobs != check


def test_a_version_that_waits_in_another_way_is_left_alone(monkeypatch):
    monkeypatch.delattr(RemoteExecutor, queues.WAIT)
    before = RemoteExecutor.sleep
    queues.look_as_told()
    assert RemoteExecutor.sleep is before
    assert not hasattr(RemoteExecutor, queues.WAIT)


@pytest.mark.parametrize(
    ("status", "tried_again"), [("TIMEOUT", True), ("OUT_OF_MEMORY", True), ("CANCELLED", False), ("FAILED", False)]
)
def test_a_job_is_tried_again_only_where_time_or_memory_were_short(status, tried_again):
    job = SimpleNamespace(attempt=1, restart_times=2)
    queue = Queue([])
    queues.forget_none(queue, known=set)
    queue.report_job_error(
        SimpleNamespace(number=7, job=job), msg=f"SLURM-job '7' failed, SLURM status is: '{status}'."
    )
    assert (job.restart_times > job.attempt - 1) == tried_again, "as Snakemake's scheduler asks"
    assert [number for number, _ in queue.failed] == [7]
