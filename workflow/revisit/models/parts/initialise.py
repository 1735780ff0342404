"""Initial weights, drawn from PyTorch's default generator in the order of the layers.

Networks are laid out on the meta device, where nothing is drawn and sizes cost nothing, and get their weights here
once: a fully connected layer of VGG-16 takes 400 MB, and drawing PyTorch's default for it first would be wasted.
"""

import math
from collections.abc import Callable
from typing import TypeVar

import torch
from torch import nn

Network = TypeVar("Network", bound=nn.Module)
Initialiser = Callable[[nn.Conv2d | nn.Linear], None]


def materialise(network: Network, initialise: Initialiser) -> Network:
    """`network`, laid out on the meta device, with weights; returns it.

    Args:
        network: of convolutions, linear layers, batch normalisation and layers without state.
        initialise: fills one convolution or linear layer. Batch normalisation starts as the identity.
    """
    for layer in network.modules():
        _allocate(layer)
        if isinstance(layer, nn.BatchNorm2d):
            layer.reset_parameters()
        elif isinstance(layer, nn.Conv2d | nn.Linear):
            initialise(layer)
    return network


def _allocate(layer: nn.Module) -> None:
    """Give a layer's own tensors memory on the default device: the CPU, unless the caller lays out on the meta device.

    What `to_empty` does. That goes through code for compilers, whose import takes longer than most networks do.
    """
    for name, value in layer.named_parameters(recurse=False):
        setattr(layer, name, nn.Parameter(torch.empty(value.shape, dtype=value.dtype)))
    for name, buffer in layer.named_buffers(recurse=False):
        setattr(layer, name, torch.empty(buffer.shape, dtype=buffer.dtype))


def default(layer: nn.Conv2d | nn.Linear) -> None:
    """PyTorch's own: uniform, within 1 / sqrt(fan-in) (LeCun et al. 1998, Efficient BackProp, section 4.6)."""
    layer.reset_parameters()


def normal(std: float, width: float = 1.0, first: nn.Module | None = None) -> Initialiser:
    """Weights N(0, std²), biases 0, for a network of width 1.

    A layer of a narrower network sums over fewer inputs. There the deviation is std / sqrt(width), so that signals
    and gradients are as large as in the published network; with `std` itself a network of an eighth of the width
    passes on (1/8)^(L/2) of the signal of the published one through L layers, and does not learn.

    Args:
        std: the published standard deviation.
        width: of the network.
        first: the layer that sees the image, whose number of inputs does not change with the width.
    """

    def draw(layer: nn.Conv2d | nn.Linear) -> None:
        nn.init.normal_(layer.weight, std=std if layer is first else std / math.sqrt(width))
        _set_bias(layer, 0.0)

    return draw


def truncated_normal(std: float, bias: float, width: float = 1.0, first: nn.Module | None = None) -> Initialiser:
    """Weights N(0, std²) drawn again where they lie beyond two deviations, biases a constant.

    What TensorFlow calls `truncated_normal`. Without its tails the distribution has a deviation of 0.88 std.

    Args:
        std: the published standard deviation, before the tails are cut.
        bias: all biases.
        width: of the network; a narrower one has larger weights, as with `normal`.
        first: the layer that sees the image, as with `normal`.
    """

    def draw(layer: nn.Conv2d | nn.Linear) -> None:
        own = std if layer is first else std / math.sqrt(width)
        nn.init.trunc_normal_(layer.weight, std=own, a=-2 * own, b=2 * own)
        _set_bias(layer, bias)

    return draw


def xavier(layer: nn.Conv2d | nn.Linear) -> None:
    """Weights uniform within sqrt(6 / (fan-in + fan-out)), biases 0 (Glorot & Bengio 2010, equation 16).

    The default of TensorFlow's and Keras's layers. A narrow network needs no correction: its fans are its own.
    """
    nn.init.xavier_uniform_(layer.weight)
    _set_bias(layer, 0.0)


def he(layer: nn.Conv2d | nn.Linear) -> None:
    """Weights N(0, 2 / fan-in), biases 0 (He et al. 2015, equation 10), of linear layers, too."""
    nn.init.kaiming_normal_(layer.weight)
    _set_bias(layer, 0.0)


def kaiming_fan_out(layer: nn.Conv2d | nn.Linear) -> None:
    """Convolutions N(0, 2 / fan-out) (He et al. 2015, equation 14), linear layers N(0, 0.01²), biases 0.

    What torchvision gives VGG and MobileNetV2.
    """
    if isinstance(layer, nn.Conv2d):
        nn.init.kaiming_normal_(layer.weight, mode="fan_out", nonlinearity="relu")
    else:
        nn.init.normal_(layer.weight, std=0.01)
    _set_bias(layer, 0.0)


def _set_bias(layer: nn.Conv2d | nn.Linear, value: float) -> None:
    if layer.bias is not None:
        nn.init.constant_(layer.bias, value)
