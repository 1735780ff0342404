"""Which images a training step sees. A draw depends on the seed and the step alone."""

from dataclasses import dataclass

import torch

from revisit.device import moved
from revisit.training import batches
from revisit.training.randomness import Purpose, generator


@dataclass(frozen=True)
class Draw:
    """The images of a minibatch.

    For pairs, the images before the last `len(similar)` are the first ones of the pairs: one for each pair, or a
    single one, the anchor, for all of them.
    """

    index: torch.Tensor  # int64, on the device
    similar: torch.Tensor | None = None  # (pairs,) float32, on the device: 1 for two images of one class, 0 else


class Epochs:
    """All images in an order of its own in each epoch; see `batches.order`."""

    def __init__(self, count: int, batch_size: int, seed: int, device: torch.device) -> None:
        self._count, self._size, self._seed, self._device = count, batch_size, seed, device
        self._steps = batches.steps_per_epoch(count, batch_size)
        self._epoch: int | None = None

    def draw(self, step: int) -> Draw:
        """The images of training step `step` (from 1)."""
        epoch, position = divmod(step - 1, self._steps)
        if epoch != self._epoch:
            order = batches.order(self._count, self._seed, epoch)[: self._steps * self._size]
            self._epoch, self._order = epoch, moved(order.view(self._steps, self._size), self._device)
        return Draw(self._order[position])


class Fresh:
    """A batch drawn from all images at every step, each image at most once in it, as after a new shuffle each time."""

    def __init__(self, count: int, batch_size: int, seed: int, device: torch.device) -> None:
        batches.steps_per_epoch(count, batch_size)  # refuses batches of more images than there are
        self._count, self._size, self._seed, self._device = count, batch_size, seed, device

    def draw(self, step: int) -> Draw:
        """The images of training step `step` (from 1)."""
        draw = generator(Purpose.BATCH, self._seed, step)
        return Draw(moved(torch.from_numpy(draw.choice(self._count, self._size, replace=False)), self._device))
