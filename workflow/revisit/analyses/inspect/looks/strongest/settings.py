"""Look `strongest` in `params.yaml`."""

from typing import TypedDict

from pydantic import Field

from revisit.analyses.inspect.kinds import Look, more_images
from revisit.params.fields import Images, Layers, Section


class Strongest(Section):
    """The strongest feature map of each layer."""

    layers: Layers = Field(description="layers with feature maps")
    images: Images = Field(6, description="test images to show")


class Settings(TypedDict):
    """What the look `strongest` gets."""

    layers: list[str]
    images: int


LOOK = Look(Strongest, order=20, check=more_images("strongest"))
