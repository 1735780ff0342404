"""What every task gets of `params.yaml`: a type alone, imported where types are checked."""

from typing import TypedDict


class Objective(TypedDict):
    """`objective` of a protocol; what tasks add to it is in the `settings.py` of their folders."""

    name: str
    loss: str | None
    auxiliary: float  # weight of the losses of auxiliary heads
