"""Edit, damage and kill at random, with stand-ins for the scripts: the random walk of tests/pipeline, as rows.

    python tests/reliability/walk.py --steps 60 --seed 1

After each step either engine must mend the tree: every artifact right, nothing left to do for the other engine, and
nothing computed that lay in the cache.
"""

import subprocess
import sys
import tempfile
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[1] / "pipeline"))

import outcome
from random_walk import Walk

SHOWN = {
    "edit_params": "params.yaml edited",
    "revert_params": "params.yaml turned back",
    "edit_code": "a module edited",
    "delete": "artifacts deleted",
    "corrupt": "an artifact overwritten",
    "checkout": "dvc checkout",
    "wipe_metadata": "an engine's metadata deleted",
    "cut_metadata": "dvc.lock or rwlock cut off",
    "damage_cache": "an object of the cache deleted or damaged",
    "nothing": "nothing",
}


def run(steps: int, seed: int) -> list[outcome.Row]:
    """A row for each thing done, and one for kills, with the failure that ended the walk if there was one."""
    failures = []
    with tempfile.TemporaryDirectory() as folder:
        walk = Walk(Path(folder, "tree"), seed)
        try:
            for number in range(1, steps + 1):
                print(f"{number}/{steps} {walk.step()}", file=sys.stderr, flush=True)
        except (AssertionError, subprocess.SubprocessError) as error:
            failures = [str(error)]
    rows = [{"attack": text, "tried": walk.count[name], "failures": []} for name, text in SHOWN.items()]
    engines = {f"mended by {name}": walk.count[name] for name in ("snakemake", "dvc")}
    killed = {"attack": "and besides, in the middle of a run, an engine, its group or a job killed"}
    return [*rows, {**killed, "tried": walk.count["kill"], **engines, "failures": failures}]


if __name__ == "__main__":
    outcome.command(__doc__, run, {"steps": 60, "seed": 1})
