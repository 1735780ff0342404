"""Look `reuse` in `params.yaml`."""

from typing import TYPE_CHECKING, Any, TypedDict

from pydantic import Field

from revisit.analyses.inspect.kinds import Look, more_images
from revisit.params.fields import Section

if TYPE_CHECKING:
    from revisit.params.mistakes import Mistakes
    from revisit.params.schema import Params

MODELS = ("cifar_densenet", "densenet")


class Reuse(Section):
    """What the layers of dense blocks read of all the layers before them, and what the network is without it."""

    images: int = Field(100, ge=2, le=10_000, description="test images that losses are means of, the first ones")


class Settings(TypedDict):
    """What the look `reuse` gets."""

    images: int


def check(params: "Params", name: str, inspect: Any, found: "Mistakes") -> None:
    """Record networks without dense blocks, images with several labels, and more images than are looked at."""
    more_images("reuse")(params, name, inspect, found)
    training, place = params.trainings[name], ("analyses", "inspect", name, "reuse")
    if training.model not in MODELS:
        found.add(place, f"looks into dense blocks; {name} is a {training.model}, not one of {', '.join(MODELS)}")
    elif params.label_kind(training.dataset) != "single":
        found.add(place, f"needs images with one label each; those of {training.dataset} have several")


LOOK = Look(Reuse, order=65, classifier=True, check=check)
