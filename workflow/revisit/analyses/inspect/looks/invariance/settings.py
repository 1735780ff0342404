"""Look `invariance` in `params.yaml`."""

from typing import TypedDict

from pydantic import Field

from revisit.analyses.inspect.kinds import Look, more_images
from revisit.params.fields import Layers, Section


class Invariance(Section):
    """How far the features of an image move when the image is moved, enlarged or turned."""

    layers: Layers = Field(description="layers to compare")
    images: int = Field(50, ge=2, le=10_000, description="test images behind each mean")
    translate: float = Field(0.25, gt=0, le=1, description="largest vertical shift, as a share of the height")
    scale: float = Field(1.8, gt=1, le=10, description="largest enlargement")
    rotate: float = Field(180.0, gt=0, le=360, description="largest angle, degrees")
    steps: int = Field(9, ge=2, le=100, description="amounts of each transformation, the identity included")


class Settings(TypedDict):
    """What the look `invariance` gets."""

    layers: list[str]
    images: int
    translate: float
    scale: float
    rotate: float
    steps: int


LOOK = Look(Invariance, order=50, classifier=True, check=more_images("invariance"))
