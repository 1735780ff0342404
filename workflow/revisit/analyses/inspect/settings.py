"""Stage `inspect` in `params.yaml`: the section has a key for each look. A look left out (null) is not done."""

from typing import TYPE_CHECKING, Any, TypedDict

from pydantic import Field, create_model

from revisit.analyses import loading
from revisit.analyses.inspect.kinds import follows, looks
from revisit.analyses.kinds import Kind
from revisit.params.fields import Count, Section
from revisit.params.trainings import TASKS

if TYPE_CHECKING:
    from revisit.params.mistakes import Mistakes
    from revisit.params.schema import Params


class _Images(Section):
    """A look inside the network: parameters, activations, first filters, and the looks below."""

    images: Count = Field(500, description="test images looked at")
    seed: int = Field(0, ge=0, lt=2**31, description="of the choice among them")


_LOOKS: dict[str, Any] = {
    name: (look.settings | None, Field(None, description=(look.settings.__doc__ or "").strip()))
    for name, look in looks().items()
}
Inspect = create_model("Inspect", __base__=_Images, __doc__=_Images.__doc__, **_LOOKS)


class Settings(TypedDict):
    """What the stage `inspect` gets, besides the settings of each look by its name, or None."""

    experiment: str
    images: int
    seed: int
    dataset: str
    model: str
    device: str


def check(params: "Params", name: str, inspect: Any, found: "Mistakes") -> None:
    """Record looks that the training does not allow: no classes, no snapshots; and what each look checks itself."""
    training = params.trainings[name]
    snapshots = _snapshots(training)
    for key, look in looks().items():
        if not getattr(inspect, key):
            continue
        place = ("analyses", "inspect", name, key)
        if look.classifier and not TASKS[training.objective.name].scored:
            found.add(place, f"needs a classifier; {name} is trained for {training.objective.name}")
        if follows(key) and not snapshots:
            found.add(place, f"follows the training: give {name} `snapshots`")
        look.check(params, name, inspect, found)


def _snapshots(training: Any) -> list[int]:
    """The snapshots of the variant that is kept."""
    kept = training.variants.get(training.kept, {})
    return kept.get("snapshots", training.snapshots)


def modules(settings: dict[str, Any]) -> list[str]:
    """The looks that are asked for."""
    return [loading.name(key, "look", loading.LOOKS) for key in looks() if settings[key]]


KIND = Kind(Inspect, reads="network", check=check, modules=modules)
