"""The scales at which a training can be run, the smallest first."""

from collections.abc import Iterable

SCALES = ("demo", "laptop", "paper")
REAL = SCALES[1:]  # at which the networks are those that were published, and the data may be
BLOCKS = SCALES[:-1]  # an entry of params.yaml says what the last one is; a block overrides it at each other scale


def smallest(scales: Iterable[str], default: str) -> str:
    """The smallest of some scales; `default` where there is none."""
    return min(scales, key=SCALES.index, default=default)
