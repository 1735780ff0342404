"""How Snakemake's executors look at the queue of a cluster: as often as they are told, and without forgetting a job."""

import asyncio
from collections.abc import AsyncIterator, Callable, Sequence
from typing import Any

SLEEP, WAIT = "sleep", "_wait_for_jobs"  # of an executor: between two looks at its queue; the loop of these looks


def look_as_told() -> None:
    """Mend the executors of this process.

    Slurm's looks ten seconds later after each look at which no job had ended, up to three minutes, whatever
    `seconds-between-status-checks` says: a stage of seconds costs as long as that. And where Slurm does not answer for
    a few seconds, as when its controller or its database is started anew, it forgets all jobs that it waits for, and
    the run never ends (snakemake-executor-plugin-slurm 2.8). Where executors wait in another way, nothing is changed.
    """
    from snakemake_interface_executor_plugins.executors.remote import RemoteExecutor

    if not (hasattr(RemoteExecutor, SLEEP) and hasattr(RemoteExecutor, WAIT)):
        return
    wait = getattr(RemoteExecutor, WAIT)

    async def wait_and_forget_none(executor: Any) -> None:
        forget_none(executor)
        await wait(executor)

    setattr(RemoteExecutor, SLEEP, sleep_as_told)
    setattr(RemoteExecutor, WAIT, wait_and_forget_none)


async def sleep_as_told(executor: Any) -> None:
    """Sleep as long as `executor` means to, but no longer than it was told."""
    told = executor.workflow.remote_execution_settings.seconds_between_status_checks
    await asyncio.sleep(min(executor.next_seconds_between_status_checks, told))


def forget_none(executor: Any) -> None:
    """Let `executor` look again at those jobs of which it has said nothing after a look at its queue."""
    check = executor.check_active_jobs
    reported: set[int] = set()

    def noting(report: Callable[..., None]) -> Callable[..., None]:
        def note(job: Any, *arguments: Any, **options: Any) -> None:
            reported.add(id(job))
            report(job, *arguments, **options)

        return note

    async def check_all(jobs: Sequence[Any]) -> AsyncIterator[Any]:
        reported.clear()
        async for _ in check(jobs):
            pass
        for job in jobs:
            if id(job) not in reported:
                yield job

    executor.report_job_success = noting(executor.report_job_success)
    executor.report_job_error = noting(executor.report_job_error)
    executor.check_active_jobs = check_all
