"""Stage `costs` in `params.yaml`."""

from typing import TYPE_CHECKING, Any, TypedDict, cast

from pydantic import Field

from revisit.analyses.kinds import Kind, check_drawn
from revisit.errors import ConfigError
from revisit.models.parts.arguments import check as check_network
from revisit.models.registry import arguments, available
from revisit.params.fields import Count, Name, NetworkSettings, Section
from revisit.params.words import unknown

if TYPE_CHECKING:
    from revisit.params.mistakes import Mistakes
    from revisit.params.schema import Params


class Beside(Section):
    """A network with the weights that it is drawn with, beside those that are trained."""

    model: Name = Field(description="the network: a module of workflow/revisit/models")
    network: NetworkSettings = Field({}, description="its own settings: see its file")


class Costs(Section):
    """What a classifier costs, and how gradients come through it, layer by layer, before and after its training."""

    images: Count = Field(32, description="training images of the minibatch that is looked at")
    seed: int = Field(0, ge=0, lt=2**31, description="of the choice of images, and of what the network draws")
    beside: dict[Name, Beside] = Field(
        {}, description="networks that are measured likewise, but not trained, by name; one is no variant's"
    )


class Network(TypedDict):
    """A network before its training."""

    model: str
    network: dict[str, Any]
    training_seed: int  # of the first replicate: its initial weights are drawn again
    learning_rate: float  # at the start of the training
    auxiliary: float  # the weight of auxiliary heads in the loss


class Settings(TypedDict):
    """What the stage `costs` gets."""

    experiment: str
    images: int
    seed: int
    keep: str  # the variant whose network is kept
    variants: dict[str, Network]
    beside: dict[str, Network]
    dataset: str
    model: str
    device: str


def check(params: "Params", name: str, costs: Costs, found: "Mistakes") -> None:
    """Record weights that are not drawn at random, and networks that cannot be."""
    training, place = params.trainings[name], ("analyses", "costs", name)
    check_drawn(params, place, found)
    for beside, described in costs.beside.items():
        where = (*place, "beside", beside)
        if beside in (training.variants or {training.kept: {}}):
            found.add(where, f"is a variant of {name}; give the network another name")
        if described.model not in available():
            found.add((*where, "model"), unknown(described.model, "network", available()))
            continue
        try:
            check_network(described.model, arguments(described.model), described.network)
        except ConfigError as error:
            found.add(where, str(error))


def resolved(params: "Params", name: str, costs: Costs) -> dict[str, Any]:
    """With what the trainings of the variants begin; what is beside them begins like the kept one."""
    training = params.trainings[name]
    model, common = params.network_of(name)
    began: dict[str, Network] = {}
    for variant, protocol in training.protocols().items():
        began[variant] = {
            "model": model,
            "network": {**common, **protocol.network},
            "training_seed": protocol.seed,
            "learning_rate": protocol.optimizer.lr,
            "auxiliary": protocol.objective.model_dump()["auxiliary"],
        }
    kept = began[training.kept]
    beside = {one: cast("Network", {**kept, **described.model_dump()}) for one, described in costs.beside.items()}
    chosen = costs.model_dump(exclude={"beside"})
    return {**chosen, "keep": training.kept, "variants": began, "beside": beside}


def networks(settings: dict[str, Any]) -> list[str]:
    """The modules of the networks beside the trained one."""
    return sorted({f"revisit.models.{one['model']}" for one in settings["beside"].values()})


KIND = Kind(
    Costs,
    reads="network",
    needs=("classification", "a classifier of one class"),
    check=check,
    resolved=resolved,
    modules=networks,
)
