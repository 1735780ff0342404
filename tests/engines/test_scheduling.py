"""Snakemake's scheduler wakes once a second, however many jobs have ended."""

import threading
from types import SimpleNamespace

from snakemake import benchmark
from snakemake.scheduling.job_scheduler import JobScheduler

from revisit_engines import scheduling


def test_chains_of_looks_that_meet_become_one():
    scheduler = SimpleNamespace(_open_jobs=threading.Semaphore(0))
    for _ in range(20):  # as after twenty jobs that have ended
        scheduling.look_again(scheduler, 0.01)
    assert scheduler._open_jobs.acquire(timeout=10)
    assert not scheduler._open_jobs.acquire(timeout=0.1)
    scheduling.look_again(scheduler, 0.01)  # a look plans the next
    assert scheduler._open_jobs.acquire(timeout=10)


def test_nothing_waits_for_a_look_when_all_jobs_have_ended():
    scheduler = SimpleNamespace(_open_jobs=threading.Semaphore(0))
    scheduling.look_again(scheduler, 60)
    assert scheduler.planned_look.daemon
    scheduler.planned_look.cancel()


def test_this_version_of_snakemake_looks_as_it_is_told(monkeypatch):
    monkeypatch.setattr(JobScheduler, scheduling.LOOK_AGAIN, getattr(JobScheduler, scheduling.LOOK_AGAIN))
    scheduling.look_once_a_second()
    assert getattr(JobScheduler, scheduling.LOOK_AGAIN) is scheduling.look_again


def test_a_version_that_plans_its_looks_in_another_way_is_left_alone(monkeypatch):
    monkeypatch.delattr(JobScheduler, scheduling.LOOK_AGAIN)
    scheduling.look_once_a_second()
    assert not hasattr(JobScheduler, scheduling.LOOK_AGAIN)


def test_processes_of_a_job_are_measured_every_three_seconds(monkeypatch):
    monkeypatch.setattr(benchmark, "BENCHMARK_INTERVAL_SHORT", 0.5)  # put back afterwards
    scheduling.measure_seldom()
    timer = benchmark.ScheduledPeriodicTimer(30)
    with timer._lock:
        timer._schedule()
    assert timer._timer.interval == scheduling.SECONDS
    timer.cancel()
