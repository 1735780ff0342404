"""Jumps of a projection from one moment of a training to the next, and whether its image changed with them.

Zeiler & Fergus 2014 (ECCV, arXiv:1311.2901, section 4): "Sudden jumps in appearance result from a change in the image
from which the strongest activation originates." They judge by eye. Here a projection jumps where its correlation with
that of the moment before is below `JUMP` (assumed). Whether the image changed is told apart from that: a projection
can jump within one image, since filters change and the strongest place moves, and two images can excite a map by the
same structure.
"""

from typing import Any

import numpy as np

from revisit.analyses.inspect.means import mean_or_none

JUMP = 0.5  # correlation: a quarter of the variance in common


def likeness(pictures: np.ndarray) -> np.ndarray:
    """How much each projection is like that of the moment before: Pearson's correlation over pixels and channels.

    Args:
        pictures: (maps, moments, h, w, C) uint8.

    Returns:
        (maps, moments - 1) float64 from -1 to 1; NaN where either picture is the same everywhere.
    """
    values = pictures.reshape(*pictures.shape[:2], -1).astype(np.float64)
    values -= values.mean(axis=2, keepdims=True)
    lengths = np.sqrt((values**2).sum(axis=2))
    products = (values[:, 1:] * values[:, :-1]).sum(axis=2)
    scale = lengths[:, 1:] * lengths[:, :-1]
    return np.divide(products, scale, out=np.full(products.shape, np.nan), where=scale > 0)


def told(alike: np.ndarray, changed: np.ndarray) -> dict[str, Any]:
    """What maps did from moment to moment.

    Args:
        alike: float64, as `likeness` gives it, in any shape; what is NaN is no step.
        changed: bool, the same shape: whether the image with the strongest activation is another one.

    Returns:
        `steps`, how many there are; `jumps`, how many of them are jumps, `jumps_changed` and `jumps_kept` those with
        another image and with the same; `changed_at_jumps` and `changed_elsewhere`, the shares of the jumps and of the
        other steps with another image; `likeness_changed` and `likeness_kept`, the mean correlation of the steps with
        another image and with the same. None where there is nothing to take a share or mean of.
    """
    known = ~np.isnan(alike)
    jumps, changed, alike = (alike < JUMP)[known], changed[known], alike[known]
    return {
        "steps": int(known.sum()),
        "jumps": int(jumps.sum()),
        "jumps_changed": int((jumps & changed).sum()),
        "jumps_kept": int((jumps & ~changed).sum()),
        "changed_at_jumps": mean_or_none(changed[jumps]),
        "changed_elsewhere": mean_or_none(changed[~jumps]),
        "likeness_changed": mean_or_none(alike[changed]),
        "likeness_kept": mean_or_none(alike[~changed]),
    }
