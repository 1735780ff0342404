"""What every reader gives to `prepare`: the labels of one split, and its images by row, a block at a time."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass

import numpy as np

from revisit.data.objects import Annotations
from revisit.errors import DataError

TESTS = ("test", "val", "valid")  # names of test splits in files: the first one that is there
DRAW = 2  # of the seed, where a reader draws the test split; 0 and 1 draw the subsets of train and test
Blocks = Iterator[tuple[np.ndarray, np.ndarray]]  # positions (n,) and images (n, H, W, C) uint8


@dataclass(frozen=True)
class Split:
    """One split of a data set as it lies in the official files.

    `labels`: (N,) int64 within 0..K-1; with several labels per image (N, K) int8 of 1 (present), -1 (absent) and
    0 (excluded). `classes`: the K names. `images(rows, size)`: the images of the rows (ascending, each once),
    and of no others, in the order in which they are met: each block comes with its images' positions in `rows`.
    With a `size` they are size x size pixels; without, all of a block are alike. `objects`: those in the images, where
    the settings ask for them.
    """

    labels: np.ndarray
    classes: list[str]
    images: Callable[[np.ndarray, int | None], Blocks]
    objects: Annotations | None = None

    @property
    def multi_label(self) -> bool:
        """Whether an image may have several labels."""
        return self.labels.ndim == 2


def agreed(given: list[str] | None, found: list[str], where: str) -> list[str]:
    """The classes in the order of `given`, or as found where None are given.

    Raises DataError with both lists unless the names are the same.
    """
    if given is None:
        return found
    if sorted(given) != sorted(found):
        missing, unknown = sorted(set(given) - set(found)), sorted(set(found) - set(given))
        raise DataError(
            f"{where}: expected the classes of params.yaml, {', '.join(given)}, found {', '.join(found)} "
            f"(not there: {', '.join(missing) or 'none'}; not expected: {', '.join(unknown) or 'none'}): "
            "name in params.yaml (`classes`) the classes that are there, or get the data set again"
        )
    return given
