"""How sparse a code is."""

from typing import TypedDict

import numpy as np

ACTIVE = 0.1  # of the largest magnitude in all codes
DEAD = 0.001  # of the largest standard deviation of a unit


class Sparsity(TypedDict):
    """Of a code.

    Attributes:
        hoyer: the mean over the images of Hoyer's sparseness (2004, JMLR 5:1457-1469, section 3.1), by magnitude: 0
            where all units are equal, 1 where one alone is not 0. None where every code is 0.
        active: the share of the activations with more than a tenth of the magnitude of the largest one.
        dead: units that hardly vary over the images: by a thousandth of what varies most, as standard deviations.
    """

    hoyer: float | None
    active: float
    dead: int


def sparsity(code: np.ndarray) -> Sparsity:
    """Of codes (N, D), D at least 2."""
    sizes = np.abs(code.astype(np.float64))
    root = np.sqrt(code.shape[1])
    lengths = np.sqrt((sizes**2).sum(axis=1))
    there = lengths > 0
    each = (root - sizes[there].sum(axis=1) / lengths[there]) / (root - 1)
    spread = code.std(axis=0, dtype=np.float64)
    return {
        "hoyer": float(each.mean()) if there.any() else None,
        "active": float((sizes > ACTIVE * sizes.max()).mean()),
        "dead": int((spread <= DEAD * spread.max()).sum()),
    }
