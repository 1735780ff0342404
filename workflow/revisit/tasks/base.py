"""What a task does: how minibatches are drawn, the loss of one, and the numbers of a whole split."""

from abc import ABC, abstractmethod
from typing import TYPE_CHECKING, Any, ClassVar, NamedTuple, Protocol

import torch

from revisit.tasks.facts import Facts
from revisit.training.batches import Augmentation, BatchLoader
from revisit.training.samplers import Draw, Epochs, Fresh

if TYPE_CHECKING:
    from revisit.tasks.settings import Objective

Targets = tuple[torch.Tensor, ...]


class Network(Protocol):
    """A network in evaluation mode, as a task evaluates it."""

    def __call__(self, inputs: torch.Tensor, *more: torch.Tensor) -> Any:
        """What it makes of images (B, C, h, w) float32, and of what else `Task.inputs` gives: mostly a tensor."""

    def boxes(self, inputs: torch.Tensor, *more: torch.Tensor) -> Any:
        """What a detector finds, as a call says it, perhaps without masks."""

    def loss(self, inputs: torch.Tensor, *targets: torch.Tensor) -> torch.Tensor:
        """The loss of a minibatch, a scalar, where the network computes it itself; nothing is learnt."""


class Sampler(Protocol):
    """Where the images of a training step come from."""

    def draw(self, step: int) -> Draw:
        """The images of training step `step` (from 1)."""


class Evaluation(NamedTuple):
    """The numbers of a split; NaN where they are not defined."""

    loss: float
    metric: float | None  # None: the task has no metric
    scores: torch.Tensor | None  # (N, K) float32 on the CPU, if the task is scored
    beside: tuple[float, ...] = ()  # the values of the facts' `beside`


class Task(ABC):
    """What a network is trained for.

    Args:
        settings: `objective` of a protocol.
    """

    facts: ClassVar[Facts]

    def __init__(self, settings: "Objective") -> None:
        self.settings = settings

    def fits(self, output: tuple[int, ...] | None, image: tuple[int, ...], classes: int) -> str | None:  # noqa: ARG002
        """What the network must give for one image, if its `output` shape is another; None where it fits.

        An `output` of None is no tensor, but what a detector finds.
        """
        return None if output == (classes,) else f"{classes} logits; choose a classifier"

    def drawn_from(self, count: int) -> int:
        """How many of `count` training images, the first ones, training draws from."""
        return count

    def sampler(self, loader: BatchLoader, batch_size: int, seed: int, sampling: str = "epoch") -> Sampler:
        """What draws the minibatches of `batch_size` images or pairs; `sampling` is one of the facts' `samplings`."""
        draws = Fresh if sampling == "step" else Epochs
        return draws(len(loader.images), batch_size, seed, loader.images.device)

    def targets(self, loader: BatchLoader, draw: Draw, seen: Augmentation, pixels: torch.Tensor) -> Targets:  # noqa: ARG002
        """What the outputs for the images of a draw are compared with, on the device.

        Args:
            loader: where the images come from.
            draw: which images.
            seen: how they were cropped and mirrored: targets that have a place in the image follow.
            pixels: the images after that, (B, h, w, C) uint8.
        """
        return (loader.labels.index_select(0, draw.index),)

    def inputs(self, loader: BatchLoader, index: torch.Tensor) -> tuple[torch.Tensor, ...]:
        """What the network takes in evaluation for the images at `index` (B,)."""
        return (loader.preprocessing(loader.evaluation(index)),)

    def forward(self, network: torch.nn.Module, inputs: torch.Tensor, targets: Targets) -> Any:  # noqa: ARG002
        """What `network` makes of `inputs` (B, C, h, w) in training; most need no targets for it."""
        return network(inputs)

    @abstractmethod
    def loss(self, output: torch.Tensor, *targets: torch.Tensor) -> torch.Tensor:
        """The mean loss of a minibatch, a scalar: of the outputs (B, ...) float32 and `targets`."""

    def accuracy(self, output: torch.Tensor, *targets: torch.Tensor) -> torch.Tensor:  # noqa: ARG002
        """The metric of a minibatch, a scalar; of a stepwise task only."""
        raise TypeError(f"{type(self).__name__} has no metric of a minibatch")

    @abstractmethod
    def evaluate(self, network: Network, loader: BatchLoader, index: torch.Tensor, size: int) -> Evaluation:
        """The numbers of the images at `index` (N,), computed `size` images at a time."""


def outputs(network: Network, loader: BatchLoader, index: torch.Tensor, size: int) -> torch.Tensor:
    """The network's outputs for the middles of the images at `index`, (N, ...) float32 on the CPU."""
    return torch.cat([network(loader.preprocessing(loader.evaluation(part))).cpu() for part in index.split(size)])
