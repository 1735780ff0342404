"""What the Snakefile has to know before it builds its DAG: the parameters, and which stages have to run."""

import os
import sys
from collections.abc import Collection
from dataclasses import dataclass
from pathlib import Path
from typing import IO

from revisit import paths
from revisit.errors import RevisitError
from revisit.params.graph import all_findings
from revisit.params.load import load
from revisit.params.schema import Params
from revisit.variables import FORCED
from revisit_engines import cache, clocks, forks, guard, mirrors, node, premises
from revisit_engines.configure import records
from revisit_engines.progress import estimate

# Newer than every artifact: as an input it makes Snakemake run a stale stage. New content, not only a new
# time stamp, since Snakemake compares the checksums of small inputs.
MARKER = Path(".work/stale")
NVIDIA_DRIVER = Path("/dev/nvidiactl")


@dataclass(frozen=True)
class Judgement:
    """The parameters, the names of the stale stages, the engine lock if held, and how many stages there are."""

    params: Params
    stale: frozenset[str]
    lock: IO[str] | None
    stages: int = 0

    @property
    def findings(self) -> list[str]:
        """Every finding below the folder that `collect` depends on."""
        return [str(paths.findings(item, name)) for item, names in all_findings(self.params).items() for name in names]

    def announce(self, cores: int | None) -> None:
        """Say what is about to run, and about how long that takes, where something runs on `cores`."""
        if self.lock and cores and self.stale:
            time = estimate(self.stale, cores, self.params.scale)
            told = f"{len(self.stale)} of {self.stages} stages are out of date: {time} on {cores} cores."
            print(f"{told} How far it is: make progress, in another terminal.", file=sys.stderr, flush=True)

    def forcing(self, words: Collection[str] | None) -> frozenset[str]:
        """The stages that have to run where Snakemake was told to run some whatever has changed.

        `words`: rules and files; None: all. DVC would find nothing to do, or an old result in its cache, so the jobs
        tell it the same (`workflow/dvc_command.py`). Ends the process as `judge` does.
        """
        from revisit_engines.staleness import forced_stages, stale_stages

        try:
            forced = forced_stages(words)
            found = self.stale | stale_stages(records(self.params), forced)
        except RevisitError as error:
            sys.exit(f"error: {error}")
        os.environ[FORCED] = " ".join(sorted(forced))
        _mark()
        return found

    def submit(self) -> None:
        """Note that jobs of this run go to the queue of a cluster, where those of a killed head are looked for."""
        if self.lock:
            node.SUBMITTED.touch()

    def prepare_forks(self, stages: int) -> None:
        """Let scripts of so many stages run in forks of a process that has imported what they need."""
        if self.lock:
            forks.start(stages)

    def end(self) -> None:
        """Take over what jobs on nodes have finished. Ends the process with one message where Slurm does not answer."""
        if self.lock and node.SUBMITTED.exists():
            try:
                node.await_orphans()
            except RevisitError as error:
                sys.exit(f"error: {error}")
            node.take_over()

    @property
    def gpu(self) -> int:
        """How many GPUs a GPU rule claims: none on a machine without one, so that it runs a job per core."""
        return int(self.params.device == "cuda" or (self.params.device == "auto" and NVIDIA_DRIVER.exists()))


def judge(main_process: bool, dry_run: bool, on_node: bool = False) -> Judgement:
    """Validate `params.yaml`, take the engine lock, ask DVC what is stale.

    Ends the process with one message, without an account of where it was raised, when a user has to mend
    something first.

    Args:
        main_process: false in a job that a running Snakemake started, perhaps on another machine.
        on_node: it is such a job, on another machine.
        dry_run: need no lock, and write the marker alone: without it Snakemake misses an input of stale stages.
    """
    guard.find_own_programs()
    try:
        with guard.explained():
            if on_node:
                os.environ[node.NODE] = "1"
            return _judge(main_process, dry_run)
    except RevisitError as error:
        sys.exit(f"error: {error}")


def _judge(main_process: bool, dry_run: bool) -> Judgement:
    params = load()
    if not main_process:
        os.environ.setdefault(guard.ENGINE, guard.engine())
        return Judgement(params, frozenset(), None)
    premises.check()
    cache.keep_private(Path.cwd())
    lock = None if dry_run else guard.hold("snakemake")
    late = clocks.ahead()
    if lock:
        clocks.bring_back(late)
        mirrors.forget_changed()
    wanted = records(params)
    # DVC and Snakemake's scheduler: only here, not in jobs
    from revisit_engines.queues import look_as_told
    from revisit_engines.scheduling import look_once_a_second, measure_seldom
    from revisit_engines.staleness import stale_stages

    look_once_a_second()
    measure_seldom()
    look_as_told()
    clocks.outputs_follow_inputs()

    unread = {"configure"} if dry_run and any(mirrors.changed()) else set()  # else just forgotten
    stale = frozenset(stale_stages(wanted) | unread)
    if stale:
        _mark()
        if dry_run and late:
            newest = max(late.values()) + 1
            os.utime(MARKER, (newest, newest))
    return Judgement(params, stale, lock, len(wanted) + 1)


def _mark() -> None:
    MARKER.parent.mkdir(exist_ok=True)
    MARKER.write_bytes(os.urandom(16))
