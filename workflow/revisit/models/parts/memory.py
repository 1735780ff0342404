"""Tensors that are computed once and known again."""

import hashlib
from collections.abc import Callable, Sequence

from torch import Tensor


class Memory:
    """Results kept under the digests of the values that they were computed of, as far as they fit.

    Args:
        limit: bytes that are kept; results that do not fit any more are computed anew each time.
    """

    def __init__(self, limit: int) -> None:
        self._left = limit
        self._kept: dict[bytes, list[Tensor]] = {}

    def of(self, given: Sequence[Tensor], compute: Callable[[], list[Tensor]]) -> list[Tensor]:
        """What `compute` makes of `given`, or has made of tensors with the same shapes and values before."""
        digest = hashlib.sha256()
        for tensor in given:
            digest.update(str(tuple(tensor.shape)).encode())
            digest.update(tensor.contiguous().cpu().numpy().data)
        key = digest.digest()
        if (known := self._kept.get(key)) is not None:
            return known
        found = compute()
        size = sum(each.nbytes for each in found)
        if size <= self._left:
            self._kept[key], self._left = found, self._left - size
        return found
