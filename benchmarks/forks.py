"""Programs of jobs in forks of a process that has imported what they need: CPU seconds of a clean run.

    python benchmarks/forks.py              # a quick try, the stages of four trainings: two minutes
    python benchmarks/forks.py --whole      # every stage of params.yaml: ten minutes

Two clean runs by Snakemake of copies of this tree, one as it is, and as a reference one with `REVISIT_FORKS=no`, where
every DVC and every script starts anew. Stand-ins take the place of scripts: they import PyTorch where scripts do, and
compute nothing. What is left is what a run costs beside computing. The artifacts are compared.
"""

import argparse
import os
import tempfile
from pathlib import Path

import timing

# isort: split
from tree import SOME, Tree

REFERENCE, FORKED = "each anew", "in forks"
# At the end of the import that every script begins with; what stands in the place of a script comes after it.
IMPORTS = "\nif {stage} in os.environ and Path(sys.argv[0]).stem in {scripts}:\n    import torch\n"
WITH_TENSORS = ("extract_features", "graft_network", "pretrain_network", "run_analysis", "train_network")


def made(folder: Path, whole: bool) -> Tree:
    """The tree to run."""
    tree = Tree(folder, trainings=None if whole else SOME)
    command = folder / "workflow/scripts/_command.py"
    command.write_text(command.read_text() + IMPORTS.format(stage="variables.STAGE", scripts=WITH_TENSORS))
    return tree


def main() -> None:
    """Measure and print one table."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--whole", action="store_true", help="all stages")
    options = parser.parse_args()
    quick = {"STAND_IN_SECONDS": "0"}
    with tempfile.TemporaryDirectory() as scratch:
        trees = {name: made(Path(scratch, str(number)), options.whole) for number, name in enumerate(VARIABLE)}
        runs = {
            name: timing.children(lambda tree=tree, name=name: tree.snakemake(timeout=3000, **VARIABLE[name], **quick))
            for name, tree in trees.items()
        }
        first, second = (tree.artifacts() for tree in trees.values())
        jobs = len(list((trees[FORKED].folder / "benchmarks/results").rglob("*.tsv")))
    if first != second:
        raise SystemExit(
            f"artifacts differ: {sorted(key for key in first | second if first.get(key) != second.get(key))}"
        )
    cpu = {name: seconds for name, (seconds, _) in runs.items()}
    timing.print_table(
        f"{jobs} jobs, {os.cpu_count()} cores, {len(first):,} artifacts the same; reference: {REFERENCE}",
        ("programs", "CPU s", "wall s", "times as fast", "CPU s per job"),
        [
            (name, f"{seconds:.0f}", f"{wall:.0f}", f"{cpu[REFERENCE] / seconds:.2f}", f"{seconds / jobs:.2f}")
            for name, (seconds, wall) in runs.items()
        ],
    )
    timing.print_goals(timing.Goal("times as fast", cpu[REFERENCE] / cpu[FORKED], at_least=2))


VARIABLE = {REFERENCE: {"REVISIT_FORKS": "no"}, FORKED: {"REVISIT_FORKS": ""}}

if __name__ == "__main__":
    main()
