"""A few of many: steps of a training, layers of a network."""

from collections.abc import Iterable
from typing import TypeVar

import numpy as np

T = TypeVar("T")


def spaced(items: Iterable[T], most: int) -> list[T]:
    """At most `most` of some items, two or more, evenly spaced among them: the first one and the last one are there."""
    items = list(items)
    if len(items) <= most:
        return items
    return [items[place] for place in np.linspace(0, len(items) - 1, most).round().astype(int)]
