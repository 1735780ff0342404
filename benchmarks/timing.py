"""What the measuring scripts share: one thread as in the pipeline, CPU seconds, features to measure on, a table.

Import it before anything that brings NumPy: the number of threads is read when that loads.
"""

import argparse
import math
import re
import resource
import statistics
import sys
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import NamedTuple, TypeVar

ROOT = Path(__file__).resolve().parents[1]
sys.path[:0] = [str(ROOT / "workflow" / "scripts"), str(ROOT / "tests" / "pipeline")]  # the latter: copies of the tree

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


def children(action: Callable[[], object]) -> tuple[float, float]:
    """(CPU, wall) seconds of the processes that `action` starts and waits for."""
    before, start = resource.getrusage(resource.RUSAGE_CHILDREN), time.perf_counter()
    action()
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    return after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime, time.perf_counter() - start


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
        from revisit.analyses.features import load

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


def exponent(sizes: Sequence[int], seconds: Sequence[float]) -> float:
    """How time grows with size between the two largest of three sizes: the exponent 1 is linear, 2 is quadratic.

    The slope of log seconds against log size, both counted from the smallest: what does not grow is left out.
    """
    less, more = (value - sizes[0] for value in sizes[-2:])
    shorter, longer = (max(value - seconds[0], 0.01) for value in seconds[-2:])
    return math.log(longer / shorter, more / less)


class Goal(NamedTuple):
    """What a measurement is to reach: `found` is at least, or at most, a bound."""

    what: str
    found: float
    at_least: float | None = None
    at_most: float | None = None

    @property
    def holds(self) -> bool:
        """Whether it is reached."""
        return self.found >= self.at_least if self.at_least is not None else self.found <= self.at_most

    def row(self) -> tuple[str, str, str, str]:
        """Its line in the table of goals."""
        bound = f">= {self.at_least:g}" if self.at_least is not None else f"<= {self.at_most:g}"
        return self.what, bound, f"{self.found:.3g}", "yes" if self.holds else "no"


GOALS = ("goal", "asked for", "found", "holds")  # the columns of their table


def print_goals(*goals: Goal) -> None:
    """A table of goals below that of the measurements."""
    print()
    print_table("goals", GOALS, [goal.row() for goal in goals])


def read_tables(text: str) -> list[list[dict[str, str]]]:
    """The rows of each table in what a measuring script printed: cell by column."""
    blocks = [[re.split(r" {2,}", line.strip()) for line in block.splitlines()] for block in text.split("\n\n")]
    tables = ([dict(zip(lines[0], row, strict=True)) for row in lines[1:]] for lines in blocks if _is_table(lines))
    return list(tables)


def _is_table(lines: list[list[str]]) -> bool:
    return len(lines) > 1 and len(lines[0]) > 1 and all(len(line) == len(lines[0]) for line in lines)
