"""How Snakemake's executors look at the queue of a cluster.

As often as they are told, without forgetting a job, and not for ever after one that the cluster has forgotten.
"""

import asyncio
import subprocess
from collections.abc import AsyncIterator, Callable, Collection, Sequence
from time import monotonic
from typing import Any

SLEEP, WAIT = "sleep", "_wait_for_jobs"  # of an executor: between two looks at its queue; the loop of these looks
SLURM = "snakemake_executor_plugin_slurm"
SHORT = ("'TIMEOUT'", "'OUT_OF_MEMORY'")  # how the executor says that a job ran out of what it had asked for
LOST = 120.0  # seconds: so long Slurm, asked at every look, has not known a job that it took
Known = Callable[[], Collection[str] | None]


def look_as_told() -> None:
    """Mend the executors of this process.

    Slurm's looks ten seconds later after each look at which no job had ended, up to three minutes, whatever
    `seconds-between-status-checks` says: a stage of seconds costs as long as that. And where Slurm does not answer for
    a few seconds, as when its controller or its database is started anew, it forgets all jobs that it waits for, and
    the run never ends (snakemake-executor-plugin-slurm 2.8). Nor does it end where Slurm itself has forgotten a job, as
    when its controller is killed before it has written down what it took. Where executors wait in another way, nothing
    is changed.
    """
    from snakemake_interface_executor_plugins.executors.remote import RemoteExecutor

    if not (hasattr(RemoteExecutor, SLEEP) and hasattr(RemoteExecutor, WAIT)):
        return
    wait = getattr(RemoteExecutor, WAIT)

    async def wait_and_forget_none(executor: Any) -> None:
        forget_none(executor, slurm_knows if type(executor).__module__.startswith(SLURM) else None)
        await wait(executor)

    setattr(RemoteExecutor, SLEEP, sleep_as_told)
    setattr(RemoteExecutor, WAIT, wait_and_forget_none)


async def sleep_as_told(executor: Any) -> None:
    """Sleep as long as `executor` means to, but no longer than it was told."""
    told = executor.workflow.remote_execution_settings.seconds_between_status_checks
    await asyncio.sleep(min(executor.next_seconds_between_status_checks, told))


def forget_none(executor: Any, known: Known | None = None) -> None:
    """Let `executor` look again at those jobs of which it has said nothing after a look at its queue.

    Args:
        executor: what submits jobs and looks for their ends.
        known: of Slurm: tells which jobs it knows, by their numbers, or None where it does not answer. One that is not
            among them for two minutes, and has not ended for the executor either, has failed. And a job that has failed
            is tried again only if it had too little time or memory. Without `known` all are looked for as long as they
            take, and tried as often as Snakemake means to.
    """
    check, report_error = executor.check_active_jobs, executor.report_job_error
    reported: set[int] = set()
    missing_since: dict[str, float] = {}

    def fail(job: Any, *arguments: Any, msg: str | None = None, **options: Any) -> None:
        if known and not any(state in (msg or "") for state in SHORT):
            start_no_more(job.job)
        report_error(job, *arguments, msg=msg, **options)

    def noting(report: Callable[..., None]) -> Callable[..., None]:
        def note(job: Any, *arguments: Any, **options: Any) -> None:
            reported.add(id(job))
            report(job, *arguments, **options)

        return note

    def lost(jobs: Sequence[Any]) -> list[Any]:
        there = known() if known and jobs else None
        if there is None:
            return []
        now = monotonic()
        missing = [job for job in jobs if job.external_jobid not in there]
        since = {job.external_jobid: missing_since.get(job.external_jobid, now) for job in missing}
        missing_since.clear()
        missing_since.update(since)
        return [job for job in missing if now - since[job.external_jobid] >= LOST]

    async def check_all(jobs: Sequence[Any]) -> AsyncIterator[Any]:
        reported.clear()
        answered = [job async for job in check(jobs)]
        for job in lost(answered):
            executor.report_job_error(job, msg=f"Slurm no longer knows job {job.external_jobid}; run again. ")
        for job in jobs:
            if id(job) not in reported:
                yield job

    executor.report_job_success = noting(executor.report_job_success)
    executor.report_job_error = noting(fail)
    executor.check_active_jobs = check_all


def start_no_more(job: Any) -> None:
    """Let Snakemake count this job, or group of jobs, as one that has been tried as often as it may be.

    With more time and memory only a job ends that had too little of them. One that was cancelled is not wanted, one
    with a mistake makes it again, and of a lost node it is not known whether the job goes on there.
    """
    job.attempt = max(job.attempt, job.restart_times + 1)


def slurm_knows() -> Collection[str] | None:
    """The numbers of one's own jobs that Slurm's controller knows, ended ones too; None where it does not answer.

    Of the tasks of an array there are three: their own, the array's with their place in it, and the array's.
    """
    command = ["squeue", "--me", "--noheader", "--array", "--states=all", "--format=%A %i %F"]
    try:
        told = subprocess.run(command, check=True, capture_output=True, text=True, timeout=30).stdout
    except (OSError, subprocess.SubprocessError):
        return None
    return set(told.split())
