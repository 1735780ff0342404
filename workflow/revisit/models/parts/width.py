"""Narrower and wider versions of a network: every count of channels or units but the input's and the output's.

As the width multiplier of MobileNet (Howard et al. 2017, arXiv:1704.04861, section 3.3), for any network.
"""

from typing import Any

from torch import nn

from revisit.errors import ConfigError
from revisit.models.parts import layers


def scaled(count: int, width: float) -> int:
    """`count` channels or units of the published network, at `width`.

    Raises:
        ConfigError: that is no whole number of at least 1.
    """
    value = count * width
    if value < 1 or value != int(value):
        raise ConfigError(f"network.width: {width} times {count} channels is no whole number; use a multiple of 1/8")
    return int(value)


def rescale(network: nn.Module, width: float, channels: int, outputs: set[str]) -> nn.Module:
    """Replace every convolution, linear layer and batch normalisation of `network` by one of the width wanted.

    For definitions of other libraries, which have no argument for it. The weights of the new layers mean nothing:
    call it on the meta device, where nothing is drawn, and `initialise.materialise` after it.

    Args:
        network: any network; changed in place.
        width: what all counts of channels and units are multiplied by.
        channels: of an image: the first convolution's input.
        outputs: names of the layers whose outputs are the network's, which keep their number.

    Raises:
        ConfigError: a count is no whole number at this width.
    """
    new: nn.Module
    first = layers.first_convolution(network)
    for name, layer in list(network.named_modules()):
        if isinstance(layer, nn.Conv2d):
            entering = channels if name == first else scaled(layer.in_channels, width)
            leaving = layer.out_channels if name in outputs else scaled(layer.out_channels, width)
            new = _convolution(layer, entering, leaving, width)
        elif isinstance(layer, nn.Linear):
            leaving = layer.out_features if name in outputs else scaled(layer.out_features, width)
            new = nn.Linear(scaled(layer.in_features, width), leaving, bias=layer.bias is not None)
        elif isinstance(layer, nn.BatchNorm2d):
            new = nn.BatchNorm2d(scaled(layer.num_features, width), layer.eps, layer.momentum)
        else:
            continue
        network.set_submodule(name, new)
    return network


def _convolution(layer: nn.Conv2d, entering: int, leaving: int, width: float) -> nn.Conv2d:
    groups = layer.groups if layer.groups == 1 else scaled(layer.groups, width)  # depthwise: one group per channel
    kept: dict[str, Any] = {key: getattr(layer, key) for key in ("kernel_size", "stride", "padding", "dilation")}
    return nn.Conv2d(entering, leaving, **kept, groups=groups, bias=layer.bias is not None)
