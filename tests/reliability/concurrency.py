"""Start two engines on one working tree at random moments: never a wrong artifact, and each says what it does.

    python tests/reliability/concurrency.py --rounds 10 --seed 1

Stand-ins for the scripts. Every round edits `params.yaml`, starts an engine and, a moment later, a second one. The
second either has work of its own when the first one has ended, or ends at once with one message that names the one
that runs. Then the artifacts must be what `params.yaml` asks for, and neither engine has anything left to do.
"""

import itertools
import random
import sys
import tempfile
import time
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[1] / "pipeline"))

import outcome
from kills import ENGINES
from random_walk import Walk

PAIRS = tuple(itertools.product(ENGINES, repeat=2))
REFUSED = "is running on this working tree; wait until it ends, or stop it"


def run(rounds: int, seed: int) -> list[outcome.Row]:
    """A row for each pair of engines, each started so often."""
    with tempfile.TemporaryDirectory() as scratch:
        walk = Walk(Path(scratch, "tree"), seed)
        walk.tree.snakemake()
        return [pair(walk, *engines, rounds, random.Random(f"{engines} {seed}")) for engines in PAIRS]


def pair(walk: Walk, first: str, second: str, rounds: int, moments: random.Random) -> outcome.Row:
    """The row of two engines: `second` is started so often while `first` runs."""
    row: outcome.Row = {"attack": f"{second} while {first} runs", "tried": rounds, "ran after it": 0, "refused": 0}
    row["failures"] = []
    for number in range(rounds):
        walk.edit_params()
        running = walk.tree.start(*ENGINES[first], STAND_IN_SECONDS="0.3")
        time.sleep(moments.uniform(0, 5))
        other = walk.tree.run(*ENGINES[second], check=False)
        refused = walk.tree.status != 0
        output, _ = running.communicate(timeout=600)
        row["refused" if refused else "ran after it"] += 1
        if running.returncode and REFUSED not in output:  # the second may have been the first to take the lock
            row["failures"].append(f"{first} ended with status {running.returncode}: {output[-1000:]}")
        if refused and REFUSED not in other:
            row["failures"].append(f"{second} ended without saying why: {other[-1000:]}")
        if "Traceback" in output + other:
            row["failures"].append(f"a traceback: {(output + other)[-1000:]}")
        try:
            walk.check([], True, f"round {number}", output + other)
        except AssertionError as error:
            row["failures"].append(str(error))
        print(f"{number + 1}/{rounds} {row['attack']}", file=sys.stderr, flush=True)
    return row


if __name__ == "__main__":
    outcome.command(__doc__, run, {"rounds": 10, "seed": 1})
