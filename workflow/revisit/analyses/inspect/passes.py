"""What the looks that need a classifier share: its probabilities and layers in one pass, and whom to show it."""

from collections.abc import Iterator

import numpy as np
import torch

from revisit.analyses import forward, targets
from revisit.analyses.inspect.view import View
from revisit.errors import ConfigError

KEY = "analyses.inspect"


@torch.inference_mode()
def outputs_of(view: View, inputs: torch.Tensor, layers: list[str]) -> tuple[torch.Tensor, dict[str, torch.Tensor]]:
    """What the network says of inputs (B, C, h, w), and the outputs of `layers`, in one pass.

    Returns:
        The probabilities of the classes (B, K), and layer -> (B, ...), on the device. The layers are those of a
        network that `check_layers` or `fields.shapes` has seen: they exist, and run once.

    Raises:
        ConfigError: the network gives something else than one number for each class.
    """
    with forward.tapped(view.network, layers) as outputs:
        said = view.probabilities(inputs)
    if said.shape[1:] != (len(view.classes),):
        raise ConfigError(
            f"{KEY}: invariance, occlusion and correspondence need a classifier, but this network gives "
            f"{tuple(said.shape[1:])} numbers for an image, not one for each of {len(view.classes)} classes; "
            "leave them out"
        )
    return said, {layer: forward.single(layer, kept) for layer, kept in outputs.items()}


def check_layers(view: View, key: str, layers: list[str]) -> None:
    """Raise ConfigError, which names `key`, unless every layer exists, runs once in a pass and gives a tensor."""
    try:
        list(forward.activations(view.network, view.images[:1], view.preprocessing, layers, view.device))
    except ConfigError as error:
        raise ConfigError(f"{key}: {str(error).removeprefix('layers: ')}") from error


def rows_with_class(view: View, key: str, count: int, minimum: int = 1) -> np.ndarray:
    """`count` rows spread over the classes, of images that show one; all of them where there are fewer.

    Raises:
        ConfigError: there are fewer than `minimum`. It names `key`.
    """
    rows = targets.spread(view.labels, count, view.seed)
    if len(rows) < minimum:
        raise ConfigError(
            f"{key}: {minimum} images that show a class are needed, found {len(rows)} among {len(view.labels)}; "
            "raise this number, or how many are looked at"
        )
    return rows


def batches(count: int, inputs: torch.Tensor) -> Iterator[slice]:
    """Slices of `count` inputs like `inputs` (B, C, h, w), so small that a batch bounds the memory."""
    rows = max(1, min(forward.BATCH, forward.BATCH_PIXELS // (inputs.shape[-2] * inputs.shape[-1])))
    for start in range(0, count, rows):
        yield slice(start, min(start + rows, count))
