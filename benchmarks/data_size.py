"""Time and memory of the stages against the number of images: the same pipeline on 1, 4 and 16 times as many.

    python benchmarks/data_size.py                                          # a quick try
    python benchmarks/data_size.py --images 2000 --drawing docs/data_size.svg     # the whole measurement: minutes

JPEG files of 128 x 128 pixels in folders are prepared, trained on for one epoch (a LeNet of half width, on crops of 32
pixels) and turned into features, by the scripts of the stages in a copy of this tree. CPU seconds and peak memory are
those of the script; the memory is what the process has for itself (Linux: RssAnon, looked at every 2 ms), without the
pages of memory-mapped files, which the system takes back when it needs them. Reference: the smallest number of images.
Near linear: the exponent of CPU seconds against images between the two largest numbers, both counted from the smallest.
Memory is a constant and a number of bytes for each byte of the prepared images, smallest against largest.
"""

import argparse
import subprocess
import sys
import tempfile
import threading
import time
from pathlib import Path

import timing
from drawing import draw

# isort: split
import numpy as np

from tree import Tree, reduced

FACTORS = (1, 4, 16)
STAGES = {"prepare": "prepare_dataset", "train": "train_network", "extract": "extract_features"}
NAME = "growth"  # of the data set and of the experiment
SIDE, CLASSES = 128, 10
# Bytes of memory that a stage may take for each byte of the prepared images, and MB on top of that.
BOUNDS = {"prepare": (0.1, 200), "train": (1.1, 700), "extract": (0.1, 700)}


def tree_with(folder: Path, images: int) -> Tree:
    """A copy of the repository with one experiment on `images` training images and a tenth of that for the test."""
    tree = Tree(folder, stand_ins=False, trainings=None)
    params = tree.params
    params["raw"]["growth"] = params["raw"]["patterns"]
    params["datasets"]["growth"] = {"raw": "growth", "size": SIDE, "train": images, "test": images // 10}
    network = {"study": "lenet", "dataset": "growth", "model": "lenet", "network": {"width": 0.5}, "crop": 32}
    protocol = {"optimizer": {"name": "sgd", "lr": 0.01}, "batch_size": 50, "epochs": 1, "evaluate_every": 10**6}
    params["experiments"]["growth"] = network | protocol
    params["analyses"]["extract"]["growth"] = {"layers": ["fc1"]}
    tree.params = reduced(params, ["growth"])
    write_photographs(tree.folder / "data/raw/growth", {"train": images, "test": images // 10})
    return tree


def write_photographs(folder: Path, counts: dict[str, int]) -> None:
    """An archive of `<split>/<class>/*.jpg`: noise, a few pictures over and over."""
    from revisit.data import provenance
    from revisit_drawing.parts import photo
    from revisit_drawing.writers import folder as writer

    random = np.random.default_rng(0)
    pictures = [photo.jpeg(random.integers(0, 255, (SIDE, SIDE, 3)).astype(np.uint8)) for _ in range(CLASSES)]
    folder.mkdir(parents=True)
    names = ((split, number) for split, count in counts.items() for number in range(count))
    files = ((f"growth/{split}/{n % CLASSES}", f"{n:06d}", pictures[n % CLASSES]) for split, n in names)
    writer.write(folder, "growth", files)
    provenance.write(folder, provenance.DRAWN)


def watched(tree: Tree, script: str, name: str) -> tuple[float, float]:
    """CPU seconds and peak memory in MB of a script."""
    peak = 0

    def look(process: subprocess.Popen) -> None:
        nonlocal peak
        while process.poll() is None:
            try:
                status = Path(f"/proc/{process.pid}/status").read_text()
                peak = max(peak, int(status.partition("RssAnon:")[2].split()[0]))
            except (FileNotFoundError, ProcessLookupError, IndexError):  # it is starting or ending
                pass
            time.sleep(0.002)

    def run() -> None:
        process = tree.start("python", f"workflow/scripts/{script}.py", name, REVISIT_CORES="1")
        watcher = threading.Thread(target=look, args=(process,))
        watcher.start()
        output, _ = process.communicate()
        watcher.join()
        if process.returncode:
            sys.exit(output)

    seconds, _ = timing.children(run)
    return seconds, peak * 1024 / 1e6


def main() -> None:
    """Measure, print one table and, if asked to, draw it."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--images", type=int, default=50, help="training images, the smallest number (default 50)")
    parser.add_argument("--stages", nargs="+", choices=list(STAGES), default=list(STAGES), help="(default: all)")
    parser.add_argument("--drawing", type=Path, help="an SVG file to write")
    options = parser.parse_args()

    counts = [factor * options.images for factor in FACTORS]
    seconds: dict[str, list[float]] = {stage: [] for stage in options.stages}
    memory: dict[str, list[float]] = {stage: [] for stage in options.stages}
    with tempfile.TemporaryDirectory() as scratch:
        for count in counts:
            tree = tree_with(Path(scratch, str(count)), count)
            for stage in options.stages:
                taken, peak = watched(tree, STAGES[stage], NAME)
                seconds[stage].append(taken)
                memory[stage].append(peak)
    data = [(count + count // 10) * SIDE * SIDE * 3 / 1e6 for count in counts]
    rows, goals = [], []
    for stage in options.stages:
        for i, count in enumerate(counts):
            times = seconds[stage][0] / seconds[stage][i]
            numbers = f"{seconds[stage][i]:.2f}", f"{times:.2f}", f"{memory[stage][i]:.0f}", f"{data[i]:.1f}"
            rows.append((stage, f"{count:,}", *numbers))
        grown = timing.exponent(counts, seconds[stage])
        goals.append(timing.Goal(f"{stage}: exponent of the time", grown, at_most=1.1))
        slope = (memory[stage][-1] - memory[stage][0]) / (data[-1] - data[0])
        share, constant = BOUNDS[stage]
        goals.append(timing.Goal(f"{stage}: bytes for each byte of images", slope, at_most=share))
        rest = max(peak - max(slope, 0) * size for peak, size in zip(memory[stage], data, strict=True))
        goals.append(timing.Goal(f"{stage}: constant, MB", rest, at_most=constant))
    timing.print_table(
        f"1, 4 and 16 times as many images, one thread; reference: {counts[0]:,} images",
        ("stage", "images", "CPU s", "times as fast", "peak MB", "images, MB"),
        rows,
    )
    timing.print_goals(*goals)
    if options.drawing:
        draw(
            options.drawing,
            "training images",
            counts,
            {"CPU seconds": seconds, "peak memory, MB": memory | {"the prepared images": data}},
        )


if __name__ == "__main__":
    main()
