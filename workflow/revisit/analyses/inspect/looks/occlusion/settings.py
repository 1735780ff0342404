"""Look `occlusion` in `params.yaml`."""

from typing import TypedDict

from pydantic import Field

from revisit.analyses.inspect.kinds import Look, more_images
from revisit.params.fields import Images, Layer, Section


class Occlusion(Section):
    """What happens to the probability of the true class when a square hides a part of the image."""

    layer: Layer = Field(description="the layer whose strongest feature map is watched")
    images: Images = Field(50, description="test images behind the means; the first ones are shown")
    size: float = Field(0.25, gt=0, lt=1, description="side of the square, as a share of the image's")
    stride: float = Field(0.0625, gt=0, lt=1, description="steps of the square, as a share of the image's side")


class Settings(TypedDict):
    """What the look `occlusion` gets."""

    layer: str
    images: int
    size: float
    stride: float


LOOK = Look(Occlusion, order=60, classifier=True, check=more_images("occlusion"))
