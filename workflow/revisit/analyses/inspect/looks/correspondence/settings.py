"""Look `correspondence` in `params.yaml`."""

from typing import TYPE_CHECKING, Annotated, Any, TypedDict

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
    random: int = Field(3, ge=1, le=100, description="boxes at random places, to compare with")


class Settings(TypedDict):
    """What the look `correspondence` gets."""

    layers: list[str]
    label: str
    images: int
    parts: dict[str, list[float]]
    random: int


def check(params: "Params", name: str, inspect: Any, found: "Mistakes") -> None:
    """Record a class that there is not, and parts that are no boxes."""
    place = ("analyses", "inspect", name, "correspondence")
    label, known = inspect.correspondence.label, params.classes_of(name)
    if known and label not in known:
        found.add((*place, "label"), unknown(label, "class", known))
    for part, (top, left, bottom, right) in inspect.correspondence.parts.items():
        if not (top < bottom and left < right):
            problem = f"[{top}, {left}, {bottom}, {right}] is no box: top, left, bottom, right"
            found.add((*place, "parts", part), problem)


LOOK = Look(Correspondence, order=70, classifier=True, check=check)
