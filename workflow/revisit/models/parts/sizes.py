"""Sizes of images on their way through a network."""

import torch
from torch import nn

from revisit.errors import ConfigError


def check(network: str, shape: tuple[int, int, int], minimum: int) -> None:
    """Raise ConfigError unless height and width of an image, `shape[:2]` in pixels, are at least `minimum`."""
    height, width = shape[:2]
    if min(height, width) < minimum:
        raise ConfigError(
            f"images of {height} x {width} pixels are too small for {network}, which needs at least {minimum} x "
            f"{minimum}; give the data set a larger `size` (and the experiment a larger `crop`), or use another model"
        )


def flattened(layers: nn.Module, shape: tuple[int, int, int]) -> int:
    """How many numbers `layers`, built on the meta device, make of one image of `shape` (height, width, channels)."""
    height, width, channels = shape
    # Two images, since batch normalisation refuses one value per channel.
    return layers(torch.empty(2, channels, height, width, device="meta")).numel() // 2
