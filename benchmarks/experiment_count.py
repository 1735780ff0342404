"""What the engines cost against the number of experiments: reading the pipeline, finding nothing to do, a job.

    python benchmarks/experiment_count.py                                                   # a quick try
    python benchmarks/experiment_count.py --experiments 100 1000 3000 --drawing docs/experiment_count.svg   # an hour

The pipeline is this project's with stand-ins for the scripts, and so many further experiments, each trained, evaluated
and inspected. First nothing is made: `configure` writes its records, and `snakemake -n` plans everything. Then all
results are there, and `snakemake` and `dvc repro` find nothing to do. Then what a job costs beside its script: DVC on
this machine, most of which other jobs wait for, since it rewrites dvc.lock; DVC on a node of a cluster, in a folder of
its own; what Snakemake starts for a job; and Snakemake's head for each job that has ended, which is all that jobs of a
cluster have in turn. Reference: the smallest number of experiments; beside it `dvc status` on the same tree. Near
linear: the exponent of CPU seconds against experiments between the two largest of three numbers, both counted from the
smallest; the goal is of what is paid once for a run.
"""

import argparse
import os
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

import timing
from drawing import draw
from engine_overhead import ORDER, grown

# isort: split
from revisit import files, paths
from revisit_engines import node
from tree import Tree

CONFIGURE, PLAN = "configure", "snakemake -n, nothing made"
IDLE = {
    "snakemake, nothing to do": ("snakemake", "--cores", "2", "--resources", "gpu=1"),
    "dvc repro, nothing to do": ("dvc", "repro"),
    "dvc status": ("dvc", "status"),
}
DVC_JOB, NODE_JOB = "a job: dvc on this machine", "a job: dvc on a node"
STARTED, HEAD = "a job: what snakemake starts for it", "a job: snakemake's head"
ONCE = (CONFIGURE, PLAN, *IDLE)  # for a run
EACH = (DVC_JOB, NODE_JOB, STARTED, HEAD)  # for a job
LEAST = 0.001  # CPU seconds: by less the difference of two runs of the head tells nothing, not even its sign
JOBS = 100  # at most, of which the mean is taken
AS_A_JOB = ("--allowed-rules", "evaluate", "--cores", "1", "--mode", "subprocess")  # as an executor starts it
AS_A_JOB += ("--force", "--force-use-threads", "--nolock", "--ignore-incomplete", "--rerun-triggers", "mtime")
PATIENCE = 7200  # seconds
DONE = ("Nothing to be done", "up to date")  # what they say then
FINISH = """
import json, os, sys
from pathlib import Path
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

# As `dvc commit` does, which writes dvc.lock anew for every stage.
from dvc.fs import MemoryFileSystem
from dvc.repo import Repo
from dvc.stage.serialize import to_single_stage_lockfile
from dvc.utils.serialize import dump_yaml
from revisit_engines import cache
cache.keep_private(Path.cwd())
lock = {}
with Repo() as repo, repo.lock:
    for stage in repo.index.stages:
        stage.save()
        stage.commit()
        lock[stage.addressing] = to_single_stage_lockfile(stage)
        MemoryFileSystem().fs.store.clear()
dump_yaml("dvc.lock", {"schema": "2.0", "stages": lock})
"""


def finish(tree: Tree) -> None:
    """Make every result of a tree of stand-ins in one process, and have DVC record them."""
    stages = [name for name in tree.specify() if name != "configure"]
    (tree.folder / "stand_in/finish.py").write_text(FINISH)
    ordered = sorted(stages, key=lambda name: ORDER.index(name.split("@")[0]))
    tree.run("python", "stand_in/finish.py", *ordered, timeout=PATIENCE)


ON_NODE = """
import os, subprocess, sys
sys.path.insert(0, "workflow")
from revisit_engines import node
home = node.prepare(sys.argv[1])
sys.exit(subprocess.call([sys.executable, "-m", "dvc", "repro", "-f", "-s", sys.argv[1]], cwd=home))
"""
# In the place of dvc: no more than makes Snakemake content, `dvc --wait-for-lock repro -s evaluate@NAME`.
NO_DVC = """#!/bin/sh
found=results/findings/${4#*@}
mkdir -p $found/evaluate
touch $found/evaluate/content $found/evaluate.json
"""
HEAD_ALONE = """
import resource, sys
from snakemake.cli import main
sys.argv[0] = "snakemake"
try:
    main()
finally:
    used = resource.getrusage(resource.RUSAGE_SELF)
    print("head:", used.ru_utime + used.ru_stime)
"""


def jobs(tree: Tree) -> dict[str, float]:
    """CPU seconds of a job of a finished tree, by part; evaluations are made again."""
    quick = {"STAND_IN_SECONDS": "0"}
    for name, text in {"node.py": ON_NODE, "head.py": HEAD_ALONE, "no_dvc/dvc": NO_DVC}.items():
        path = tree.folder / "stand_in" / name
        path.parent.mkdir(exist_ok=True)
        path.write_text(text)
        path.chmod(0o755)
    stage = "evaluate@extra_0"
    script = timing.children(
        lambda: tree.run("python", "workflow/scripts/run_analysis.py", "evaluate", "extra_0", DVC_STAGE=stage, **quick)
    )[0]
    here = timing.children(lambda: tree.dvc("repro", "-f", "-s", stage, timeout=PATIENCE, **quick))[0]
    there = timing.children(lambda: tree.run("python", "stand_in/node.py", stage, timeout=PATIENCE, **quick))[0]
    files.remove(tree.folder / node.NODES)

    no_dvc = f"{tree.folder / 'stand_in/no_dvc'}{os.pathsep}{os.environ['PATH']}"
    target = "evaluate:experiment=extra_0"
    started = timing.children(
        lambda: tree.run("python", "-m", "snakemake", "--target-jobs", target, *AS_A_JOB, PATH=no_dvc)
    )[0]
    names = [path.name for path in sorted((tree.folder / paths.FINDINGS).glob("extra_*"))[:JOBS]]

    def head() -> float:
        """Its CPU seconds, without those of what it starts."""
        wanted = [str(paths.findings(name, "evaluate.json")) for name in names]
        command = ("python", "stand_in/head.py", *wanted, "--cores", "2", "--resources", "gpu=1")
        return float(tree.run(*command, timeout=PATIENCE, PATH=no_dvc).rsplit("head:", 1)[1])

    before = head()
    for name in names:
        files.remove(tree.folder / paths.findings(name, "evaluate"))
    each = max(head() - before, LEAST) / len(names)
    return {DVC_JOB: here - script, NODE_JOB: there - script, STARTED: started, HEAD: each}


def idle(tree: Tree, *command: str) -> None:
    """Run a command that finds nothing to do."""
    output = tree.run(*command, timeout=PATIENCE)
    if not any(words in output for words in DONE):
        raise SystemExit(f"the tree is not finished:\n{output}")


def measured(tree: Tree) -> Iterator[tuple[str, float]]:
    """CPU seconds of everything, on a tree of which nothing is made; it is finished on the way."""
    configure = ("python", "workflow/scripts/configure_stages.py")
    yield CONFIGURE, timing.children(lambda: tree.run(*configure, DVC_STAGE="configure"))[0]
    yield PLAN, timing.children(lambda: tree.snakemake("-n", timeout=PATIENCE))[0]
    finish(tree)
    for name, command in IDLE.items():
        yield name, timing.children(lambda command=command: idle(tree, *command))[0]
    yield from jobs(tree).items()


def main() -> None:
    """Measure, print one table and, if asked to, draw it."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--experiments", type=int, nargs="+", default=[1, 5, 25], help="(default 1 5 25)")
    parser.add_argument("--drawing", type=Path, help="an SVG file to write")
    options = parser.parse_args()

    counts = sorted(options.experiments)
    seconds: dict[str, list[float]] = {name: [] for name in (*ONCE, *EACH)}
    stages = []
    with tempfile.TemporaryDirectory() as scratch:
        for count in counts:
            tree = grown(Path(scratch, str(count)), count)
            stages.append(len(tree.specify()))
            for name, taken in measured(tree):
                seconds[name].append(taken)
                print(f"{count}: {name}: {taken:.2f}", file=sys.stderr, flush=True)
            files.remove(tree.folder)
    rows, goals = [], []
    for name, taken in seconds.items():
        for i, count in enumerate(counts):
            numbers = (
                f"{taken[i]:.2f}",
                f"{taken[0] / max(taken[i], 0.01):.2f}",
                f"{taken[i] / seconds['dvc status'][i]:.2f}",
            )
            rows.append((name, count, stages[i], *numbers))
        if len(counts) > 2 and name in ONCE:
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
