"""The whole pipeline by Snakemake: wall time against the CPU time of its jobs, spread over the cores.

    python benchmarks/whole_pipeline.py              # a quick try: the pipeline of the tests, a minute
    python benchmarks/whole_pipeline.py --whole      # everything in params.yaml at demo scale: ten minutes

A clean run of a copy of this tree. Reference: the CPU time that the jobs took, as Snakemake's `benchmark` files have it
(sampled every half second, later every half minute, so always somewhat less than it was), divided by the number of
cores: the wall time if all cores were busy with jobs from the beginning to the end. All CPU seconds are those of the
jobs and of both engines. Wall seconds, so an otherwise idle machine is needed.
"""

import argparse
import csv
import os
import tempfile
from pathlib import Path

import timing

# isort: split
from conftest import shrink
from tree import SOME, Tree


def jobs(tree: Tree) -> list[tuple[str, float]]:
    """Name and CPU seconds of each job, as Snakemake wrote them; 0 for one that was too short to be sampled."""
    found = []
    folder = tree.folder / "benchmarks/results"
    for path in sorted(folder.rglob("*.tsv")):
        with open(path) as file:
            (row,) = csv.DictReader(file, delimiter="\t")
        seconds = 0.0 if row["cpu_time"] == "NA" else float(row["cpu_time"])
        found.append((path.relative_to(folder).with_suffix("").as_posix(), seconds))
    return found


def main() -> None:
    """Measure and print one table."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--whole", action="store_true", help="params.yaml as it is, instead of a small part of it")
    parser.add_argument("--cores", type=int, default=os.cpu_count(), help="(default: all)")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as scratch:
        tree = Tree(Path(scratch, "tree"), stand_ins=False, trainings=None if options.whole else SOME[:1])
        if not options.whole:
            tree.params = shrink(tree.params)
        command = ("snakemake", "--cores", str(options.cores), "--resources", "gpu=1")
        cpu, wall = timing.children(lambda: tree.run(*command, timeout=3600))
        found = jobs(tree)
    own = sum(seconds for _, seconds in found)
    bound = own / options.cores
    rows = [
        ("CPU s of the jobs / cores", f"{own:.0f}", f"{bound:.1f}", "1.00"),
        ("all CPU s / cores", f"{cpu:.0f}", f"{cpu / options.cores:.1f}", f"{bound / (cpu / options.cores):.2f}"),
        ("the run", f"{cpu:.0f}", f"{wall:.1f}", f"{bound / wall:.2f}"),
    ]
    timing.print_table(
        f"{len(found)} jobs on {options.cores} cores; reference: CPU s of the jobs / cores",
        ("time", "CPU s", "wall s", "times as fast"),
        rows,
    )
    longest = sorted(found, key=lambda job: -job[1])[:5]
    print()
    timing.print_table("the longest jobs", ("job", "CPU s"), [(name, f"{seconds:.1f}") for name, seconds in longest])
    timing.print_goals(timing.Goal("wall s, of the jobs' CPU s / cores", wall / bound, at_most=1.3))


if __name__ == "__main__":
    main()
