"""Means of what looks measured. The report computes some too, so PyTorch is not imported here."""

from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    import pandas as pd


def mean_or_none(values: "np.ndarray | pd.Series") -> float | None:
    """The mean of the finite values; None without any."""
    values = np.asarray(values, np.float64)
    finite = values[np.isfinite(values)]
    return float(finite.mean()) if len(finite) else None
