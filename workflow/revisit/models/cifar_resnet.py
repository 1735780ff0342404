"""Plain and residual networks for images of 32x32 pixels (He et al. 2016, CVPR, arXiv:1512.03385, section 4.2).

A 3x3 convolution, then 6n layers of 3x3 convolutions on maps of 32, 16 and 8 pixels, 2n layers with 16, 32 and 64
filters each, then global average pooling and one fully connected layer: 6n + 2 layers in all. Each pair of layers is a
block; in the residual network a shortcut adds the block's input to its output. Where a block halves the maps, the
shortcut takes every second pixel and fills the new channels with zeros (option A), so that both networks have exactly
the same parameters. Every convolution is followed by batch normalisation and ReLU, that of a block by the sum first.
"""

from collections import OrderedDict
from typing import Literal

import torch
from torch import Tensor, nn
from torch.nn import functional

from revisit.errors import ConfigError
from revisit.models.parts import initialise
from revisit.models.parts.width import scaled

FILTERS = (16, 32, 64)


class Block(nn.Module):
    """Two 3x3 convolutions (figure 2), with the shortcut around them or without.

    Args:
        entering: channels of the input.
        leaving: channels of the output; with more than enter, the maps are halved.
        residual: whether there is a shortcut.
        batch_norm: whether the convolutions are normalised; without, they have biases.
    """

    def __init__(self, entering: int, leaving: int, residual: bool, batch_norm: bool) -> None:
        super().__init__()
        self.residual, self.stride = residual, 1 if entering == leaving else 2
        self.conv1, self.norm1 = _convolution(entering, leaving, self.stride, batch_norm)
        self.relu1 = nn.ReLU()
        self.conv2, self.norm2 = _convolution(leaving, leaving, 1, batch_norm)
        self.relu2 = nn.ReLU()

    def forward(self, maps: Tensor) -> Tensor:
        """(N, entering, H, W) -> (N, leaving, h, w): h and w are H and W, or half of them, rounded up."""
        output = self.norm2(self.conv2(self.relu1(self.norm1(self.conv1(maps)))))
        return self.relu2(output + self.shortcut(maps) if self.residual else output)

    def shortcut(self, maps: Tensor) -> Tensor:
        """The input in the shape of the output, without parameters: option A."""
        new = self.conv1.out_channels - self.conv1.in_channels
        return functional.pad(maps[:, :, :: self.stride, :: self.stride], (0, 0, 0, 0, 0, new)) if new else maps


def build(
    shape: tuple[int, int, int],
    classes: int,
    *,
    depth: int = 20,
    residual: bool = True,
    batch_norm: bool = True,
    width: float = 1.0,
    initialiser: Literal["he", "xavier"] = "he",
) -> nn.Sequential:
    """The network.

    Args:
        shape: height, width and channels of an image, of any size.
        classes: the number of outputs (logits).
        depth: the number of layers with weights, 6n + 2; the paper has 20, 32, 44, 56, 110 and 1202.
        residual: whether blocks have shortcuts; without, it is the paper's plain network.
        batch_norm: whether convolutions are normalised, as in the paper; without, they have biases.
        width: what the numbers of filters are multiplied by.
        initialiser: of the weights: "he" is the paper's, N(0, 2 / fan-in) (He et al. 2015); "xavier" is what came
            before it, made for units that are linear around 0 (Glorot & Bengio 2010); biases are 0.

    Returns:
        A network from images (N, C, H, W) to logits (N, classes). Its layers are `conv1`, `stage1.block1.conv1` to
        `stage3.block<n>.conv2`, and `logits`.

    Raises:
        ConfigError: there is no such depth, or the width gives no whole numbers.
    """
    blocks, odd = divmod(depth - 2, 6)
    if odd or not blocks:
        raise ConfigError(f"network.depth: {depth} layers are not 6n + 2; choose 8, 14, 20, 26, 32, ...")
    with torch.device("meta"):
        first = scaled(FILTERS[0], width)
        convolution, norm = _convolution(shape[2], first, 1, batch_norm)
        layers: OrderedDict[str, nn.Module] = OrderedDict(conv1=convolution, norm1=norm, relu1=nn.ReLU())
        entering = first
        for stage, filters in enumerate(FILTERS, 1):
            leaving = scaled(filters, width)
            sizes = [entering] + [leaving] * (blocks - 1)
            stack = [Block(size, leaving, residual, batch_norm) for size in sizes]
            named = ((f"block{number}", block) for number, block in enumerate(stack, 1))
            layers[f"stage{stage}"], entering = nn.Sequential(OrderedDict[str, nn.Module](named)), leaving
        layers |= OrderedDict(pool=nn.AdaptiveAvgPool2d(1), flatten=nn.Flatten(), logits=nn.Linear(entering, classes))
        network = nn.Sequential(layers)
    return initialise.materialise(network, initialise.he if initialiser == "he" else initialise.xavier)


def _convolution(entering: int, leaving: int, stride: int, batch_norm: bool) -> tuple[nn.Conv2d, nn.Module]:
    """A 3x3 convolution and what normalises it."""
    convolution = nn.Conv2d(entering, leaving, kernel_size=3, stride=stride, padding=1, bias=not batch_norm)
    return convolution, nn.BatchNorm2d(leaving) if batch_norm else nn.Identity()
