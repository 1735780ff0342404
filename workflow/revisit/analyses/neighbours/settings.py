"""Stage `neighbours` in `params.yaml`."""

from typing import TYPE_CHECKING, Any, TypedDict

from pydantic import Field

from revisit.analyses.extract.settings import rows
from revisit.analyses.kinds import Kind
from revisit.params.fields import Layers, Section
from revisit.params.words import unknown

if TYPE_CHECKING:
    from revisit.params.mistakes import Mistakes
    from revisit.params.schema import Params


class Neighbours(Section):
    """Nearest neighbours in feature space."""

    layers: Layers = Field(description="layers, among those extracted")
    queries: int = Field(10, ge=1, le=1000, description="query images to show, spread over the classes")
    classes: list[str] | None = Field(None, min_length=1, description="instead: the class of each query image")
    k: int = Field(5, ge=1, le=1000, description="neighbours of each")
    seed: int = Field(0, ge=0, lt=2**31, description="of the choice of queries")


class Settings(TypedDict):
    """What the stage `neighbours` gets."""

    experiment: str
    layers: list[str]
    queries: int | list[str]  # how many, or the class of each
    k: int
    seed: int


def check(params: "Params", name: str, neighbours: Neighbours, found: "Mistakes") -> None:
    """Record more neighbours than there are images, and classes that there are not."""
    place, count = ("analyses", "neighbours", name), rows(params, name)
    if count and neighbours.k >= count:
        found.add((*place, "k"), f"{neighbours.k} is too many for features of {count} test images; at most {count - 1}")
    known = params.classes_of(name)
    for label in neighbours.classes or []:
        if known and label not in known:
            found.add((*place, "classes"), unknown(label, "class", known))


def resolved(params: "Params", name: str, neighbours: Neighbours) -> dict[str, Any]:  # noqa: ARG001
    """`queries` are a number, or names of classes."""
    settings = neighbours.model_dump()
    classes = settings.pop("classes")
    return settings | ({"queries": classes} if classes else {})


KIND = Kind(Neighbours, reads="features", check=check, resolved=resolved)
