"""Attack runs on the nodes of a cluster of Slurm, again and again, and compare what comes out byte for byte.

    python tests/reliability/nodes.py --rounds 50 --seed 1

Slurm on this machine alone, with two nodes (`tests/slurm/cluster.py`), and stand-ins for the scripts. Every round edits
`params.yaml`, attacks the run once or twice at random moments, and runs an engine to its end: Snakemake on Slurm,
Snakemake here, or DVC. Then every artifact must be the one that a clean run makes, nothing may wait in the queue,
neither engine may have anything left to do, and no hand has mended anything. Interrupted, it tells of what was done.
"""

import random
import subprocess
import sys
import tempfile
from collections import Counter
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[1] / "pipeline"))
sys.path.insert(0, str(Path(__file__).parents[1] / "slurm"))

import attacks
import outcome
from attacks import End, Moment
from cluster import Cluster, missing
from on_nodes import ENGINES, OnNodes, small_tree

RULES = ("train", "evaluate", "inspect")  # that run on nodes after an edit of the training
REFUSED = "is running on this working tree; wait until it ends, or stop it"
SHOWN = {
    "head_killed": "kill -9 of the head, alone or with its group",
    "job_cancelled": "a job cancelled",
    "node_lost": "a node lost with all of its processes",
    "out_of_time": "a job over its time",
    "code_edited": "a module edited while a job waits",
    "params_edited": "params.yaml edited while a job waits",
    "second_engine": "an engine started while the head runs",
    "controller_stopped": "Slurm's controller stopped for up to 20 seconds",
}


def run(rounds: int, seed: int) -> list[outcome.Row]:
    """A row for each attack; the last one tells of the runs to the end."""
    if reason := missing():
        sys.exit(f"error: {reason}")
    with tempfile.TemporaryDirectory(prefix="slurm-") as scratch:
        cluster = Cluster(Path(scratch, "cluster"))
        try:
            cluster.start()
            nodes = OnNodes(small_tree(Path(scratch, "tree")), cluster)
            attacker = Attacker(nodes, seed)
            attacker.go(rounds)
            nodes.close()
        finally:
            cluster.stop()
    return attacker.rows()


class Attacker:
    """Attacks runs on nodes.

    Args:
        nodes: what to attack, nothing of which has run.
        seed: of attacks and moments.
    """

    def __init__(self, nodes: OnNodes, seed: int) -> None:
        self._nodes, self._random = nodes, random.Random(seed)
        self._rows: dict[str, Counter[str]] = {name: Counter() for name in SHOWN}
        self._mended: Counter[str] = Counter()
        self._compared = 0
        self._failures: list[str] = []

    def go(self, rounds: int) -> None:
        """Attack in so many rounds."""
        self._nodes.run("snakemake on Slurm")
        for number in range(1, rounds + 1):
            names = self._random.choices(list(SHOWN), k=self._random.choice((1, 1, 2)))
            engine = self._random.choice(list(ENGINES))
            told = f"{number}/{rounds} {', '.join(names)}; {engine}"
            print(told, file=sys.stderr, flush=True)
            try:
                for place, name in enumerate(names):
                    self._nodes.edit(batch_size=100 + 10 * number + place)
                    self._attack(name)
                self._nodes.run(engine)
                self._compared += self._nodes.check()
                assert not self._nodes.cluster.jobs(), "jobs are left in the queue"
                self._mended[f"by {engine}"] += 1
            except (AssertionError, subprocess.SubprocessError) as error:
                print(f"{told}: {error}", file=sys.stderr, flush=True)
                self._failures.append(f"{told}: {error}")
                return
            except KeyboardInterrupt:  # what was done until then counts
                return

    def rows(self) -> list[outcome.Row]:
        """How often each attack was tried and how the heads ended; how the runs to the end did."""
        rows: list[outcome.Row] = [
            {"attack": text, "tried": sum(self._rows[name].values()), **self._rows[name], "failures": []}
            for name, text in SHOWN.items()
        ]
        last = {"attack": f"run to the end after attacks: {self._compared:,} artifacts compared, none mended by hand"}
        return [*rows, {**last, "tried": self._mended.total(), **self._mended, "failures": self._failures}]

    def _attack(self, name: str) -> None:
        moment = Moment(
            self._random.choice(RULES), self._random.choice(("PENDING", "RUNNING")), self._random.uniform(0, 7)
        )
        options = {
            "head_killed": {"group": self._random.random() < 0.5},
            "params_edited": {"batch_size": self._random.randint(10, 90)},
            "second_engine": {"engine": self._random.choice(list(ENGINES))},
            "controller_stopped": {"seconds": self._random.uniform(0, 20)},
        }.get(name, {})
        found = getattr(attacks, name)(self._nodes, moment, **options)
        if name == "out_of_time":
            found, (first, second) = found
            assert second == 2 * first, f"it asked for {first} minutes and then for {second}"
        if name == "second_engine":
            other, found = found
            refused = REFUSED in other.output
            assert refused or other.status == 0, f"the second engine ended with {other.status}: {other.output}"
            self._rows[name]["refused" if refused else "ran after it"] += 1
            assert found.status == 0, f"the first engine ended with {found.status}: {found.output}"
        else:
            self._rows[name][_told(found)] += 1
        assert "Traceback" not in found.output, found.output


def _told(end: End) -> str:
    if end.status is None:
        return "killed"
    return "the head ended well" if end.status == 0 else "the head said so and failed"


if __name__ == "__main__":
    outcome.command(__doc__, run, {"rounds": 50, "seed": 1})
