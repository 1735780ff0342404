"""Stage `segment` in `params.yaml`."""

from typing import TypedDict

from pydantic import Field

from revisit.analyses.kinds import Kind
from revisit.params.fields import Count, Section


class Segment(Section):
    """How well a network tells the class of every pixel of the test images."""

    images: Count | None = Field(None, description="test images, the first ones (null: all)")
    bootstrap: int = Field(1000, ge=100, le=1_000_000, description="resamples behind each interval")
    seed: int = Field(0, ge=0, lt=2**31, description="of the resampling, and of the choice of pictures")
    shown: int = Field(8, ge=1, le=12, description="pictures for the page, spread over the classes")
    smallest: int = Field(16, ge=1, description="pixels of a connected region that counts as an object")


class Settings(TypedDict):
    """What the stage `segment` gets."""

    experiment: str
    images: int | None
    bootstrap: int
    seed: int
    shown: int
    smallest: int
    dataset: str
    model: str
    device: str


KIND = Kind(Segment, reads="network", needs=("segmentation", "a network that classifies pixels"))
