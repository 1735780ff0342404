"""What the engines cost against the number of experiments: reading the pipeline, and finding nothing to do.

    python benchmarks/experiment_count.py                                                   # a quick try
    python benchmarks/experiment_count.py --experiments 10 100 1000 --drawing docs/experiment_count.svg   # minutes

The pipeline is this project's with stand-ins for the scripts, and so many further experiments, each trained, evaluated
and inspected. First nothing is made, and `snakemake -n` plans everything; then all results are there, and `snakemake`
and `dvc repro` find nothing to do. Reference: the smallest number of experiments; beside it `dvc status` on the same
tree. Near linear: the exponent of CPU seconds against experiments between the two largest of three numbers, both
counted from the smallest.
"""

import argparse
import os
import tempfile
from pathlib import Path

import timing
from drawing import draw
from engine_overhead import ORDER, grown

# isort: split
from tree import Tree

PLAN = "snakemake -n, nothing made"
IDLE = {
    "snakemake, nothing to do": ("snakemake", "--cores", "2", "--resources", "gpu=1"),
    "dvc repro, nothing to do": ("dvc", "repro"),
    "dvc status": ("dvc", "status"),
}
DONE = ("Nothing to be done", "up to date")  # what they say then
FINISH = """
import json, os, sys
sys.path[:0] = ["stand_in", "workflow"]
import stand_in
everything = json.loads(stand_in.SPECIFICATION.read_text())
os.environ["STAND_IN_SECONDS"] = "0"
class Named:
    def __init__(self, name): self.name = name
    def read_text(self): return json.dumps({self.name: everything[self.name]})
for name in sys.argv[1:]:
    os.environ["DVC_STAGE"] = name
    stand_in.SPECIFICATION = Named(name)
    stand_in.run()
"""


def finish(tree: Tree) -> None:
    """Make every result of a tree of stand-ins in one process, and have DVC record them."""
    tree.run("python", "workflow/scripts/configure_stages.py", DVC_STAGE="configure")
    stages = [name for name in tree.specify() if name != "configure"]
    (tree.folder / "stand_in/finish.py").write_text(FINISH)
    tree.run("python", "stand_in/finish.py", *sorted(stages, key=lambda name: ORDER.index(name.split("@")[0])))
    tree.dvc("commit", "-f", timeout=1200)


def idle(tree: Tree, *command: str) -> None:
    """Run a command that finds nothing to do."""
    output = tree.run(*command, timeout=1200)
    if not any(words in output for words in DONE):
        raise SystemExit(f"the tree is not finished:\n{output}")


def main() -> None:
    """Measure, print one table and, if asked to, draw it."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--experiments", type=int, nargs="+", default=[1, 5, 25], help="(default 1 5 25)")
    parser.add_argument("--drawing", type=Path, help="an SVG file to write")
    options = parser.parse_args()

    counts = sorted(options.experiments)
    seconds: dict[str, list[float]] = {name: [] for name in (PLAN, *IDLE)}
    jobs = []
    with tempfile.TemporaryDirectory() as scratch:
        for count in counts:
            tree = grown(Path(scratch, str(count)), count)
            jobs.append(len(tree.specify()))
            seconds[PLAN].append(timing.children(lambda tree=tree: tree.snakemake("-n"))[0])
            finish(tree)
            for name, command in IDLE.items():
                seconds[name].append(timing.children(lambda tree=tree, c=command: idle(tree, *c))[0])
    rows, goals = [], []
    for name, taken in seconds.items():
        for i, count in enumerate(counts):
            numbers = f"{taken[i]:.2f}", f"{taken[0] / taken[i]:.2f}", f"{taken[i] / seconds['dvc status'][i]:.2f}"
            rows.append((name, count, jobs[i], *numbers))
        if len(counts) > 2:
            goals.append(timing.Goal(f"{name}: exponent of the time", timing.exponent(counts, taken), at_most=1.1))
    timing.print_table(
        f"{os.cpu_count()} cores; reference: {counts[0]} further experiments",
        ("command", "experiments", "stages", "CPU s", "times as fast", "of dvc status"),
        rows,
    )
    if goals:
        timing.print_goals(*goals)
    if options.drawing:
        draw(options.drawing, "further experiments", counts, {"CPU seconds": seconds})


if __name__ == "__main__":
    main()
