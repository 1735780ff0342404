"""What the task gets of `params.yaml`: a type alone, imported where types are checked."""

from typing import Literal

from revisit.tasks.settings import Objective


class Settings(Objective):
    """`objective` of a protocol, with what pairs add to it."""

    margin: float
    sampler: Literal["anchor", "random"]
    similar: float
    pool: float
    test_pairs: Literal["anchor", "random"]
