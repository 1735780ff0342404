"""Look `first_layers` in `params.yaml`."""

from typing import TYPE_CHECKING, Annotated, Any, TypedDict

from pydantic import Field

from revisit.analyses.inspect.kinds import Look
from revisit.params.fields import EACH_ONCE, Name, Section

if TYPE_CHECKING:
    from revisit.params.mistakes import Mistakes
    from revisit.params.schema import Params


class FirstLayers(Section):
    """The first layers of the training's other variants: dead filters, and both ends of the spectrum."""

    variants: Annotated[list[Name], Field(min_length=1), EACH_ONCE] | None = Field(
        None, description="which of the variants besides the one that is kept (null: all)"
    )


class Settings(TypedDict):
    """What the look `first_layers` gets."""

    variants: list[str] | None


def check(params: "Params", name: str, inspect: Any, found: "Mistakes") -> None:
    """Record a training that keeps no other networks, and variants that it does not have besides its own."""
    training, place = params.trainings[name], ("analyses", "inspect", name, "first_layers")
    if not training.keep_all:
        found.add(place, f"compares variants: give {name} `keep_all: true`")
        return
    others = sorted(training.variants.keys() - {training.kept})
    if unknown := sorted(set(inspect.first_layers.variants or []) - set(others)):
        problem = f"no variants of {name} besides the one that is kept: {', '.join(unknown)}; there are: "
        found.add((*place, "variants"), problem + ", ".join(others))


LOOK = Look(FirstLayers, order=15, check=check)
