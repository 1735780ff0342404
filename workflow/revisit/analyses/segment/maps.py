"""The class of every pixel, as annotators and as a network have it."""

from collections.abc import Iterator
from typing import TYPE_CHECKING

import numpy as np
import torch
from torch import nn

from revisit import progress
from revisit.analyses.truths import Scenes
from revisit.data.objects import VOID
from revisit.data.tensors import Preprocessing
from revisit.errors import ConfigError
from revisit.objects.arrays import Bytes, Rows, Singles

if TYPE_CHECKING:
    from revisit.data.objects import Objects

BATCH = 32  # images at a time


def real(mask: Bytes, kinds: Rows) -> Bytes:
    """The classes of the pixels of an image: 0 background, class k is k + 1, `VOID` what is not told.

    Args:
        mask: (h, w) uint8: 0, numbers of objects from 1, `VOID`.
        kinds: (n,) int64, the class of each object.
    """
    table = np.full(256, VOID, np.uint8)
    table[0] = 0
    table[1 : 1 + len(kinds)] = kinds + 1
    return table[mask]


def reals(scenes: Scenes, objects: "Objects", rows: slice) -> Bytes:
    """`real` of the images of `rows`, (n, h, w) uint8."""
    numbers = range(rows.start, rows.stop)
    return np.stack([real(scenes.map(number), objects.kinds[objects.rows(number)]) for number in numbers])


def predicted(
    network: nn.Module,
    images: np.ndarray,
    classes: int,
    preprocessing: Preprocessing,
    device: torch.device,
    title: str,
) -> Iterator[tuple[slice, Bytes, Singles]]:
    """Yield rows, the classes of their pixels and how sure each is, (n, h, w) uint8 and float32, batch by batch.

    Args:
        network: in evaluation mode, on `device`, to logits of background and classes.
        images: (N, H, W, C) uint8.
        classes: the number of classes without the background.
        preprocessing: from stored pixels to the network's input.
        device: where the network is.
        title: of the progress bar.

    Raises:
        ConfigError: the network gives something else than logits of every pixel.
    """
    with progress.bar(len(images), title, unit="image") as bar:
        for start in range(0, len(images), BATCH):
            rows = slice(start, min(start + BATCH, len(images)))
            inputs = preprocessing(torch.from_numpy(np.array(images[rows])).to(device))
            with torch.inference_mode():
                logits = network(inputs)
            wanted = (len(inputs), classes + 1, *inputs.shape[2:])
            if not isinstance(logits, torch.Tensor) or logits.shape != wanted:
                raise ConfigError("analyses.segment: the network gives no logits of every pixel; leave it out")
            # A network that diverged is sure of nothing.
            sureness, kinds = logits.float().softmax(1).nan_to_num(0).max(1)
            yield rows, kinds.to(torch.uint8).cpu().numpy(), sureness.cpu().numpy()
            bar.update(len(inputs))
