"""Sizes of images on their way through a network."""

import math
from typing import Any

import torch
from torch import nn

from revisit.errors import ConfigError

WINDOWS = (nn.Conv2d, nn.MaxPool2d)
OTHERS = (nn.BatchNorm2d, nn.ReLU, nn.Flatten)  # these change no number of values


def check(network: str, shape: tuple[int, int, int], minimum: int) -> None:
    """Raise ConfigError unless height and width of an image, `shape[:2]` in pixels, are at least `minimum`."""
    height, width = shape[:2]
    if min(height, width) < minimum:
        raise ConfigError(
            f"images of {height} x {width} pixels are too small for {network}, which needs at least {minimum} x "
            f"{minimum}; give the data set a larger `size` (and the experiment a larger `crop`), or use another model"
        )


def leaving(layers: nn.Module, shape: tuple[int, int, int]) -> tuple[int, int, int]:
    """Channels, height and width of what `layers`, on the meta device, make of an image of `shape` (H, W, channels).

    A layer that flattens them is passed over.
    """
    height, width, channels = shape
    if isinstance(layers, nn.Sequential) and all(isinstance(layer, (*WINDOWS, *OTHERS)) for layer in layers):
        for layer in layers:
            if isinstance(layer, WINDOWS):
                height, width = _side(layer, height, 0), _side(layer, width, 1)
                channels = layer.out_channels if isinstance(layer, nn.Conv2d) else channels
        return channels, height, width
    # PyTorch's own answer takes half a second when it is the first. Two images, since batch normalisation refuses one
    # value per channel.
    found = layers(torch.empty(2, channels, height, width, device="meta")).shape
    return found[1], found[2], found[3]


def flattened(layers: nn.Module, shape: tuple[int, int, int]) -> int:
    """How many numbers `layers`, built on the meta device, make of one image of `shape` (height, width, channels)."""
    return math.prod(leaving(layers, shape))


def _side(layer: nn.Conv2d | nn.MaxPool2d, size: int, axis: int) -> int:
    """How many positions a window has along an axis: the formulas in PyTorch's documentation of the two layers."""
    if layer.padding == "same":
        return size
    values: tuple[Any, ...] = (layer.kernel_size, layer.stride, layer.padding, layer.dilation)
    kernel, stride, padding, dilation = (value[axis] if isinstance(value, tuple) else value for value in values)
    beyond = size + 2 * padding - dilation * (kernel - 1) - 1  # how far the first window can move
    if not getattr(layer, "ceil_mode", False):
        return beyond // stride + 1
    moves = -(-beyond // stride)
    return moves + (moves * stride < size + padding)  # a last window must not begin in the padding on the right
