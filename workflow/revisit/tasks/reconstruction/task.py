"""The image itself as the target: what autoencoders minimise."""

from collections.abc import Callable
from typing import TYPE_CHECKING

import torch
from torch.nn.functional import binary_cross_entropy, binary_cross_entropy_with_logits, mse_loss

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
NOISE, NOISE_SEED = 0.3, 0  # the share of `denoising_autoencoder`
LEAST = 1 / 512  # half a grey level of 8 bits


class Reconstruction(Task):
    """Outputs are images (B, C, h, w), targets the pixels scaled to 0..1.

    `mean_squared_error` (real-valued pixels) takes the outputs as values; `binary_cross_entropy` (pixels that are
    nearly 0 or 1) takes them as logits. Both are means over pixels and images.
    """

    facts = FACTS

    def __init__(self, settings: "Objective") -> None:
        super().__init__(settings)
        name = settings.get("loss") or FACTS.losses[0]
        self._loss, self._logits = LOSSES[name], name == "binary_cross_entropy"

    def fits(self, output: tuple[int, ...] | None, image: tuple[int, ...], classes: int) -> str | None:  # noqa: D102, ARG002
        return None if output == image else f"an image of shape {image}; choose an autoencoder"

    def targets(self, loader: BatchLoader, draw: Draw, seen: Augmentation, pixels: torch.Tensor) -> Targets:  # noqa: D102, ARG002
        return (tensors.planes(pixels) / 255,)

    def loss(self, output: torch.Tensor, *targets: torch.Tensor) -> torch.Tensor:  # noqa: D102
        (pixels,) = targets
        return self._loss(output, pixels)

    def evaluate(self, network: Network, loader: BatchLoader, index: torch.Tensor, size: int) -> Evaluation:
        """The loss; beside it both losses, their floor, and what becomes of noisy images.

        `squared_error` and `cross_entropy` of the reconstructions, whichever was minimised; the cross-entropy of values
        takes them as chances, clipped to between half a grey level and all but that. `entropy`: the cross-entropy of
        the pixels with themselves, below which no reconstruction comes. Of images of which a share `NOISE` of the
        inputs is destroyed, always the same ones, `squared_error_of_noisy`: of what the network makes of them, from
        the clean pixels; `squared_error_of_noise`: of the noisy images themselves. All are means over pixels and
        images, in natural logarithms.
        """
        totals = torch.zeros(1 + len(FACTS.beside), dtype=torch.float64)
        drawn = torch.Generator().manual_seed(NOISE_SEED)  # on the CPU: a GPU destroys the same pixels
        for part in index.split(size):  # batch by batch: all outputs together can be larger than the memory
            pixels = loader.evaluation(part)
            wanted, inputs = tensors.planes(pixels).double() / 255, loader.preprocessing(pixels)
            kept = (torch.rand(inputs.shape, generator=drawn) >= NOISE).to(inputs.device)
            output, of_noisy = (network(images).double() for images in (inputs, inputs * kept))
            found = [self.loss(output, wanted), mse_loss(self._values(output), wanted)]
            found.append(self._cross_entropy(output, wanted))
            found.append((torch.special.entr(wanted) + torch.special.entr(1 - wanted)).mean())
            found.append(mse_loss(self._values(of_noisy), wanted))
            found.append(((~kept) * (loader.preprocessing.middle - wanted) ** 2).mean())
            totals += len(part) * torch.stack(found).cpu()
        loss, *beside = (totals / len(index)).tolist()
        return Evaluation(loss, None, None, tuple(beside))

    def _values(self, output: torch.Tensor) -> torch.Tensor:
        """Pixels, 0..1 as far as the loss asks for it."""
        return output.sigmoid() if self._logits else output

    def _cross_entropy(self, output: torch.Tensor, wanted: torch.Tensor) -> torch.Tensor:
        if self._logits:
            return binary_cross_entropy_with_logits(output, wanted)
        return binary_cross_entropy(output.clamp(LEAST, 1 - LEAST), wanted)


TASK = Reconstruction
