"""How far a run is, whichever engine runs: stages up to date, stages at work, the time that is left.

What is up to date says DVC, by content; what is at work say the processes below the engine and, on a cluster, the locks
of jobs on nodes, of whose stages the head's DVC learns at the end of the run; how long stages take is
known from their last run in this tree, where Snakemake measures it, and at demo scale also from other trees.
"""

import csv
import re
import time
from collections.abc import Collection
from dataclasses import dataclass
from pathlib import Path
from typing import NamedTuple

import psutil

from revisit.params.load import load
from revisit.report.numbers import duration
from revisit.variables import STAGE
from revisit_engines import cache, guard, node
from revisit_engines.configure import records

TIMES = Path("benchmarks/results")  # of the last run of each stage, by Snakemake
# Seconds of a stage at demo scale with everything that a job costs: rounded means of a whole run, one core each.
TYPICAL = {
    "configure": 2, "fetch": 7, "prepare": 3, "propose": 50, "pretrain": 25, "graft": 6, "train": 20, "finetune": 45,
    "extract": 7, "evaluate": 3, "inspect": 9, "detect": 20, "segment": 12, "costs": 8, "code": 6, "probe": 6,
    "photographs": 3, "embed": 10, "neighbours": 3, "collect": 2, "study": 5, "report": 3,
}  # fmt: skip


class Engine(NamedTuple):
    """An engine that runs on this tree."""

    name: str
    pid: int
    seconds: float  # since it began


@dataclass(frozen=True)
class Progress:
    """How far a run is.

    Attributes:
        engine: None: none runs.
        stages: how many there are.
        stale: those that have yet to run, or are at work.
        running: those at work, with the seconds since they began.
        scale: of params.yaml.
    """

    engine: Engine | None
    stages: int
    stale: frozenset[str]
    running: dict[str, float]
    scale: str

    def left(self) -> str:
        """The time that is left, if those that run now have as many after them until the end."""
        return estimate(self.stale, max(len(self.running), 1), self.scale, self.running)

    def line(self) -> str:
        """All of it on a line."""
        done = f"{self.stages - len(self.stale)} of {self.stages} stages are up to date"
        togo = f", {len(self.stale)} to go, {self.left()}" if self.stale else ""
        if self.engine is None:
            return f"no engine is running: {done}{togo}"
        at_work = ", ".join(f"{name} ({duration(seconds)})" for name, seconds in sorted(self.running.items()))
        begun = f"{self.engine.name}, for {duration(self.engine.seconds)}"
        return f"{begun}: {done}{togo}; running: {at_work or 'nothing yet'}"


def look() -> Progress:
    """How far the run in the current folder is, or how far the last one came.

    Raises:
        ConfigError: `params.yaml` has a mistake.
        EngineError: DVC cannot read its files.
    """
    from revisit_engines.staleness import stale_stages  # DVC

    params = load()
    wanted = records(params)
    cache.keep_private(Path.cwd())
    stale = frozenset(stale_stages(wanted))
    found = engine()
    if not found:
        return Progress(None, len(wanted) + 1, stale, {}, params.scale)
    at_work = running(found.pid) | node.at_work()
    return Progress(found, len(wanted) + 1, stale - node.ended(), at_work, params.scale)


def engine() -> Engine | None:
    """The engine that runs on this tree, by the file of its lock; None: none does.

    The lock itself is not tried: an engine that starts just then would find it taken.
    """
    told = re.fullmatch(r"(.+) \(PID (\d+)\)", guard.engine())
    if told is None:
        return None
    try:
        began = psutil.Process(int(told[2])).create_time()
    except psutil.NoSuchProcess:
        return None
    if began > guard.ENGINE_LOCK.stat().st_mtime:  # another process, which has got the number of one that has ended
        return None
    return Engine(told[1], int(told[2]), time.time() - began)


def running(pid: int) -> dict[str, float]:
    """The stages whose scripts run below a process, and the seconds since each began."""
    found: dict[str, float] = {}
    try:
        below = psutil.Process(pid).children(recursive=True)
    except psutil.NoSuchProcess:
        return found
    for process in below:
        try:
            name, seconds = process.environ().get(STAGE), time.time() - process.create_time()
        except (psutil.NoSuchProcess, psutil.AccessDenied):
            continue
        if name:
            found[name] = max(seconds, found.get(name, 0.0))
    return found


def estimate(stages: Collection[str], cores: int, scale: str, begun: dict[str, float] | None = None) -> str:
    """About how long stages take, in words.

    Args:
        stages: their names.
        cores: how many run at a time.
        scale: of params.yaml: at any but `demo` only what has run in this tree is known.
        begun: those at work, with the seconds since they began.
    """
    times = {name: seconds(name, scale) for name in stages}
    known = {name: max(taken - (begun or {}).get(name, 0.0), 0.0) for name, taken in times.items() if taken is not None}
    unknown = len(times) - len(known)
    if not known:
        return f"how long is not known before they have run once at {scale} scale (docs/scales.md)"
    told = f"about {duration(max(sum(known.values()) / cores, *known.values(), 1.0))}"
    return f"{told} and {unknown} that have not run here yet" if unknown else told


def seconds(stage: str, scale: str) -> float | None:
    """How long a stage took when it last ran in this tree, or takes at demo scale; None: not known."""
    kind, _, name = stage.partition("@")
    try:
        with open(TIMES / kind / f"{name}.tsv" if name else TIMES / f"{kind}.tsv", newline="") as stream:
            return float(list(csv.DictReader(stream, delimiter="\t"))[-1]["s"])
    except (OSError, ValueError, LookupError):
        return TYPICAL.get(kind) if scale == "demo" else None
