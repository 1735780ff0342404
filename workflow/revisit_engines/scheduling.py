"""How often Snakemake looks for jobs that it may start, and at those that run."""

import threading
from typing import Any

LOOK_AGAIN = "_schedule_reevalutation"  # so spelled there
FIRST_LOOKS = "BENCHMARK_INTERVAL_SHORT"
SECONDS = 3.0  # between two of them


def look_once_a_second() -> None:
    """Keep the scheduler of this process from making its schedule ever more often.

    Snakemake 9 looks again a second after each look, since its limit of jobs per second may let more of them through
    by then. Each job that ends begins one more chain of such looks, and none ends: after n jobs the schedule is made n
    times a second (https://github.com/snakemake/snakemake/pull/3744). Here chains that meet become one: 300 jobs of
    0.4 s, two at a time, cost this process 7.6 instead of 12.2 CPU seconds, Snakemake 9.27 on two cores.
    Where Snakemake plans its looks in another way, nothing is changed.
    """
    from snakemake.scheduling.job_scheduler import JobScheduler

    if hasattr(JobScheduler, LOOK_AGAIN):
        setattr(JobScheduler, LOOK_AGAIN, look_again)


def look_again(scheduler: Any, delay: float) -> None:
    """Wake `scheduler` in `delay` seconds, unless that is planned already."""
    if getattr(scheduler, "planned_look", None):
        return

    def look() -> None:
        scheduler.planned_look = None  # first: the look that follows plans the next
        scheduler._open_jobs.release()

    scheduler.planned_look = threading.Timer(delay, look)
    scheduler.planned_look.daemon = True  # when all jobs have ended, nothing waits for it
    scheduler.planned_look.start()


def measure_seldom() -> None:
    """Let Snakemake, in this process, measure the memory of a job's processes every three seconds, not twice in each.

    It does so for the first thirty times, then every thirty seconds. The kernel goes through all pages of a process for
    that: 17 ms for one that has imported PyTorch.
    """
    from snakemake import benchmark

    if hasattr(benchmark, FIRST_LOOKS):
        setattr(benchmark, FIRST_LOOKS, SECONDS)
