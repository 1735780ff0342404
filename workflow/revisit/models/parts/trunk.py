"""The convolutional layers that a network looks at whole images with, which know images again once they are fixed."""

import hashlib
from collections import OrderedDict
from collections.abc import Callable

import torch
from torch import Tensor, nn

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
        return self._computed(images) if self._memory is None else self._memory.maps(images)

    def remember(self, limit: int = LIMIT) -> None:
        """From now on, compute the maps of an image once: its weights must not change, nor batch statistics be used.

        `limit`: bytes of maps that are kept.
        """
        self._memory = Memory(self._computed, limit)

    def _computed(self, images: Tensor) -> list[Tensor]:
        kept = []
        for number, layer in enumerate(self, start=1):
            images = layer(images)
            if number in self.places:
                kept.append(images)
        return kept


class Memory:
    """What a function makes of images, kept under the digests of their pixels.

    Images go through it one by one. So what it makes of one does not depend on its minibatch, of which other sums may
    be rounded otherwise, nor on what was kept before: a training that was killed ends with the same bytes.

    Args:
        compute: from images (1, C, H, W) to maps.
        limit: bytes that are kept.
    """

    def __init__(self, compute: Callable[[Tensor], list[Tensor]], limit: int) -> None:
        self._compute, self._left = compute, limit
        self._kept: dict[bytes, list[Tensor]] = {}

    def maps(self, images: Tensor) -> list[Tensor]:
        """(N, C, H, W) -> the maps of all images, without gradients."""
        each = [self._of(image) for image in images.split(1)]
        return [torch.cat(maps) for maps in zip(*each, strict=True)]

    def _of(self, image: Tensor) -> list[Tensor]:
        digest = hashlib.sha256(image.permute(0, 2, 3, 1).contiguous().numpy().tobytes()).digest()
        if (known := self._kept.get(digest)) is not None:
            return known
        # Gradients may go through what is computed of the maps, also of those that an evaluation has left.
        with torch.inference_mode(False), torch.no_grad():
            maps = self._compute(image)
        size = sum(each.nbytes for each in maps)
        if size <= self._left:
            self._kept[digest], self._left = maps, self._left - size
        return maps


def remember(network: nn.Module) -> None:
    """Let `network` compute the maps of an image once, if its `features` are a trunk; see `Trunk.remember`."""
    if isinstance(trunk := getattr(network, "features", None), Trunk):
        trunk.remember()
