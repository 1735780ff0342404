"""What the engines cost: doing nothing on a finished tree, and per job, in CPU seconds of one run.

    python benchmarks/engine_overhead.py [--stages 100]

The pipeline is this project's with stand-ins for the scripts, grown by experiments to the number of stages.
Reference for doing nothing: `dvc status` on the same tree. Reference for a job: a bare loop over the same
commands.
"""

import argparse
import os
import resource
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT / "tests" / "pipeline"))

from tree import Tree

ORDER = ("fetch", "prepare", "train", "extract", "evaluate", "inspect", "probe", "embed", "neighbours", "collect")


def measured(action: Callable[[], object]) -> tuple[float, float]:
    """(CPU, wall) seconds of `action` and its child processes."""
    before, start = resource.getrusage(resource.RUSAGE_CHILDREN), time.perf_counter()
    action()
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    return after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime, time.perf_counter() - start


def grown(folder: Path, stages: int) -> Tree:
    """A tree with about `stages` stages: more experiments, each trained, evaluated and inspected."""
    tree = Tree(folder)
    params = tree.params
    for number in range((stages - len(tree.specify())) // 3):
        name = f"extra_{number}"
        params["experiments"][name] = params["experiments"]["fashion_static"] | {"seed": number}
        params["analyses"]["evaluate"][name] = params["analyses"]["inspect"][name] = {}
    tree.params = params
    return tree


def loop(tree: Tree) -> None:
    """Every command, one after the other, without an engine."""
    names = tree.specify()
    for stage in sorted(
        names, key=lambda name: [*ORDER, "study", "report"].index(name.split("@")[0]) if name != "configure" else -1
    ):
        script = SCRIPT[stage.split("@")[0]]
        tree.run("python", script, *stage.split("@")[1:], DVC_STAGE=stage, STAND_IN_SECONDS="0")


def main() -> None:
    """Measure and print one table."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--stages", type=int, default=100)
    count = parser.parse_args().stages
    with tempfile.TemporaryDirectory() as scratch:
        trees = [grown(Path(scratch, name), count) for name in ("snakemake", "dvc", "loop")]
        jobs = len(trees[0].specify())
        quick = {"STAND_IN_SECONDS": "0"}
        runs = {
            "snakemake": measured(lambda: trees[0].snakemake(**quick)),
            "dvc repro": measured(lambda: trees[1].dvc("repro", **quick)),
            "bare loop": measured(lambda: loop(trees[2])),
        }
        idle = {
            "snakemake": measured(lambda: trees[0].snakemake()),
            "dvc repro": measured(lambda: trees[0].dvc("repro")),
            "dvc status": measured(lambda: trees[0].dvc("status")),
        }
    print(f"{jobs} stages, {os.cpu_count()} cores; CPU seconds (wall seconds)\n")
    print(f"{'doing nothing':<16}{'CPU':>8}{'wall':>10}   ratio to dvc status")
    for name, (cpu, wall) in idle.items():
        print(f"{name:<16}{cpu:>8.2f}{wall:>9.2f}s   {cpu / idle['dvc status'][0]:.2f}")
    print(f"\n{'running all':<16}{'CPU':>8}{'wall':>10}   engine's CPU per job")
    for name, (cpu, wall) in runs.items():
        print(f"{name:<16}{cpu:>8.1f}{wall:>9.1f}s   {(cpu - runs['bare loop'][0]) / jobs:.2f}")


if __name__ == "__main__":
    from revisit_engines.configure import SCRIPTS

    SCRIPT = {stage: f"workflow/scripts/{name}.py" for stage, name in SCRIPTS.items()}
    SCRIPT["configure"] = "workflow/scripts/configure_stages.py"
    main()
