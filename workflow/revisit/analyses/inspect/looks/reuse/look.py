"""Reuse of features in dense blocks (Huang et al. 2017, CVPR, arXiv:1608.06993, section 5 and figure 5).

Every layer of a dense block sees the maps of all layers before it. How much it reads of each is told by its first
convolution's weights: their mean magnitude, as in the paper's figure 5. Whether it needs them, which the paper infers,
is told here by hiding them: a source's maps are replaced by their mean over images and places for all layers that it
reaches by a shortcut, all but the next one, and the loss on test images is taken again. Transitions and the last
normalisation see all maps all the same.
"""

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from itertools import pairwise
from typing import TYPE_CHECKING, NamedTuple

import numpy as np
import pandas as pd
import torch
from torch import nn
from torch.nn import functional

from revisit import progress
from revisit.analyses.inspect.looks.reuse.tables import HIDDEN, READ
from revisit.analyses.inspect.passes import KEY, batches
from revisit.errors import ConfigError

if TYPE_CHECKING:
    from revisit.analyses.inspect.looks.reuse.settings import Settings
    from revisit.analyses.inspect.view import View


class Reader(NamedTuple):
    """A layer of a dense block: what all maps so far enter, its first convolution, and where each source's maps lie."""

    entrance: nn.Module
    convolution: nn.Conv2d
    sources: list[slice]


class Source(NamedTuple):
    """What a layer adds to its block, counted from 1; 0 is what enters the block."""

    block: int
    number: int


def look(view: "View", settings: "Settings") -> tuple[dict, dict[str, pd.DataFrame | np.ndarray]]:
    """Weights by source, and the loss without each source and without all of them.

    Args:
        view: what to look at; its labels are one class per image.
        settings: `images`, how many.

    Returns:
        `loss` and `accuracy` of the network as it is, and `loss_of_chain` and `accuracy_of_chain` where every layer
        sees the maps of the layer before alone; `sources`, those that a shortcut reaches, `used`, those without which
        the loss is higher, and `used_share` of them; `newest_weight` and `entering_weight`, the mean magnitudes of
        weights by which layers read the layer before and what enters the block, means over the layers that read both.
        `reuse.csv` and `reuse_hidden.csv`: see `tables`.

    Raises:
        ConfigError: the network has no dense blocks.
    """
    blocks = dense_blocks(view.network)
    if not blocks:
        raise ConfigError(f"{KEY}.reuse: the network has no dense blocks")
    read = [
        {"block": block, "layer": layer, "source": number, "weight": _weight(reader, part)}
        for block, readers in enumerate(blocks, 1)
        for layer, reader in enumerate(readers, 1)
        for number, part in enumerate(reader.sources)
    ]
    reached = [Source(block, number) for block, readers in enumerate(blocks, 1) for number in range(len(readers) - 1)]
    loss, accuracy = _scores(view, settings["images"], blocks, [])
    hidden = []
    with progress.bar(len(reached), "without each source", "source") as bar:
        for source in reached:
            row = dict(zip(("loss", "accuracy"), _scores(view, settings["images"], blocks, [source]), strict=True))
            readers = len(blocks[source.block - 1]) - source.number - 1
            hidden.append({"block": source.block, "source": source.number, "readers": readers, **row})
            bar.update(1)
    chain = _scores(view, settings["images"], blocks, reached)
    used = sum(row["loss"] > loss for row in hidden)
    frame = READ.frame(read)
    both = frame[frame["layer"] > 1]
    summary = {
        "loss": loss,
        "accuracy": accuracy,
        "loss_of_chain": chain[0],
        "accuracy_of_chain": chain[1],
        "sources": len(hidden),
        "used": used,
        "used_share": used / len(hidden),
        "newest_weight": float(both[both["source"] == both["layer"] - 1]["weight"].mean()),
        "entering_weight": float(both[both["source"] == 0]["weight"].mean()),
    }
    return summary, {READ.file: frame, HIDDEN.file: HIDDEN.frame(hidden)}


def dense_blocks(network: nn.Module) -> list[list[Reader]]:
    """The dense blocks of two layers or more, in their order: ours and torchvision's, known by `norm1` and `conv1`."""
    blocks = []
    for module in network.modules():
        layers = [_entrance(child) for child in module.children()]
        known = [layer for layer in layers if layer is not None]
        if len(known) < 2 or len(known) < len(layers):
            continue
        ends = [0, *(convolution.in_channels for _, convolution in known)]
        sources = [slice(*pair) for pair in pairwise(ends)]
        blocks.append([Reader(*layer, sources[:number]) for number, layer in enumerate(known, 1)])
    return blocks


def _entrance(layer: nn.Module) -> tuple[nn.Module, nn.Conv2d] | None:
    """What the joined maps enter first, and the convolution behind it; None for no layer of a dense block."""
    parts = getattr(layer, "parts", layer)
    first, convolution = getattr(parts, "norm1", None), getattr(parts, "conv1", None)
    return (first, convolution) if isinstance(first, nn.Module) and isinstance(convolution, nn.Conv2d) else None


def _weight(reader: Reader, part: slice) -> float:
    """The mean magnitude of the weights by which a layer reads a source."""
    return reader.convolution.weight.detach()[:, part].abs().double().mean().item()


@contextmanager
def hidden_from_shortcuts(blocks: list[list[Reader]], sources: Sequence[Source]) -> Iterator[None]:
    """Inside the block, layers behind the next one see the mean of a source's maps in their place."""

    def hide(parts: list[slice]) -> Callable:
        def hook(_module: nn.Module, inputs: tuple[torch.Tensor, ...]) -> tuple[torch.Tensor, ...]:
            maps = inputs[0].clone()
            for part in parts:
                maps[:, part] = maps[:, part].mean((0, 2, 3), keepdim=True)
            return (maps,)

        return hook

    hooks = []
    for block, readers in enumerate(blocks, 1):
        numbers = [source.number for source in sources if source.block == block]
        for layer, reader in enumerate(readers):
            if parts := [reader.sources[number] for number in numbers if number < layer]:
                hooks.append(reader.entrance.register_forward_pre_hook(hide(parts)))
    try:
        yield
    finally:
        for hook in hooks:
            hook.remove()


@torch.inference_mode()
def _scores(view: "View", count: int, blocks: list[list[Reader]], hidden: Sequence[Source]) -> tuple[float, float]:
    """Cross-entropy and accuracy on the first `count` images without these sources."""
    rows = np.arange(min(count, len(view.images)))
    labels = torch.from_numpy(np.array(view.labels[rows]))
    losses, right = [], 0
    with hidden_from_shortcuts(blocks, hidden):
        for batch in batches(len(rows), view.batch(rows[:1])):
            scores = view.network(view.batch(rows[batch])).double().cpu()
            losses.append(functional.cross_entropy(scores, labels[batch], reduction="sum"))
            right += int((scores.argmax(1) == labels[batch]).sum())
    return float(torch.stack(losses).sum()) / len(rows), right / len(rows)
