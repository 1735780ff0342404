"""What the engines cost per job, in CPU seconds of one run.

    python benchmarks/engine_overhead.py                      # a quick try: a minute
    python benchmarks/engine_overhead.py --experiments 20     # the whole measurement: minutes

The pipeline is this project's with stand-ins for the scripts, with a number of further experiments. Reference: a bare
loop over the same commands.
"""

import argparse
import copy
import os
import tempfile
from pathlib import Path

import timing

# isort: split
from revisit_engines.configure import SCRIPTS
from tree import Tree

SCRIPT = {stage: f"workflow/scripts/{name}.py" for stage, name in SCRIPTS.items()}
SCRIPT["configure"] = "workflow/scripts/configure_stages.py"
# In which the stages can run.
ORDER = ("configure", "fetch", "prepare", "pretrain", "train", "graft", "finetune", "extract", "evaluate", "inspect")
ORDER += ("probe", "embed", "neighbours", "collect", "study", "report")


def grown(folder: Path, experiments: int) -> Tree:
    """A tree of stand-ins with so many further experiments, each trained, evaluated and inspected: three stages."""
    tree = Tree(folder)
    params = tree.params
    for number in range(experiments):
        name = f"extra_{number}"
        # written out, as by hand: of what is shared, YAML's writer would make aliases
        params["experiments"][name] = copy.deepcopy(params["experiments"]["fashion_static"]) | {"seed": number}
        params["analyses"]["evaluate"][name], params["analyses"]["inspect"][name] = {}, {}
    tree.params = params
    return tree


def loop(tree: Tree) -> None:
    """Every command, one after the other, without an engine."""
    for stage in sorted(tree.specify(), key=lambda name: ORDER.index(name.split("@")[0])):
        kind, *name = stage.split("@")
        tree.run("python", SCRIPT[kind], *name, DVC_STAGE=stage, STAND_IN_SECONDS="0")


def main() -> None:
    """Measure and print one table."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--experiments", type=int, default=2, help="further ones, of three stages each (default 2)")
    count = parser.parse_args().experiments
    with tempfile.TemporaryDirectory() as scratch:
        trees = [grown(Path(scratch, name), count) for name in ("snakemake", "dvc", "loop")]
        jobs = len(trees[0].specify())
        quick = {"STAND_IN_SECONDS": "0"}
        runs = {
            "bare loop": timing.children(lambda: loop(trees[2])),
            "snakemake": timing.children(lambda: trees[0].snakemake(**quick)),
            "dvc repro": timing.children(lambda: trees[1].dvc("repro", **quick)),
        }
    bare = runs["bare loop"][0]
    timing.print_table(
        f"running all {jobs} stages, {os.cpu_count()} cores; reference: bare loop",
        ("command", "CPU s", "wall s", "times as fast", "engine's CPU s per stage"),
        [
            (name, f"{cpu:.1f}", f"{wall:.1f}", f"{bare / cpu:.2f}", f"{(cpu - bare) / jobs:.2f}")
            for name, (cpu, wall) in runs.items()
        ],
    )
    timing.print_goals(
        *(
            timing.Goal(f"{name}: CPU s per stage", (runs[name][0] - bare) / jobs, at_most=1.3)
            for name in ("snakemake", "dvc repro")
        )
    )


if __name__ == "__main__":
    main()
