"""Look `deconvnet` in `params.yaml`."""

from typing import TypedDict

from pydantic import Field

from revisit.analyses.inspect.kinds import Look, more_images
from revisit.params.fields import Layers, Section


class Deconvnet(Section):
    """Projections of strong activations back to the pixels (Zeiler & Fergus 2014)."""

    layers: Layers = Field(description="layers with feature maps")
    maps: int = Field(4, ge=1, le=64, description="feature maps of each layer, those with the strongest activations")
    top: int = Field(9, ge=1, le=64, description="images with the strongest activations of each map")


class Settings(TypedDict):
    """What the look `deconvnet` gets."""

    layers: list[str]
    maps: int
    top: int


LOOK = Look(Deconvnet, order=30, check=more_images("deconvnet", "top"))
