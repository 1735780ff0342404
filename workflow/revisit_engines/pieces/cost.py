"""What a training costs on a GPU, estimated without one: good for the order of magnitude and for nothing else.

A step takes as long as its operations take to launch, or as long as its arithmetic takes, whichever is more. Both are
counted on the meta device, forward and backward, where nothing is computed.
"""

import json
from collections.abc import Callable
from functools import cache
from typing import TYPE_CHECKING, Any, NamedTuple, TypedDict, TypeVar, cast

import torch
from torch.utils._python_dispatch import TorchDispatchMode

from revisit.data.tensors import cropped
from revisit.models import registry
from revisit.models.output import Output
from revisit.training.flops import counted

if TYPE_CHECKING:
    from revisit.tasks.pairs.settings import Settings as Pairs
    from revisit.training.settings import Protocol, Train

RATE = 30e12  # floating-point operations a second of bfloat16 convolutions: a tenth of what an A100 has on paper
LAUNCH = 12e-6  # seconds an operation takes Python and the driver to launch
AROUND = 60  # operations of a step around its network: batch, normalisation, optimiser, history
START = 15.0  # seconds to start a stage: imports, CUDA, images to the GPU, reading and writing
ANALYSIS = 60.0  # seconds: a guess
T = TypeVar("T")


class Images(TypedDict):
    """What a training costs depends on these numbers of its data."""

    shape: list[int]  # height, width, channels
    classes: int
    train: int  # images
    test: int


class Pass(NamedTuple):
    """What goes through a network costs: launched operations, and floating-point ones."""

    launched: int
    computed: int

    def seconds(self) -> float:
        """How long that takes."""
        return max(self.launched * LAUNCH, self.computed / RATE)


class _Count(TorchDispatchMode):
    launched = 0

    def __torch_dispatch__(self, func: Any, types: Any, args: Any = (), kwargs: Any = None) -> Any:
        self.launched += not func.is_view
        return func(*args, **(kwargs or {}))


def training(settings: "Train", images: Images) -> float:
    """The seconds that all runs of a training take.

    `settings`: of the stage `train`, `finetune`, or of the stand-in of `pretrain`.
    """
    return START + settings["replicates"] * sum(_run(protocol, images) for protocol in settings["runs"].values())


def _run(protocol: "Protocol", images: Images) -> float:
    height, width, channels = images["shape"]
    batch, size = protocol["batch_size"], cropped((height, width), protocol["crop"])
    if protocol["objective"]["name"] == "pairs":
        pairs = cast("Pairs", protocol["objective"])
        batch = batch + 1 if pairs["sampler"] == "anchor" else 2 * batch
    network = json.dumps(protocol["network"], sort_keys=True)
    forward, step = _passes(protocol["model"], (*size, channels), images["classes"], network, batch)
    steps = protocol["steps"] or (protocol["epochs"] or 0) * (images["train"] // protocol["batch_size"])
    evaluations = steps // protocol["evaluate_every"] + len(protocol["read_at"])
    seen = images["test"] + min(images["train"], images["test"])
    return steps * step.seconds() + evaluations * seen / batch * forward.seconds()


@cache
def _passes(model: str, shape: tuple[int, int, int], classes: int, network: str, batch: int) -> tuple[Pass, Pass]:
    """A forward pass, and a training step, of a batch."""
    with torch.device("meta"):
        built = registry.build(model, shape, classes, json.loads(network))
        inputs = torch.empty(batch, shape[2], *shape[:2]).to(memory_format=torch.channels_last)
    (output, forward), computed = counted(lambda: _counting(lambda: built.train()(inputs)))
    parts = output if isinstance(output, Output) else Output(output)
    loss = parts.main.sum() + sum(part.sum() for part in parts.auxiliary)
    _, backward = _counting(loss.backward)
    return Pass(forward + AROUND // 2, computed), Pass(forward + backward + AROUND, 3 * computed)


def _counting(call: Callable[[], T]) -> tuple[T, int]:
    with _Count() as mode:
        returned = call()
    return returned, mode.launched
