"""Look `filters` in `params.yaml`."""

from typing import Annotated, TypedDict

from pydantic import Field

from revisit.analyses.inspect.kinds import Look
from revisit.params.fields import EACH_ONCE, Section


class Filters(Section):
    """First-layer filters, followed over the snapshots of the training."""

    numbers: Annotated[list[Annotated[int, Field(ge=0)]], Field(min_length=1), EACH_ONCE] = Field(
        description="which filters, counted from 0"
    )


class Settings(TypedDict):
    """What the look `filters` gets."""

    numbers: list[int]


LOOK = Look(Filters, order=10)
