"""What the measuring scripts share: one thread as in the pipeline, CPU seconds, features to measure on, a table.

Import it before anything that brings NumPy: the number of threads is read when that loads.
"""

import argparse
import resource
import statistics
import sys
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TypeVar

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "workflow" / "scripts"))

import _command  # noqa: F401  (library path, threads)

# isort: split
import numpy as np

REPEATS = 3  # runs of a measured action
ENOUGH = 5  # CPU seconds, after which there is no further one

CLASSES = 10
HIDDEN = 64  # dimensions of the clouds behind the drawn features
APART = 0.3  # spread of their centres in each of those, in standard deviations of a cloud

T = TypeVar("T")


def cpu_seconds() -> float:
    """Of this process and of its children that have ended. Other load on the machine counts for little."""
    children = resource.getrusage(resource.RUSAGE_CHILDREN)
    return time.process_time() + children.ru_utime + children.ru_stime


def measured(action: Callable[[], T]) -> tuple[T, float]:
    """What `action` returns, and the CPU seconds that it takes: the median of some runs, or one if it is slow."""
    seconds = []
    while len(seconds) < REPEATS and sum(seconds) < ENOUGH:
        start = cpu_seconds()
        result = action()
        seconds.append(cpu_seconds() - start)
    return result, statistics.median(seconds)


def feature_options(parser: argparse.ArgumentParser) -> None:
    """Options that say which features to measure on: drawn ones, unless a folder of real ones is named."""
    parser.add_argument("--dimensions", type=int, default=1024, help="of the drawn features (default 1024)")
    parser.add_argument("--features", type=Path, help="results/features/<experiment>: real features instead")
    parser.add_argument("--layer", default="fc1", help="of the real features (default fc1)")


def features(options: argparse.Namespace, rows: int, split: str = "test") -> tuple[np.ndarray, np.ndarray]:
    """`rows` rows of features (rows, D) float32 and their labels (rows,) int64, as the options say.

    Drawn features look like those of a fully connected layer: overlapping clouds, one for each class, go through a
    random layer with ReLU, so they are sparse, highly correlated (ten principal components hold 0.84 of the variance)
    and cannot be told apart without mistakes.
    """
    if options.features:
        from revisit.analysis.features import load

        source = load(options.features)
        return np.array(source.matrix(options.layer, split)[:rows]), source.labels(split)[:rows]
    layer = np.random.default_rng(0)
    centres = APART * layer.normal(size=(CLASSES, HIDDEN))
    weights = layer.normal(size=(HIDDEN, options.dimensions)) / HIDDEN**0.5
    random = np.random.default_rng({"train": 1, "test": 2}[split])
    labels = random.integers(0, CLASSES, rows)
    clouds = (centres[labels] + random.normal(size=(rows, HIDDEN))) / np.arange(1, HIDDEN + 1)
    return np.maximum(clouds @ weights, 0).astype(np.float32), labels


def print_table(title: str, columns: Sequence[str], rows: Sequence[Sequence[object]]) -> None:
    """The first column to the left, the others to the right; floats come formatted."""
    lines = [list(map(str, row)) for row in (columns, *rows)]
    widths = [max(map(len, column)) for column in zip(*lines, strict=True)]
    print(f"{title}\n")
    for first, *others in lines:
        cells = (cell.rjust(width) for cell, width in zip(others, widths[1:], strict=True))
        print("  ".join([first.ljust(widths[0]), *cells]).rstrip())
