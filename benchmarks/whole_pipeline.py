"""The whole pipeline by Snakemake: wall time against the CPU time of its scripts, and then finding nothing to do.

    python benchmarks/whole_pipeline.py              # a quick try: the pipeline of the tests, a minute
    python benchmarks/whole_pipeline.py --whole      # everything in params.yaml at demo scale: ten minutes

A clean run of a copy of this tree. Reference: the CPU time of the scripts alone, each from its start to its end with
the processes that it starts, without the engines, divided by the number of cores: the wall time if all cores were busy
with scripts from the beginning to the end. All CPU seconds are those of the scripts and of both engines. Then both
engines find nothing to do on the finished tree; reference: `dvc status` there. Wall seconds, so an otherwise idle
machine is needed.
"""

import argparse
import json
import os
import tempfile
from pathlib import Path

import timing

# isort: split
from conftest import shrink
from tree import SOME, Tree

STATUS = "dvc status"
# Python imports it first in every process; a script leaves its CPU seconds behind when it ends.
ACCOUNT = """
import atexit, json, os, sys

def account():
    used = os.times()
    if "DVC_STAGE" in os.environ and "scripts/" in sys.argv[0]:
        with open(os.path.join({folder!r}, os.environ["DVC_STAGE"]), "w") as file:
            json.dump(used.user + used.system + used.children_user + used.children_system, file)

atexit.register(account)
"""


def accounting(folder: Path) -> dict[str, str]:
    """The environment in which every script writes its CPU seconds to a file of `folder`, by the name of its stage."""
    (folder / "python").mkdir(parents=True)
    (folder / "python/sitecustomize.py").write_text(ACCOUNT.format(folder=str(folder)))
    return {"PYTHONPATH": str(folder / "python")}


def accounts(folder: Path) -> list[tuple[str, float]]:
    """Name and CPU seconds of each script that has run."""
    return [(path.name, json.loads(path.read_text())) for path in sorted(folder.iterdir()) if path.is_file()]


def main() -> None:
    """Measure and print three tables."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--whole", action="store_true", help="params.yaml as it is, instead of a small part of it")
    parser.add_argument("--cores", type=int, default=os.cpu_count(), help="(default: all)")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as scratch:
        tree = Tree(Path(scratch, "tree"), stand_ins=False, trainings=None if options.whole else SOME[:1])
        if not options.whole:
            tree.params = shrink(tree.params)
        command = ("snakemake", "--cores", str(options.cores), "--resources", "gpu=1")
        environment = accounting(Path(scratch, "accounts"))
        cpu, wall = timing.children(lambda: tree.run(*command, timeout=3600, **environment))
        found = accounts(Path(scratch, "accounts"))
        engines = {STATUS: ("dvc", "status"), "snakemake": command, "dvc repro": ("dvc", "repro")}
        idle = {name: timing.children(lambda words=words: tree.run(*words)) for name, words in engines.items()}
    own = sum(seconds for _, seconds in found)
    bound = own / options.cores
    rows = [
        ("CPU s of the scripts / cores", f"{own:.0f}", f"{bound:.1f}", "1.00"),
        ("all CPU s / cores", f"{cpu:.0f}", f"{cpu / options.cores:.1f}", f"{bound / (cpu / options.cores):.2f}"),
        ("the run", f"{cpu:.0f}", f"{wall:.1f}", f"{bound / wall:.2f}"),
    ]
    timing.print_table(
        f"{len(found)} scripts on {options.cores} cores; reference: CPU s of the scripts / cores",
        ("time", "CPU s", "wall s", "times as fast"),
        rows,
    )
    longest = sorted(found, key=lambda script: -script[1])[:5]
    print()
    timing.print_table("the longest", ("stage", "CPU s"), [(name, f"{seconds:.1f}") for name, seconds in longest])
    reference = idle[STATUS][0]
    print()
    timing.print_table(
        f"nothing to do; reference: {STATUS}",
        ("command", "CPU s", "wall s", "times as fast"),
        [(name, f"{cpu:.2f}", f"{wall:.2f}", f"{reference / cpu:.2f}") for name, (cpu, wall) in idle.items()],
    )
    goals = [timing.Goal("wall s, of the scripts' CPU s / cores", wall / bound, at_most=1.3)]
    for name in engines:
        if name != STATUS:
            goals.append(timing.Goal(f"{name}, nothing to do: CPU s", idle[name][0], at_most=3))
            goals.append(timing.Goal(f"{name}, nothing to do: of dvc status", idle[name][0] / reference, at_most=2.5))
    timing.print_goals(*goals)


if __name__ == "__main__":
    main()
