"""Stage `costs` in `params.yaml`."""

from typing import TYPE_CHECKING, Any, TypedDict

from pydantic import Field

from revisit.analyses.kinds import Kind
from revisit.params.fields import Count, Section

if TYPE_CHECKING:
    from revisit.params.mistakes import Mistakes
    from revisit.params.schema import Params


class Costs(Section):
    """What a classifier costs, and how gradients come through it, layer by layer, before and after its training."""

    images: Count = Field(32, description="training images of the minibatch that is looked at")
    seed: int = Field(0, ge=0, lt=2**31, description="of the choice of images, and of what the network draws")


class Settings(TypedDict):
    """What the stage `costs` gets."""

    experiment: str
    images: int
    seed: int
    training_seed: int  # of the first replicate: its initial weights are drawn again
    learning_rate: float  # at the start of the training
    auxiliary: float  # the weight of auxiliary heads in the loss
    dataset: str
    model: str
    device: str


def check(params: "Params", name: str, costs: Costs, found: "Mistakes") -> None:  # noqa: ARG001
    """Record a training that is not one of a classifier from weights drawn at random."""
    training = params.trainings.get(name)
    if training is None:
        return
    place = ("analyses", "costs", name)
    if training.objective.name != "classification":
        found.add(place, f"needs a classifier of one class; {name} is trained for {training.objective.name}")
    if name in params.finetunings:
        found.add(place, f"draws initial weights again; {name} starts from the weights of another network")


def resolved(params: "Params", name: str, costs: Costs) -> dict[str, Any]:
    """With what the training of the kept variant began."""
    training = params.trainings[name]
    protocol = training.protocols()[training.kept]
    began = {
        "training_seed": protocol.seed,
        "learning_rate": protocol.optimizer.lr,
        "auxiliary": protocol.objective.model_dump()["auxiliary"],
    }
    return costs.model_dump() | began


KIND = Kind(Costs, reads="network", check=check, resolved=resolved)
