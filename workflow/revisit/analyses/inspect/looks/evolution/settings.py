"""Look `evolution` in `params.yaml`."""

from typing import TypedDict

from pydantic import Field

from revisit.analyses.inspect.kinds import Look
from revisit.params.fields import Layers, Section


class Evolution(Section):
    """Projections of strong activations over the snapshots of the training."""

    layers: Layers = Field(description="layers with feature maps")
    maps: int = Field(4, ge=1, le=64, description="feature maps of each layer")


class Settings(TypedDict):
    """What the look `evolution` gets."""

    layers: list[str]
    maps: int


LOOK = Look(Evolution, order=40)
