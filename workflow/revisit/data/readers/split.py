"""What every reader gives to `prepare`: the images of one split, read in blocks, and their labels."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass

import numpy as np


@dataclass(frozen=True)
class Split:
    """One split of a data set as it lies in the official files.

    `labels`: (N,) int64, within 0..K-1. `shape`: (H, W, C) of every image. `blocks()` yields the images in
    the order of the labels, a few at a time, as (n, H, W, C) uint8; together they are N images.
    """

    labels: np.ndarray
    shape: tuple[int, int, int]
    blocks: Callable[[], Iterator[np.ndarray]]
