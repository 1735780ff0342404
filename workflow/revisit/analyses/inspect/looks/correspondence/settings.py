"""Look `correspondence` in `params.yaml`."""

from typing import TYPE_CHECKING, Annotated, Any, Literal, TypedDict

from pydantic import Field

from revisit.analyses.inspect.kinds import Look
from revisit.params.fields import Layers, Name, Section, Share
from revisit.params.words import unknown

if TYPE_CHECKING:
    from revisit.params.mistakes import Mistakes
    from revisit.params.schema import Params


class Correspondence(Section):
    """Whether hiding the same part of several images changes their features in the same way."""

    layers: Layers = Field(description="layers to compare")
    label: str = Field(min_length=1, description="the class of the images")
    images: int = Field(5, ge=2, le=100, description="test images of it, those that the network is surest of")
    parts: dict[Name, Annotated[list[Share], Field(min_length=4, max_length=4)]] = Field(
        min_length=1, description="boxes: top, left, bottom, right, as shares of height and width"
    )
    of: Literal["box"] | None = Field(
        None,
        description="what the parts are shares of: box, of the object's box, in images that show one of the class, "
        "whole and not difficult (null: of the image)",
    )
    random: int = Field(3, ge=1, le=100, description="boxes at random places, to compare with")


class Settings(TypedDict):
    """What the look `correspondence` gets."""

    layers: list[str]
    label: str
    images: int
    parts: dict[str, list[float]]
    of: str | None
    random: int


def check(params: "Params", name: str, inspect: Any, found: "Mistakes") -> None:
    """Record a class that there is not, parts that are no boxes, and parts of boxes where the data set has none."""
    place = ("analyses", "inspect", name, "correspondence")
    label, known = inspect.correspondence.label, params.classes_of(name)
    if known and label not in known:
        found.add((*place, "label"), unknown(label, "class", known))
    if inspect.correspondence.of and (dataset := _without_boxes(params, name)):
        found.add((*place, "of"), f"the data set {dataset} has no boxes; give it `objects`, or leave `of` out")
    for part, (top, left, bottom, right) in inspect.correspondence.parts.items():
        if not (top < bottom and left < right):
            problem = f"[{top}, {left}, {bottom}, {right}] is no box: top, left, bottom, right"
            found.add((*place, "parts", part), problem)


def _without_boxes(params: "Params", name: str) -> str | None:
    """The data set of a training, where nothing is known of the objects in its images and nothing else is wrong."""
    dataset = params.data_of(params.trainings[name].dataset)
    known = params.datasets.get(dataset)
    return dataset if known and known.raw in params.raw and params.objects_of(dataset) is None else None


LOOK = Look(Correspondence, order=70, classifier=True, check=check)
