"""The convolutional layers that a network looks at whole images with, which know images again once they are fixed."""

from collections import OrderedDict

import torch
from torch import Tensor, nn

from revisit.models.parts.memory import Memory

LIMIT = 2 * 2**30  # bytes of maps that are kept; of further images they are computed anew each time


class Trunk(nn.Sequential):
    """Layers in a row, with the names that they have in the network that they come from.

    Args:
        layers: of a backbone.
        places: after how many layers maps are taken out; the last one is behind them all. None: only there.
    """

    def __init__(self, layers: nn.Sequential, places: tuple[int, ...] | None = None) -> None:
        super().__init__(OrderedDict(layers.named_children()))
        self.places = places or (len(layers),)
        self._memory: Memory | None = None

    def forward(self, images: Tensor) -> Tensor:
        """(N, C, H, W) -> what comes out in the end."""
        return self.maps(images)[-1]

    def maps(self, images: Tensor) -> list[Tensor]:
        """What comes out at each of the `places`, in their order."""
        if self._memory is None:
            return self._computed(images)
        each = [self._known(image, self._memory) for image in images.split(1)]
        return [torch.cat(maps) for maps in zip(*each, strict=True)]

    def remember(self, limit: int = LIMIT) -> None:
        """From now on, compute the maps of an image once: its weights must not change, nor batch statistics be used.

        Images go through it one by one. So what it makes of one does not depend on its minibatch, of which other sums
        may be rounded otherwise, nor on what was kept before: a training that was killed ends with the same bytes.

        `limit`: bytes of maps that are kept.
        """
        self._memory = Memory(limit)

    def _known(self, image: Tensor, memory: Memory) -> list[Tensor]:
        def compute() -> list[Tensor]:
            # Gradients may go through what is computed of the maps, also of those that an evaluation has left.
            with torch.inference_mode(False), torch.no_grad():
                return self._computed(image)

        return memory.of([image.permute(0, 2, 3, 1)], compute)  # as it lies in memory

    def _computed(self, images: Tensor) -> list[Tensor]:
        kept = []
        for number, layer in enumerate(self, start=1):
            images = layer(images)
            if number in self.places:
                kept.append(images)
        return kept


def remember(network: nn.Module) -> None:
    """Let `network` compute the maps of an image once, if its `features` are a trunk; see `Trunk.remember`."""
    if isinstance(trunk := getattr(network, "features", None), Trunk):
        trunk.remember()
