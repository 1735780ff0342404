"""Random numbers that stay the same in later versions of NumPy."""

import numpy as np

from revisit.objects.arrays import Floats


def uniform(random: np.random.PCG64, count: int) -> Floats:
    """Numbers from 0 to 1 of raw bits, which no version of NumPy changes (NEP 19): (count,) float64."""
    return (random.random_raw(count) >> 11).astype(np.float64) * 2.0**-53
