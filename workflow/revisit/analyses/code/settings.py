"""Stage `code` in `params.yaml`."""

from typing import TYPE_CHECKING, Annotated, Any, TypedDict

from pydantic import Field

from revisit.analyses.kinds import Kind, check_drawn
from revisit.params.fields import EACH_ONCE, Count, Layer, Section

if TYPE_CHECKING:
    from revisit.params.mistakes import Mistakes
    from revisit.params.schema import Params


class Code(Section):
    """How sparse an autoencoder's code is, and how far a few labels get with it."""

    layer: Layer = Field("code", description="whose outputs are the code")
    labels: Annotated[list[Count], Field(min_length=1), EACH_ONCE] = Field(
        [10, 100, 1000], description="labelled training images that a classifier is fitted on"
    )
    draws: int = Field(10, ge=2, le=1000, description="choices of the labelled images, for an interval")
    train: Count = Field(10000, description="training images that labels are drawn from, the first ones")
    seed: int = Field(0, ge=0, lt=2**31, description="of the choices")


class Settings(TypedDict):
    """What the stage `code` gets."""

    experiment: str
    layer: str
    labels: list[int]
    draws: int
    train: int
    seed: int
    training_seed: int  # of the first replicate: its initial weights are drawn again
    dataset: str
    model: str
    device: str


def check(params: "Params", name: str, code: Code, found: "Mistakes") -> None:
    """Record images with several labels, weights that are not drawn, and labels that there are not."""
    training, place = params.trainings[name], ("analyses", "code", name)
    if params.label_kind(training.dataset) != "single":
        found.add(place, f"needs images with one label each; those of {training.dataset} have several")
    check_drawn(params, place, found)
    images = params.datasets[params.data_of(training.dataset)].train
    there = min(code.train, images or code.train)
    classes = len(params.classes_of(name) or ())
    for number, labels in enumerate(code.labels):
        if not classes <= labels <= there:
            problem = f"{labels} is not allowed; it must be {classes}, one for each class, to {there}, all there are"
            found.add((*place, "labels", number), problem)


def resolved(params: "Params", name: str, code: Code) -> dict[str, Any]:
    """With the seed of the kept variant's training."""
    training = params.trainings[name]
    return code.model_dump() | {"training_seed": training.protocols()[training.kept].seed}


KIND = Kind(Code, reads="network", needs=("reconstruction", "an autoencoder"), check=check, resolved=resolved)
