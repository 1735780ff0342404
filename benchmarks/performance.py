"""Runs the measurements and writes docs/performance.md from what they print.

    python benchmarks/performance.py                        # everything, whole: an hour
    python benchmarks/performance.py --quick                # whether everything works, in minutes; writes nothing
    python benchmarks/performance.py --only tsne sweeps     # these again; the others stay as they were measured

Every measurement is a script beside this one, which names its reference; the page holds the command and what it
printed, and a table of all goals with what was found. Texts are kept in docs/performance/, so that some can be measured
again; all are from one machine. Measure on an otherwise idle one.

{minutes}
"""

import argparse
import json
import os
import platform
import re
import shlex
import subprocess
import sys
import time
from importlib.metadata import version
from pathlib import Path
from typing import NamedTuple

import timing

ROOT = timing.ROOT
PAGE, TEXTS = ROOT / "docs/performance.md", ROOT / "docs/performance"
PACKAGES = ("torch", "torchvision", "numpy", "scikit-learn", "openTSNE", "snakemake", "dvc")
MACHINE = "machine.json"


class Measurement(NamedTuple):
    """A script beside this one: what it is about, its options for the whole measurement, and their minutes."""

    title: str
    goal: str
    options: str
    minutes: int
    gpu: bool = False
    script: str = ""  # where the name is another


MEASUREMENTS = {
    "training": Measurement(
        "Training small networks",
        "At least twice as many images per second as the usual loop, and at least 90% of the speed of steps on data "
        "that wait in memory. Where the first does not hold, the second says why: hardly any time goes into feeding, "
        "so what is left is the step itself, the same kernels as in the usual loop but for the memory format.",
        "--rounds 4 --steps 10",
        2,
    ),
    "memory_formats": Measurement(
        "Channels together or apart",
        "Why batches and weights are `channels_last`: decision 10.",
        "--rounds 4 --steps 2",
        1,
    ),
    "input_pipeline": Measurement(
        "Feeding 224-pixel networks",
        "At least ten times as many images per second as torchvision's reference loop on JPEG files.",
        "--images 1000",
        1,
    ),
    "sweeps": Measurement(
        "Sweeps",
        "Nine variants in one job at least 1.5 times as fast on two cores as nine processes one after the other, "
        "start-up included, with the same numbers.",
        "--whole",
        4,
    ),
    "evaluation": Measurement(
        "Evaluations during a training",
        "One every 50 steps takes at most 5% of the training's time, and at most 10% more than its forward passes. A "
        "forward pass takes a third of a step, so the first holds only where few images are looked at; the second says "
        "that nothing but the forward passes is left.",
        "--rounds 3 --every 50",
        1,
    ),
    "linear_probes": Measurement(
        "Linear probes",
        "At least 50 times as fast as scikit-learn's one-vs-rest linear SVC on 10,000 x 1,024 features, with strong "
        "regularisation (C = 0.001); the larger C, the smaller the advantage: decision 5.",
        "--rows 10000 --C 0.001",
        3,
    ),
    "tsne": Measurement(
        "t-SNE",
        "With 10,000 points at least 8 times as fast as scikit-learn at the quality of its 300 iterations, at least 3 "
        "times at that of its 1,000; ours by the shortest of the runs that is as good. The pipeline's maps are of 300 "
        "and 750 iterations.",
        "--points 10000 --iterations 275 750 800 1000",
        4,
    ),
    "neighbours": Measurement(
        "Nearest neighbours",
        "All pairs of 4,952 x 9,216 features at least twice as fast as scikit-learn, with the same neighbours.",
        "--rows 4952 --dimensions 9216",
        1,
    ),
    "start_up": Measurement(
        "Starting the scripts",
        "A script that needs no tensor starts in at most 0.4 CPU seconds more than Python itself. The one that draws "
        "needs Matplotlib, whose import alone takes 0.5. What comes later, for some work, counts with that work: "
        "scikit-learn for ROC curves and openTSNE, about 1.5 each.",
        "",
        1,
    ),
    "engine_overhead": Measurement(
        "The engines",
        "A job takes at most 1.3 CPU seconds more than in a bare loop over the same commands.",
        "--experiments 10",
        2,
    ),
    "forks": Measurement(
        "Programs in forks",
        "What a run costs beside computing, at least twice as cheap where programs of jobs are forks: decision 19.",
        "--whole",
        12,
    ),
    "whole_pipeline": Measurement(
        "The whole pipeline",
        "A clean run at demo scale within 1.3 times the CPU time of its jobs, of DVC and a script each, divided by the "
        "cores. Then finding nothing to do takes at most 3 CPU seconds and 2.5 times those of `dvc status`.",
        "--whole",
        9,
    ),
    "data_size": Measurement(
        "Growth: the number of images",
        "Time near linear. Memory a constant plus at most one copy of the images for training, a constant for "
        "preparation and features.",
        "--images 2000 --drawing docs/data_size.svg",
        2,
    ),
    "experiment_count": Measurement(
        "Growth: the number of experiments",
        "CPU time of planning everything, and of finding nothing to do, near linear. Where the exponent is larger than "
        "asked for, `dvc status` by itself says why: it looks at the same stages, and grows no less. How far that "
        "carries, and what a job costs then: [clusters](clusters.md#how-many-experiments).",
        "--experiments 10 100 1000 --drawing docs/experiment_count.svg",
        25,
    ),
    "training_on_a_gpu": Measurement(
        "Training on a GPU",
        "At least 90% of the speed of steps on batches that wait in the GPU's memory. How busy a GPU is, and the hours "
        "that AlexNet and VGG-16 take on it at paper scale, are not measured by any of these scripts.",
        "--device cuda --rounds 50",
        2,
        gpu=True,
        script="training",
    ),
}
RENAMED = {  # scripts that a text may name still -> what they are today
    "inspect_network": "run_analysis",
    "evaluate_predictions": "run_analysis",
    "probe_features": "run_analysis",
    "embed_features": "run_analysis",
    "find_neighbours": "run_analysis",
}
NO_GPU = "Not measured: there is no CUDA on this machine."
UNMEASURED = "Not measured yet."


def machine() -> dict[str, str]:
    """What the measurements depend on: no name of the host, no path."""
    import torch

    cpuinfo = Path("/proc/cpuinfo")
    model = re.search(r"model name\s*:\s*(.*)", cpuinfo.read_text()) if cpuinfo.exists() else None
    memory = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") / 2**30
    gpu = torch.cuda.get_device_name() if torch.cuda.is_available() else "none"
    hardware = {"CPU": model[1] if model else platform.machine(), "cores": str(os.cpu_count())}
    hardware |= {"memory": f"{memory:.0f} GiB", "GPU": gpu}
    return hardware | {"Python": platform.python_version()} | {name: version(name) for name in PACKAGES}


def command(name: str, quick: bool) -> list[str]:
    """What to run for the measurement `name`."""
    measurement = MEASUREMENTS[name]
    script = f"benchmarks/{measurement.script or name}.py"
    options = [] if quick and not measurement.gpu else shlex.split(measurement.options)
    return ["python", script, *options]


def measure(name: str, quick: bool) -> str:
    """The command, and what it prints."""
    words = command(name, quick)
    result = subprocess.run([sys.executable, *words[1:]], cwd=ROOT, capture_output=True, text=True, check=False)
    if result.returncode:
        sys.exit(f"{shlex.join(words)}\n{result.stderr}")
    return f"$ {shlex.join(words)}\n{result.stdout.strip()}\n"


def page(about: dict[str, str], texts: dict[str, str]) -> str:
    """The page: the machine, all goals, and a section for each measurement that there is."""
    parts = [
        "# How fast it is\n",
        "Measured against what people would use instead, where there is such a thing, each reference in the same run "
        "and with the quality beside it. Written by `python benchmarks/performance.py`, which says how to measure "
        "again.\n",
        "\n".join(["| | |", "|---|---|", *(f"| {key} | {value} |" for key, value in about.items())]) + "\n",
        "## Goals\n",
        "\n".join(["| measurement | goal | asked for | found | holds |", "|---|---|---|---|---|", *goal_rows(texts)])
        + "\n",
    ]
    for name, measurement in MEASUREMENTS.items():
        if name in texts:
            parts += [f"## {measurement.title}\n", f"{measurement.goal}\n", f"```text\n{texts[name].strip()}\n```\n"]
            parts += renamed(texts[name])
            if drawing := re.search(r"--drawing docs/(\S+\.svg)", texts[name]):
                parts.append(f"![{measurement.title}]({drawing[1]})\n")
        else:
            why = NO_GPU if measurement.gpu else UNMEASURED
            parts += [f"## {measurement.title}\n", f"{measurement.goal}\n", f"{why}\n"]
    return "\n".join(parts)


def renamed(text: str) -> list[str]:
    """A line for each script that has another name since it was measured, by the name that it has today."""
    former: dict[str, list[str]] = {}
    for before, today in RENAMED.items():
        if re.search(rf"^{before}\b", text, re.MULTILINE):
            former.setdefault(today, []).append(f"`{before}`")
    return [f"Since this was measured, {', '.join(names)} have become `{today}`.\n" for today, names in former.items()]


def goal_rows(texts: dict[str, str]) -> list[str]:
    """A line of the table of goals for every one in the texts, and for those that could not be measured."""
    rows = []
    for name, measurement in MEASUREMENTS.items():
        if name not in texts:
            rows.append(f"| {measurement.title} | | | not measured{': no CUDA' if measurement.gpu else ''} | |")
        for table in timing.read_tables(texts.get(name, "")):
            if tuple(table[0]) == timing.GOALS:
                cells = (" | ".join(row[column] for column in timing.GOALS) for row in table)
                rows += [f"| {measurement.title} | {line} |" for line in cells]
    return rows


def main() -> None:
    """Measure, keep the texts, write the page."""
    minutes = [f"    {name:<20}{measurement.minutes:>3}" for name, measurement in MEASUREMENTS.items()]
    description = __doc__.format(minutes="\n".join(["Minutes on 2 cores, whole:\n", *minutes]))
    parser = argparse.ArgumentParser(description=description, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--only", nargs="+", choices=list(MEASUREMENTS), metavar="NAME", help="(default: all)")
    parser.add_argument("--quick", action="store_true", help="small sizes: whether everything works")
    options = parser.parse_args()

    about = machine()
    record = TEXTS / MACHINE
    if options.only and record.exists() and json.loads(record.read_bytes()) != about:
        parser.exit(2, f"error: docs/performance/{MACHINE} names another machine or versions: leave out --only\n")
    for name in options.only or MEASUREMENTS:
        if MEASUREMENTS[name].gpu and about["GPU"] == "none":
            continue
        start = time.perf_counter()
        text = measure(name, options.quick)
        print(f"{name}: {(time.perf_counter() - start) / 60:.1f} minutes", flush=True)
        if not options.quick:
            TEXTS.mkdir(exist_ok=True)
            record.write_text(json.dumps(about, indent=2) + "\n")
            (TEXTS / f"{name}.txt").write_text(text)
    if options.quick:
        return
    texts = {path.stem: path.read_text() for path in sorted(TEXTS.glob("*.txt"))}
    PAGE.write_text(page(about, texts))


if __name__ == "__main__":
    main()
