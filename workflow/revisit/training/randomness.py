"""Random numbers that depend on a seed, a purpose and a counter alone, never on what was drawn before.

A resumed training therefore needs to know only its step. Dropout and noise inside a network are the exception: they
come from PyTorch's generator, whose state is part of a resume state.
"""

from enum import IntEnum

import numpy as np


class Purpose(IntEnum):
    """What numbers are drawn for; each purpose has a stream of its own."""

    ORDER = 1
    SUBSET = 2
    CROP_AND_FLIP = 3
    MIXUP = 4
    PAIRS = 5
    TEST_PAIRS = 6
    BATCH = 7
    TEST_ANCHORS = 8


def generator(purpose: Purpose, seed: int, counter: int = 0) -> np.random.Generator:
    """The generator of one purpose at one counter (an epoch, a step); takes 10 microseconds."""
    # The purpose comes first and is never 0: NumPy pads with zeros, and (1, 2) would equal (1, 2, 0).
    return np.random.default_rng((int(purpose), seed, counter))
