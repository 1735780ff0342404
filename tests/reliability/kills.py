"""Kill the running pipeline again and again, let either engine go on, and compare what comes out byte for byte.

    python tests/reliability/kills.py --kills 100 --seed 1

The whole pipeline with its real scripts, at demo scale. At random moments `kill -9` hits one process of a run, the
engine alone, its process group, or every process of the run; then an engine, either one, is started on what is left.
When a run ends by itself, every artifact must be the one of an undisturbed run, and the other engine must have
nothing to do; then all artifacts, the cache and dvc.lock are removed, and it begins anew until all kills are done.
"""

import contextlib
import hashlib
import os
import random
import shutil
import signal
import subprocess
import sys
import tempfile
from collections import Counter
from pathlib import Path

import psutil

sys.path.insert(0, str(Path(__file__).parents[1] / "pipeline"))

import outcome
from tree import Tree

ENGINES = {"snakemake": ("snakemake", "--cores", "2", "--resources", "gpu=1"), "dvc": ("dvc", "repro")}
VICTIMS = ("one process", "the engine", "its process group", "every process")
BETWEEN = 10.0  # mean seconds between two kills
LONGEST = 3600  # seconds of a run to the end; more is a failure


def run(kills: int, seed: int) -> list[outcome.Row]:
    """A row for each engine and victim; the last one tells of the runs that ended by themselves."""
    with tempfile.TemporaryDirectory() as scratch:
        undisturbed = Tree(Path(scratch, "undisturbed"), stand_ins=False, trainings=None)
        print("an undisturbed run", file=sys.stderr, flush=True)
        undisturbed.snakemake(timeout=7200)
        killer = Killer(Tree(Path(scratch, "killed"), stand_ins=False, trainings=None), digests(undisturbed), seed)
        killer.go(kills, BETWEEN)
        return killer.rows()


def digests(tree: Tree) -> dict[str, str]:
    """The SHA-256 of every artifact of a tree."""
    return {path: hashlib.sha256(content).hexdigest() for path, content in tree.artifacts().items()}


class Killer:
    """Kills what runs on a tree.

    Args:
        tree: to run on.
        expected: the SHA-256 of every artifact.
        seed: of the moments and victims.
        environment: of the runs.
    """

    def __init__(self, tree: Tree, expected: dict[str, str], seed: int, **environment: str) -> None:
        self._tree, self._expected, self._random, self._environment = tree, expected, random.Random(seed), environment
        self._killed: Counter[tuple[str, str]] = Counter()
        self._ended = 0
        self._failures: list[str] = []

    def go(self, kills: int, between: float) -> None:
        """Kill so often, with so many seconds between two kills in the mean; the last run ends by itself."""
        while (done := self._killed.total()) < kills:
            engine = self._random.choice(list(ENGINES))
            if self._runs_out(engine, self._random.expovariate(1 / between)):
                self._begin_anew()
            else:
                print(f"{done + 1}/{kills} {engine} killed", file=sys.stderr, flush=True)
        self._finish(self._random.choice(list(ENGINES)))

    def rows(self) -> list[outcome.Row]:
        """What was killed how often, and whether every run that ended by itself ended well."""
        rows: list[outcome.Row] = [
            {"attack": f"kill -9 of {victim}, {engine}", "tried": count, "failures": []}
            for (engine, victim), count in sorted(self._killed.items())
        ]
        compared = f"run to the end after kills: {len(self._expected):,} artifacts compared"
        return [*rows, {"attack": compared, "tried": self._ended, "failures": self._failures}]

    def _runs_out(self, engine: str, seconds: float) -> bool:
        """Start an engine; False when it was killed after so many seconds, True when it ended before."""
        process = self._tree.start(*ENGINES[engine], **self._environment)
        try:
            output, _ = process.communicate(timeout=seconds)
        except subprocess.TimeoutExpired:
            self._kill(process, engine)
            return False
        self._check(engine, process.returncode, output)
        return True

    def _kill(self, process: subprocess.Popen, engine: str) -> None:
        victim = self._random.choice(VICTIMS)
        self._killed[engine, victim] += 1
        with contextlib.suppress(psutil.NoSuchProcess, ProcessLookupError):
            whole = [psutil.Process(process.pid), *psutil.Process(process.pid).children(recursive=True)]
            if victim == "one process":
                self._random.choice(whole[1:] or whole).kill()
                # the engine notices and ends; if it does not notice, the next kill is for it
                with contextlib.suppress(subprocess.TimeoutExpired):
                    process.communicate(timeout=60)
            elif victim == "its process group":
                os.killpg(process.pid, signal.SIGKILL)
            elif victim == "every process":
                for one in whole:
                    with contextlib.suppress(psutil.NoSuchProcess):
                        one.kill()
        process.kill()
        process.wait()
        process.stdout.close()

    def _finish(self, engine: str) -> None:
        process = self._tree.start(*ENGINES[engine], **self._environment)
        try:
            output, _ = process.communicate(timeout=LONGEST)
        except subprocess.TimeoutExpired:
            os.killpg(process.pid, signal.SIGKILL)
            output, _ = process.communicate()
        self._check(engine, process.returncode, output)

    def _check(self, engine: str, status: int, output: str) -> None:
        self._ended += 1
        if status:
            self._failures.append(f"{engine} ended with status {status}: {output[-2000:]}")
            return
        found = digests(self._tree)
        if wrong := sorted(path for path in found | self._expected if found.get(path) != self._expected.get(path)):
            self._failures.append(f"{engine}: {len(wrong)} artifacts differ: {', '.join(wrong[:5])}")
        try:
            self._tree.assert_nothing_to_do()
        except AssertionError as error:
            self._failures.append(f"after {engine}: {error}")

    def _begin_anew(self) -> None:
        for name in ("data", "results", ".dvc/cache", ".dvc/tmp", ".work", "dvc.lock"):
            path = self._tree.folder / name
            if path.is_dir():
                shutil.rmtree(path)
            else:
                path.unlink(missing_ok=True)


if __name__ == "__main__":
    outcome.command(__doc__, run, {"kills": 100, "seed": 1})
