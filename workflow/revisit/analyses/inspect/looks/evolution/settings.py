"""Look `evolution` in `params.yaml`."""

from typing import Any, TypedDict

from pydantic import Field

from revisit.analyses.inspect.kinds import Look
from revisit.params.fields import Layers, Section


class Evolution(Section):
    """Projections of the strongest activations over all training images, at the snapshots of the training."""

    layers: Layers = Field(description="layers with feature maps")
    maps: int = Field(4, ge=1, le=64, description="feature maps of each layer that are shown")
    counted: int = Field(
        24, ge=1, le=4096, description="feature maps of each layer whose jumps are counted, those shown among them"
    )


class Settings(TypedDict):
    """What the look `evolution` gets."""

    layers: list[str]
    maps: int
    counted: int


def _check(_params: Any, name: str, inspect: Any, found: Any) -> None:
    if (shown := inspect.evolution.maps) > (counted := inspect.evolution.counted):
        place = ("analyses", "inspect", name, "evolution", "maps")
        found.add(place, f"{shown} is more than the {counted} maps whose jumps are counted (`counted`)")


LOOK = Look(Evolution, order=40, check=_check)
