"""Images through a trained network in batches, with a look at the layers inside."""

from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from typing import Any

import numpy as np
import torch
from torch import nn

from revisit.data.tensors import Preprocessing
from revisit.errors import ConfigError
from revisit.models.parts.layers import find

BATCH = 256  # images at a time, fewer where they are large: batches bound the memory
BATCH_PIXELS = 2**20
KEY = "layers"  # where an analysis names layers, for messages


def preprocessing_of(info: dict[str, Any], device: torch.device) -> Preprocessing:
    """What a trained network wants to see, by its network.json: crop, mean, deviation and channels of its training."""
    return Preprocessing(info["mean"], info["std"], device, info["crop"], info.get("channels", "rgb"))


def activations(
    network: nn.Module, images: np.ndarray, preprocessing: Preprocessing, layers: list[str], device: torch.device
) -> Iterator[tuple[slice, dict[str, torch.Tensor]]]:
    """Yield rows and the outputs of `layers` for them, (B, ...) on `device`, batch by batch in the order of the images.

    Args:
        network: in evaluation mode, on `device`.
        images: (N, H, W, C) uint8, in memory or memory-mapped.
        preprocessing: from stored pixels to the network's input, as `preprocessing_of` gives it.
        layers: names of submodules.
        device: where the network is.

    Raises:
        ConfigError: a layer does not exist, runs not exactly once in a pass, or gives something else than a tensor.
    """
    find(network, layers, KEY)
    rows = max(1, min(BATCH, BATCH_PIXELS // max(1, images.shape[1] * images.shape[2])))
    for start in range(0, len(images), rows):
        pixels = torch.from_numpy(np.array(images[start : start + rows])).to(device)
        with tapped(network, layers) as outputs, torch.inference_mode():
            network(preprocessing(pixels))
        yield slice(start, start + len(pixels)), {layer: single(layer, kept) for layer, kept in outputs.items()}


@contextmanager
def tapped(network: nn.Module, layers: Iterable[str]) -> Iterator[dict[str, list[torch.Tensor | None]]]:
    """Keep what `layers`, names of submodules, give inside the block.

    Yields:
        layer -> an output for each time that it ran; None where that was no tensor. The outputs are copies: a layer
        that works in place (ReLU) may overwrite its input, which is the output of the one before.
    """
    outputs: dict[str, list[torch.Tensor | None]] = {layer: [] for layer in layers}

    def keeper(kept: list) -> Callable:
        def hook(_module: nn.Module, _inputs: tuple, output: object) -> None:
            kept.append(output.clone() if isinstance(output, torch.Tensor) else None)

        return hook

    hooks = [network.get_submodule(layer).register_forward_hook(keeper(kept)) for layer, kept in outputs.items()]
    try:
        yield outputs
    finally:
        for hook in hooks:
            hook.remove()


def single(layer: str, kept: list[torch.Tensor | None]) -> torch.Tensor:
    """The output of a layer that `tapped` kept. Raises ConfigError unless it ran once and gave a tensor."""
    if len(kept) != 1:
        raise ConfigError(
            f"layers: {layer!r} runs {len(kept)} times in one pass of the network; choose one that runs once"
        )
    (output,) = kept
    if output is None:
        raise ConfigError(f"layers: {layer!r} does not give a tensor; choose a layer inside or after it")
    return output
