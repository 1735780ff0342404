"""Look `faithfulness` in `params.yaml`."""

from typing import TypedDict

from pydantic import Field

from revisit.analyses.inspect.kinds import Look, more_images
from revisit.params.fields import Images, Layers, Section


class Faithfulness(Section):
    """Whether projections (Zeiler & Fergus 2014) show what excites a map: their likeness, and hiding what they show."""

    layers: Layers = Field(description="layers with feature maps; of the last, what hiding does to the class as well")
    maps: int = Field(8, ge=1, le=64, description="feature maps of each layer, those with the strongest activations")
    top: int = Field(9, ge=2, le=64, description="images with the strongest activations of each map")
    images: Images = Field(100, description="test images whose class is watched, spread over the classes")
    share: float = Field(0.2, gt=0, lt=1, description="of the pixels that the activation sees: how many are hidden")
    draws: int = Field(5, ge=1, le=100, description="times that as many pixels are drawn at random")


class Settings(TypedDict):
    """What the look `faithfulness` gets."""

    layers: list[str]
    maps: int
    top: int
    images: int
    share: float
    draws: int


LOOK = Look(Faithfulness, order=35, classifier=True, check=more_images("faithfulness", "images", "top"))
