"""Images drawn again and again, with replacement: how sure a metric of a test set is (the bootstrap)."""

from collections.abc import Iterator

import numpy as np

_RESAMPLES = 64  # at a time


def resamples(count: int, number: int, seed: int) -> Iterator[np.ndarray]:
    """How often each of `count` images is drawn in each of `number` resamples of as many: blocks (R, count) int32."""
    rng = np.random.default_rng(seed)
    for start in range(0, number, _RESAMPLES):
        rows = min(_RESAMPLES, number - start)
        draws = (rng.integers(0, count, count) for _ in range(rows))
        yield np.stack([np.bincount(drawn, minlength=count) for drawn in draws]).astype(np.int32)


def interval(samples: np.ndarray) -> tuple[float | None, float | None]:
    """The 95% percentile interval of resampled values (R,) without NaN (Efron & Tibshirani 1993, chapter 13).

    None and None where nothing is left. An average precision near chance is a little higher in resamples, where an
    image drawn twice is ranked beside itself; its interval reaches further up than down.
    """
    samples = samples[~np.isnan(samples)]
    if not len(samples):
        return None, None
    low, high = np.percentile(samples, [2.5, 97.5])
    return float(low), float(high)
