"""How sure a mean is."""

from collections.abc import Sequence

import numpy as np

CONFIDENCE = 0.95


def student(values: Sequence[float] | np.ndarray) -> tuple[float, float] | None:
    """Student's interval for the mean of `values` at a confidence of 95%; None for a single one."""
    if len(values) < 2:
        return None
    from scipy.special import stdtrit  # Student's t; not for single runs: it takes long to import

    mean, error = float(np.mean(values)), np.std(values, ddof=1) / np.sqrt(len(values))
    reach = float(stdtrit(len(values) - 1, (1 + CONFIDENCE) / 2) * error)
    return mean - reach, mean + reach
