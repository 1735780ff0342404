"""The `inspect` analysis of `params.yaml`: what is looked at inside a network. A part left out (null) is not done."""

from typing import Annotated

from pydantic import Field, StringConstraints

from revisit.params.fields import EACH_ONCE, Count, Name, Section

# A submodule of a network; with a split it becomes a file name.
LAYER = r"^[A-Za-z0-9_.]+$"
Layer = Annotated[str, StringConstraints(pattern=LAYER, max_length=64)]
Layers = Annotated[list[Layer], Field(min_length=1), EACH_ONCE]
Share = Annotated[float, Field(ge=0, le=1, allow_inf_nan=False)]
Images = Annotated[int, Field(ge=1, le=1000)]


class Filters(Section):
    """First-layer filters, followed over the snapshots of the training."""

    numbers: Annotated[list[Annotated[int, Field(ge=0)]], Field(min_length=1), EACH_ONCE] = Field(
        description="which filters, counted from 0"
    )


class Strongest(Section):
    """The strongest feature map of each layer."""

    layers: Layers = Field(description="layers with feature maps")
    images: Images = Field(6, description="test images to show")


class Deconvnet(Section):
    """Projections of strong activations back to the pixels (Zeiler & Fergus 2014)."""

    layers: Layers = Field(description="layers with feature maps")
    maps: int = Field(4, ge=1, le=64, description="feature maps of each layer, those with the strongest activations")
    top: int = Field(9, ge=1, le=64, description="images with the strongest activations of each map")


class Evolution(Section):
    """The same projections over the snapshots of the training."""

    layers: Layers = Field(description="layers with feature maps")
    maps: int = Field(4, ge=1, le=64, description="feature maps of each layer")


class Invariance(Section):
    """How far the features of an image move when the image is moved, enlarged or turned."""

    layers: Layers = Field(description="layers to compare")
    images: int = Field(50, ge=2, le=10_000, description="test images behind each mean")
    translate: float = Field(0.25, gt=0, le=1, description="largest vertical shift, as a share of the height")
    scale: float = Field(1.8, gt=1, le=10, description="largest enlargement")
    rotate: float = Field(180.0, gt=0, le=360, description="largest angle, degrees")
    steps: int = Field(9, ge=2, le=100, description="amounts of each transformation, the identity included")


class Occlusion(Section):
    """What happens to the probability of the true class when a square hides a part of the image."""

    layer: Layer = Field(description="the layer whose strongest feature map is watched")
    images: Images = Field(50, description="test images behind the means; the first ones are shown")
    size: float = Field(0.25, gt=0, lt=1, description="side of the square, as a share of the image's")
    stride: float = Field(0.0625, gt=0, lt=1, description="steps of the square, as a share of the image's side")


class Correspondence(Section):
    """Whether hiding the same part of several images changes their features in the same way."""

    layers: Layers = Field(description="layers to compare")
    label: str = Field(min_length=1, description="the class of the images")
    images: int = Field(5, ge=2, le=100, description="test images of it, those that the network is surest of")
    parts: dict[Name, Annotated[list[Share], Field(min_length=4, max_length=4)]] = Field(
        min_length=1, description="boxes: top, left, bottom, right, as shares of height and width"
    )
    random: int = Field(3, ge=1, le=100, description="boxes at random places, to compare with")


class Inspect(Section):
    """A look inside the network: parameters, activations, first filters, and the parts below."""

    images: Count = Field(500, description="test images looked at")
    seed: int = Field(0, ge=0, lt=2**31, description="of the choice among them")
    filters: Filters | None = Field(None, description="first-layer filters over the training")
    strongest: Strongest | None = Field(None, description="strongest feature maps")
    deconvnet: Deconvnet | None = Field(None, description="projections of strong activations")
    evolution: Evolution | None = Field(None, description="projections over the training")
    invariance: Invariance | None = Field(None, description="translated, enlarged and rotated images")
    occlusion: Occlusion | None = Field(None, description="a square slid over images")
    correspondence: Correspondence | None = Field(None, description="the same part hidden in several images")
