"""Stage `photographs` in `params.yaml`."""

from typing import TYPE_CHECKING, Annotated, TypedDict

from pydantic import Field

from revisit.analyses.kinds import Kind
from revisit.params.fields import EACH_ONCE, Name, Section
from revisit.params.words import unknown

if TYPE_CHECKING:
    from revisit.params.mistakes import Mistakes
    from revisit.params.schema import Params

Classes = Annotated[list[str], Field(min_length=1), EACH_ONCE]


class Photographs(Section):
    """What the training images of a class have in common, and how they vary, by their pixels and boxes."""

    groups: dict[Name, Classes] = Field({}, description="classes to compare with all classes")
    resamples: int = Field(1000, ge=100, le=100_000, description="of the images, for intervals")
    seed: int = Field(0, ge=0, lt=2**31, description="of the resamples")


class Settings(TypedDict):
    """What the stage `photographs` gets."""

    experiment: str
    groups: dict[str, list[str]]
    resamples: int
    seed: int
    dataset: str
    model: str
    device: str


def check(params: "Params", name: str, photographs: Photographs, found: "Mistakes") -> None:
    """Record images of which no boxes are known, and classes that there are not."""
    dataset, place = params.trainings[name].dataset, ("analyses", "photographs", name)
    if params.objects_of(params.data_of(dataset)) is None:
        found.add(place, f"nothing is known of the objects in {dataset}; give it `objects`")
    known = params.classes_of(name)
    for group, classes in photographs.groups.items():
        for number, wanted in enumerate(classes):
            if known and wanted not in known:
                found.add((*place, "groups", group, number), unknown(wanted, "class", known))


KIND = Kind(Photographs, reads="network", check=check)
