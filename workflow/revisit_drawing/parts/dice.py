"""Random numbers that are the same on every machine and with every version of NumPy.

Only `PCG64.random_raw` and `SeedSequence` are used: NumPy keeps these streams unchanged (NEP 19),
while the methods of `Generator` may change with a release.
"""

from collections.abc import Sequence
from typing import TypeVar

import numpy as np

T = TypeVar("T")


class Dice:
    """Uniform draws from one stream, chosen by non-negative integers (seed, split, row, ...).

    Use keys of one length, numbers below 2**32: `SeedSequence` takes (1,) and (1, 0) for the same.
    """

    def __init__(self, *key: int) -> None:
        self._bits = np.random.PCG64(np.random.SeedSequence(key))
        self._ahead: list[int] = []

    def _next(self) -> int:
        if not self._ahead:  # one call for many numbers: the call itself is the cost
            self._ahead = self._bits.random_raw(64).tolist()
        return self._ahead.pop()

    def uniform(self, low: float, high: float) -> float:
        """A float in [low, high)."""
        return low + (high - low) * ((self._next() >> 11) * 2.0**-53)

    def integer(self, low: int, high: int) -> int:
        """An integer in low..high, both included (for ranges far below 2**64)."""
        return low + self._next() % (high - low + 1)

    def chance(self, probability: float) -> bool:
        """True with this probability."""
        return self.uniform(0.0, 1.0) < probability

    def choice(self, options: Sequence[T]) -> T:
        """One of the options, all equally likely."""
        return options[self.integer(0, len(options) - 1)]

    def permutation(self, n: int) -> list[int]:
        """The numbers 0..n-1 in random order (Fisher-Yates)."""
        order = list(range(n))
        for i in range(n - 1, 0, -1):
            j = self.integer(0, i)
            order[i], order[j] = order[j], order[i]
        return order

    def bytes(self, n: int) -> np.ndarray:
        """`n` independent numbers in 0..255, as (n,) uint8."""
        return self._bits.random_raw((n + 7) // 8).astype("<u8").view(np.uint8)[:n]
