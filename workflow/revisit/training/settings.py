"""What the stages that make networks get of `params.yaml`: types alone, imported where types are checked."""

from typing import Any, Literal, NotRequired, TypedDict

from revisit.tasks.settings import Objective

Device = Literal["auto", "cpu", "cuda"]


class Optimizer(TypedDict):
    """The update rule."""

    name: Literal["sgd", "adagrad", "adam"]
    lr: float
    momentum: float
    initial_accumulator: float
    weight_decay: float
    decay_layers: list[str] | None


class Schedule(TypedDict):
    """Changes of the learning rate."""

    factor: float
    every: int


class Freeze(TypedDict):
    """Layers that are held fixed."""

    layers: list[str]
    steps: int | None


class Recipe(TypedDict):
    """How a network is trained, whichever it is."""

    network: dict[str, Any]  # the network's own settings
    objective: Objective
    optimizer: Optimizer
    schedule: Schedule | None
    batch_size: int
    sampling: Literal["epoch", "step"]
    inputs: Literal["standardised", "scaled", "imagenet_mean"] | None
    channels: Literal["rgb", "bgr"] | None
    epochs: int | None
    steps: int | None
    read_at: list[int]
    evaluate_every: int
    snapshots: list[int]
    crop: int | None
    flip: bool
    mixup: float | None
    freeze: Freeze | None
    graph: Literal["dynamic", "static"]
    backend: Literal["auto", "inductor", "aot_eager"]
    seed: int


class Protocol(Recipe):
    """How one network is trained: that of a variant, or of a run, whose seed is its own."""

    model: str


class Train(TypedDict):
    """Stages `train` and `finetune`."""

    experiment: str
    dataset: str
    model: str
    weights: str | None  # where a finetuning starts
    replicates: int
    keep: str  # the variant whose network is kept
    keep_all: NotRequired[bool]  # whether those of the others are kept, too
    runs: dict[str, Protocol]  # by variant
    device: Device


class _Pretrain(TypedDict):
    pretrained: str
    model: str


class PretrainHere(_Pretrain):
    """Stage `pretrain` where a network trained here stands in."""

    source: Literal["embedded"]
    training: Train


class PretrainMirror(_Pretrain):
    """Stage `pretrain` from a file."""

    source: Literal["mirror"]
    file: str
    listing: NotRequired[str | None]  # digest of what lay there when the engine looked


class PretrainWeb(_Pretrain):
    """Stage `pretrain` from the publisher."""

    source: Literal["web"]


Pretrain = PretrainHere | PretrainMirror | PretrainWeb


class Graft(TypedDict):
    """Stage `graft`."""

    graft: str
    trunk: str  # where all layers but the last come from
    head: str  # where the last one comes from
    model: str
    seed: int
