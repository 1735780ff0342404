"""Stage `detect` in `params.yaml`."""

from typing import TYPE_CHECKING, Annotated, Any, Literal, NotRequired, TypedDict

from pydantic import Field

from revisit.analyses.kinds import Kind
from revisit.data.settings import Propose
from revisit.params.fields import EACH_ONCE, Count, Section

if TYPE_CHECKING:
    from revisit.params.schema import Params


class Svms(Section):
    """Linear machines on the features of regions, R-CNN's second half: SVMs that score, a regression that moves."""

    images: Count | None = Field(None, description="training images they learn from, the first ones (null: all)")
    C: float = Field(
        0.001,
        gt=0,
        le=1e6,
        description="what a region on the wrong side costs an SVM; the features of the first image's regions have a "
        "mean length of 20",
    )
    ridge: float = Field(1000.0, gt=0, le=1e9, description="penalty of the regression of boxes")


class Restyled(Section):
    """The same test images as pictures of another kind, in which what was learnt from photographs is looked for."""

    styles: Annotated[list[Literal["painting", "sketch"]], Field(min_length=1), EACH_ONCE] = Field(
        ["painting", "sketch"],
        description="painting: few colours in strokes, no textures; sketch: grey lines on white paper",
    )
    images: Count | None = Field(
        None, description="of the test images of the analysis, the first ones (null: all); regions are searched in each"
    )


class Detect(Section):
    """What a detector finds in the test images: average precision, kinds of errors, proposals."""

    images: Count | None = Field(None, description="test images, the first ones (null: all)")
    bootstrap: int = Field(1000, ge=100, le=1_000_000, description="resamples behind each interval")
    seed: int = Field(0, ge=0, lt=2**31, description="of the resampling, and of the choice of pictures")
    shown: int = Field(24, ge=1, le=24, description="pictures with boxes for the page, spread over the classes")
    random_boxes: bool = Field(
        False, description="also in as many random boxes as there are proposals, where the network is given some"
    )
    svms: Svms | None = Field(
        None,
        description="SVMs and a regression of boxes in place of the last layer, where the network describes regions",
    )
    restyled: Restyled | None = Field(None, description="what is still found where images are of another kind")
    threshold: float = Field(0.5, ge=0.01, le=0.99, description="score of detections that the page begins with")


class SvmSettings(TypedDict):
    """R-CNN's second half."""

    images: int | None
    C: float
    ridge: float


class RestyledSettings(TypedDict):
    """Pictures of another kind."""

    styles: list[str]
    images: int | None
    propose: NotRequired[Propose]  # how regions are searched in them, where the data set has some


class Settings(TypedDict):
    """What the stage `detect` gets."""

    experiment: str
    images: int | None
    bootstrap: int
    seed: int
    shown: int
    random_boxes: NotRequired[bool]
    svms: SvmSettings | None
    restyled: NotRequired[RestyledSettings]
    threshold: float
    dataset: str
    model: str
    device: str


def resolved(params: "Params", name: str, detect: Detect) -> dict[str, Any]:
    """What is not asked for does not stand there: without it settings are what they were before there was any."""
    left_out = {key for key in ("random_boxes", "restyled") if not getattr(detect, key)}
    settings = detect.model_dump(exclude=left_out)
    dataset = params.trainings[name].dataset
    if detect.restyled and dataset in params.proposals:
        settings["restyled"]["propose"] = {"proposals": dataset, **params.proposals[dataset].model_dump()}
    return settings


KIND = Kind(Detect, reads="network", needs=("detection", "a detector"), resolved=resolved)
