"""The whole pipeline by Snakemake: wall time against the CPU time of its jobs, and then finding nothing to do.

    python benchmarks/whole_pipeline.py              # a quick try: the pipeline of the tests, a minute
    python benchmarks/whole_pipeline.py --whole      # everything in params.yaml at demo scale: ten minutes

A clean run of a copy of this tree. Reference: the CPU time of the jobs, each a `dvc repro -s` with the script that it
runs, divided by the number of cores: the wall time if all cores were busy with jobs from the beginning to the end.
Beside it the scripts alone, without DVC, and all CPU seconds, with those of Snakemake. Then both engines find nothing
to do on the finished tree; reference: `dvc status` there. Wall seconds, so an otherwise idle machine is needed.
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

JOBS, STATUS = "CPU s of the jobs / cores", "dvc status"
# Python imports it first in every process; a script or a job leaves its CPU seconds behind when it ends.
ACCOUNT = """
import atexit, json, os, resource, sys, time

def account():
    children, program = resource.getrusage(resource.RUSAGE_CHILDREN), os.path.basename(sys.argv[0])
    kind = "jobs" if program == "dvc" and "-s" in sys.argv else "scripts" if "DVC_STAGE" in os.environ else None
    if kind:
        with open(os.path.join({folder!r}, kind, os.environ.get("DVC_STAGE", sys.argv[-1])), "w") as file:
            json.dump(time.process_time() + children.ru_utime + children.ru_stime, file)  # finer than os.times

atexit.register(account)
"""


def accounting(folder: Path) -> dict[str, str]:
    """The environment in which scripts and jobs write their CPU seconds, with those of their children, to `folder`."""
    for name in ("jobs", "scripts", "python"):
        (folder / name).mkdir(parents=True)
    (folder / "python/sitecustomize.py").write_text(ACCOUNT.format(folder=str(folder)))
    return {"PYTHONPATH": str(folder / "python")}


def accounts(folder: Path, kind: str) -> dict[str, float]:
    """CPU seconds of the `scripts`, or of the `jobs`, that have run, by stage."""
    return {path.name: json.loads(path.read_text()) for path in sorted((folder / kind).iterdir())}


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
        jobs, scripts = (accounts(Path(scratch, "accounts"), kind) for kind in ("jobs", "scripts"))
        if jobs.keys() != scripts.keys():
            raise SystemExit(f"no account of: {', '.join(jobs.keys() ^ scripts.keys())}")
        engines = {STATUS: ("dvc", "status"), "snakemake": command, "dvc repro": ("dvc", "repro")}
        idle = {name: timing.children(lambda words=words: tree.run(*words)) for name, words in engines.items()}
    used = {JOBS: sum(jobs.values()), "CPU s of their scripts / cores": sum(scripts.values()), "all CPU s / cores": cpu}
    bound = used[JOBS] / options.cores
    rows = [(name, f"{s:.0f}", f"{s / options.cores:.1f}", f"{used[JOBS] / s:.2f}") for name, s in used.items()]
    timing.print_table(
        f"{len(jobs)} jobs on {options.cores} cores; reference: {JOBS}",
        ("time", "CPU s", "wall s", "times as fast"),
        [*rows, ("the run", f"{cpu:.0f}", f"{wall:.1f}", f"{bound / wall:.2f}")],
    )
    longest = sorted(jobs, key=lambda name: -jobs[name])[:5]
    print()
    timing.print_table(
        "the longest",
        ("stage", "CPU s", "of its script"),
        [(name, f"{jobs[name]:.1f}", f"{scripts[name]:.1f}") for name in longest],
    )
    reference = idle[STATUS][0]
    print()
    timing.print_table(
        f"nothing to do; reference: {STATUS}",
        ("command", "CPU s", "wall s", "times as fast"),
        [(name, f"{cpu:.2f}", f"{wall:.2f}", f"{reference / cpu:.2f}") for name, (cpu, wall) in idle.items()],
    )
    goals = [timing.Goal("wall s, of the jobs' CPU s / cores", wall / bound, at_most=1.3)]
    for name in engines:
        if name != STATUS:
            goals.append(timing.Goal(f"{name}, nothing to do: CPU s", idle[name][0], at_most=3))
            goals.append(timing.Goal(f"{name}, nothing to do: of dvc status", idle[name][0] / reference, at_most=2.5))
    timing.print_goals(*goals)


if __name__ == "__main__":
    main()
