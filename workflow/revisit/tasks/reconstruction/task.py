"""The image itself as the target: what autoencoders minimise."""

from collections.abc import Callable
from typing import TYPE_CHECKING

import torch
from torch.nn.functional import binary_cross_entropy_with_logits, mse_loss

from revisit.data import tensors
from revisit.tasks.base import Evaluation, Network, Targets, Task
from revisit.tasks.reconstruction.facts import FACTS
from revisit.training.batches import Augmentation, BatchLoader
from revisit.training.samplers import Draw

if TYPE_CHECKING:
    from revisit.tasks.settings import Objective

LOSSES: dict[str, Callable[[torch.Tensor, torch.Tensor], torch.Tensor]] = {
    "mean_squared_error": mse_loss,
    "binary_cross_entropy": binary_cross_entropy_with_logits,
}


class Reconstruction(Task):
    """Outputs are images (B, C, h, w), targets the pixels scaled to 0..1.

    `mean_squared_error` (real-valued pixels) takes the outputs as values; `binary_cross_entropy` (pixels that are
    nearly 0 or 1) takes them as logits. Both are means over pixels and images.
    """

    facts = FACTS

    def __init__(self, settings: "Objective") -> None:
        super().__init__(settings)
        self._loss = LOSSES[settings.get("loss") or FACTS.losses[0]]

    def fits(self, output: tuple[int, ...] | None, image: tuple[int, ...], classes: int) -> str | None:  # noqa: D102, ARG002
        return None if output == image else f"an image of shape {image}; choose an autoencoder"

    def targets(self, loader: BatchLoader, draw: Draw, seen: Augmentation, pixels: torch.Tensor) -> Targets:  # noqa: D102, ARG002
        return (tensors.planes(pixels) / 255,)

    def loss(self, output: torch.Tensor, *targets: torch.Tensor) -> torch.Tensor:  # noqa: D102
        (pixels,) = targets
        return self._loss(output, pixels)

    def evaluate(self, network: Network, loader: BatchLoader, index: torch.Tensor, size: int) -> Evaluation:  # noqa: D102
        total = 0.0
        for part in index.split(size):  # batch by batch: all outputs together can be larger than the memory
            pixels = loader.evaluation(part)
            output = network(loader.preprocessing(pixels))
            total += self.loss(output.double(), tensors.planes(pixels).double() / 255).item() * len(part)
        return Evaluation(total / len(index), None, None)


TASK = Reconstruction
