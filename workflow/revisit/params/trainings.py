"""The trainings of `params.yaml`: protocols, sweeps, and the weights that a training starts from."""

from typing import TYPE_CHECKING, Annotated, Any, Literal

from pydantic import Field, TypeAdapter, create_model

from revisit.params.data import MirrorPath, Source
from revisit.params.fields import EACH_ONCE, Name, NetworkSettings, Section, merged
from revisit.tasks import registry as tasks
from revisit.tasks.facts import Setting

Moment = Annotated[int, Field(ge=0)]  # an epoch or a step, in the unit of the training's length
Moments = Annotated[list[Moment], EACH_ONCE]
Inside = Annotated[list[str], Field(min_length=1), EACH_ONCE]  # layers of a network, with everything inside them
Seed = Annotated[int, Field(ge=0, lt=2**31)]
Scale = Literal["demo", "laptop", "paper"]
BASE = "base"  # the one variant of an experiment that is no sweep


class Optimizer(Section):
    """The update rule."""

    name: Literal["sgd", "adagrad", "adam"] = Field(description="stochastic gradient descent, Adagrad or Adam")
    lr: float = Field(gt=0, le=10, allow_inf_nan=False, description="learning rate")
    momentum: float = Field(0.0, ge=0, lt=1, description="momentum; with sgd only")
    initial_accumulator: float = Field(
        0.0,
        ge=0,
        le=1000,
        allow_inf_nan=False,
        description="what the sums of squared gradients start at (PyTorch 0, TensorFlow 0.1); with adagrad only",
    )
    weight_decay: float = Field(0.0, ge=0, le=10, allow_inf_nan=False, description="L2 penalty on the weights")
    decay_layers: Inside | None = Field(None, description="layers that are penalised (null: all)")


class Schedule(Section):
    """The learning rate over time: multiplied by `factor` after every `every` steps."""

    factor: float = Field(gt=0, le=1, description="what the learning rate is multiplied by")
    every: int = Field(ge=1, description="steps between two changes")


def _field(setting: Setting) -> tuple[Any, Any]:
    """The type and the field of a key of `objective` that belongs to a task."""
    if setting.choices:
        return Literal[setting.choices], Field(setting.default, description=setting.description)
    limits: dict[str, Any] = {**setting.limits}
    if isinstance(setting.default, float):
        limits["allow_inf_nan"] = False
    return type(setting.default), Field(setting.default, description=setting.description, **limits)


TASKS = {name: tasks.facts(name) for name in tasks.available()}
_OF_TASKS: dict[str, Any] = {key: _field(setting) for task in TASKS.values() for key, setting in task.settings.items()}
if TYPE_CHECKING:

    class Objective(Section):
        """What the code reads of the section below; its other keys are those of the tasks."""

        name: str = "classification"
        loss: str | None = None

else:
    Objective = create_model(
        "Objective",
        __base__=Section,
        __doc__="What is minimised.",
        name=(
            Literal[tuple(TASKS)],
            Field(
                "classification", description="; ".join(f"{name}: {task.description}" for name, task in TASKS.items())
            ),
        ),
        loss=(
            Literal[tuple(loss for task in TASKS.values() for loss in task.losses)] | None,
            Field(
                None,
                description="which loss, "
                + " and ".join(f"with {name} ({task.losses[0]})" for name, task in TASKS.items() if task.losses),
            ),
        ),
        **_OF_TASKS,
        auxiliary=(float, Field(0.3, ge=0, le=10, description="weight of the losses of auxiliary heads")),
    )


class Freeze(Section):
    """Layers that are held fixed at first."""

    layers: Inside = Field(description="names of layers, with everything inside them")
    steps: int | None = Field(None, ge=1, description="for how many steps (null: always)")


class Protocol(Section):
    """How one network is trained. A variant of a sweep may override any of these keys."""

    network: NetworkSettings = Field({}, description="the network's own settings: see its file")
    objective: Objective = Field(Objective(), description="what is minimised")
    optimizer: Optimizer = Field(description="the update rule")
    schedule: Schedule | None = Field(None, description="changes of the learning rate (null: constant)")
    batch_size: int = Field(ge=1, le=65_536, description="images (or pairs) per step")
    sampling: Literal["epoch", "step"] = Field(
        "epoch", description="epoch: every image once an epoch; step: a batch drawn from all images at every step"
    )
    inputs: Literal["standardised", "scaled", "imagenet_mean"] | None = Field(
        None,
        description="pixels as the network sees them; standardised: less the mean, over the deviation; scaled: 0 to 1; "
        "imagenet_mean: 0 to 255 less ImageNet's mean colour (null: standardised; in a finetuning as its weights saw)",
    )
    channels: Literal["rgb", "bgr"] | None = Field(
        None, description="the order of an image's channels (null: rgb; in a finetuning as its weights saw)"
    )
    epochs: int | None = Field(None, ge=1, le=10_000, description="length as passes over the training set")
    steps: int | None = Field(None, ge=1, le=100_000_000, description="length as steps; instead of epochs")
    read_at: Moments = Field([], description="epochs (or steps) after which the test metric is recorded")
    evaluate_every: int = Field(ge=1, le=1_000_000, description="steps between two evaluations")
    snapshots: Moments = Field([], description="epochs (or steps) after which the weights are kept")
    crop: int | None = Field(None, ge=4, description="side of the part that is cut out, at random in training (pixels)")
    flip: bool = Field(False, description="mirror half of the training images at random, left to right")
    mixup: float | None = Field(None, gt=0, le=100, description="alpha of mixup (null: none)")
    freeze: Freeze | None = Field(None, description="layers that are held fixed (null: none)")
    graph: Literal["dynamic", "static"] = Field("dynamic", description="dynamic: eager; static: captured once")
    backend: Literal["auto", "inductor", "aot_eager"] = Field(
        "auto", description="what runs a static graph; auto: generated code where there is a compiler"
    )
    seed: Seed = Field(0, description="of the weights, the batches and the dropout")


SWEEP = TypeAdapter(dict[str, Protocol])


class Experiment(Protocol):
    """A training: a network, a data set and the protocol; with `variants` a sweep."""

    study: Name = Field(description="the study that it belongs to")
    dataset: Name = Field(description="the data set that it is trained on")
    model: Name = Field(description="the network: a module of workflow/revisit/models")
    addition: str | None = Field(
        None, min_length=1, description="why it is run although no claim of a report asks for it (null: one does)"
    )
    scale: Scale | None = Field(None, description="its own scale (null: as `scale` of its study, else at the top)")
    replicates: int = Field(1, ge=1, le=1000, description="trainings of each variant, with seed, seed + 1, ...")
    variants: dict[Name, dict[str, Any]] = Field(
        {}, description="a sweep: keys of the protocol that each variant sets otherwise"
    )
    keep: Name | None = Field(None, description="the variant whose network is analysed (null: the first)")
    keep_all: bool = Field(False, description="keep the other variants' networks, too, for looks that compare them")

    def protocols(self) -> dict[str, Protocol]:
        """The protocol of each variant; of an experiment without variants, the one called `BASE`.

        Raises:
            ValidationError: a variant sets what no protocol has; the place begins with the variant's name.
        """
        base = self.model_dump(include=set(Protocol.model_fields))
        if not self.variants:
            return {BASE: Protocol(**base)}
        return SWEEP.validate_python({name: merged(base, changes) for name, changes in self.variants.items()})

    @property
    def kept(self) -> str:
        """The variant whose network is analysed."""
        return self.keep or next(iter(self.variants), BASE)


class Finetuning(Experiment):
    """A training that starts from the weights of another network."""

    weights: Name = Field(description="where it starts: one of pretrained, grafts, experiments or finetunings")


class Pretrained(Protocol):
    """Weights trained elsewhere; embedded: the same network trained here on a drawn data set stands in."""

    source: Source | None = Field(None, description="where the weights come from (null: as `source` at the top)")
    model: Name = Field(description="the network: a module of workflow/revisit/models")
    mirror: MirrorPath | None = Field(None, description="the weights' file inside the mirror: .safetensors or .pth")
    dataset: Name = Field(description="embedded: the data set that the stand-in is trained on")


class Graft(Section):
    """A network put together: all layers of one, but the last layer of another where it fits."""

    trunk: Name = Field(description="where all layers but the last come from")
    head: Name = Field(description="where the last layer comes from; an experiment or finetuning")
