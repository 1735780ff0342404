"""DenseNet and DenseNet-BC for images of 32x32 pixels (Huang et al. 2017, CVPR, arXiv:1608.06993, section 3).

A 3x3 convolution, then three dense blocks with the same number of layers on maps of 32, 16 and 8 pixels, then global
average pooling and one fully connected layer. Every layer of a block sees the maps of all layers before it and adds k
maps of its own, k the growth rate: batch normalisation, ReLU and a 3x3 convolution, in DenseNet-B behind a 1x1
convolution to 4k maps, normalised likewise. Between two blocks a transition: batch normalisation, ReLU, a 1x1
convolution, which in DenseNet-C keeps a share of the maps, and average pooling.
"""

from collections import OrderedDict
from typing import Literal

import torch
from torch import Tensor, nn

from revisit.errors import ConfigError
from revisit.models.parts import initialise, sizes

MINIMUM = 4  # pixels: two poolings
BLOCKS = 3
FIRST = 16  # maps of the first convolution; DenseNet-BC has 2k


class Layer(nn.Module):
    """One layer of a dense block: from all maps so far to `growth` new ones.

    Args:
        entering: maps of the input.
        growth: maps of the output.
        bottleneck: whether a 1x1 convolution to four times as many maps comes before the 3x3 convolution.
        batch_norm: whether inputs of convolutions are normalised; without, convolutions have biases.
    """

    def __init__(self, entering: int, growth: int, bottleneck: bool, batch_norm: bool) -> None:
        super().__init__()
        parts: OrderedDict[str, nn.Module] = OrderedDict()
        if bottleneck:
            parts |= _activated("1", entering, 4 * growth, 1, batch_norm)
            parts |= _activated("2", 4 * growth, growth, 3, batch_norm)
        else:
            parts |= _activated("1", entering, growth, 3, batch_norm)
        self.parts = nn.Sequential(parts)

    def forward(self, maps: Tensor) -> Tensor:
        """(N, entering, H, W) -> (N, entering + growth, H, W): the input, and the new maps behind it."""
        return torch.cat([maps, self.parts(maps)], 1)


def build(
    shape: tuple[int, int, int],
    classes: int,
    *,
    depth: int = 40,
    growth: int = 12,
    bottleneck: bool = False,
    compression: float = 1.0,
    batch_norm: bool = True,
    initialiser: Literal["he", "xavier"] = "he",
) -> nn.Sequential:
    """The network; DenseNet-BC is the one with `bottleneck` and a `compression` below 1, in the paper 0.5.

    Args:
        shape: height, width and channels of an image; height and width are at least 4.
        classes: the number of outputs (logits).
        depth: the number of layers with weights (L): 3n + 4, with bottlenecks 6n + 4. The paper has 40 and 100, with
            bottlenecks 100, 190 and 250.
        growth: the maps that each layer adds (k). It takes the place of a width.
        bottleneck: whether layers have 1x1 convolutions before the 3x3 ones (DenseNet-B).
        compression: the share of the maps that a transition keeps (theta), rounded down; 1 keeps all.
        batch_norm: whether inputs of convolutions are normalised, as in the paper; without, convolutions have biases.
        initialiser: of the weights: "he" is the paper's, N(0, 2 / fan-in) (He et al. 2015); "xavier" is what came
            before it, made for units that are linear around 0 (Glorot & Bengio 2010); biases are 0.

    Returns:
        A network from images (N, C, H, W) to logits (N, classes). Its layers are `conv1`, `block1.layer1` to
        `block3.layer<n>`, `transition1`, `transition2` and `logits`.

    Raises:
        ConfigError: there is no such depth, the images are too small, or a transition keeps no map.
    """
    sizes.check("cifar_densenet", shape, MINIMUM)
    convolutions = 2 if bottleneck else 1
    layers_of_block, odd = divmod(depth - 4, BLOCKS * convolutions)
    if odd or layers_of_block < 1:
        rule = "6n + 4; choose 10, 16, 22, ..., 100" if bottleneck else "3n + 4; choose 7, 10, 13, ..., 40"
        raise ConfigError(f"network.depth: {depth} layers are not {rule}")
    with torch.device("meta"):
        maps = 2 * growth if bottleneck and compression < 1 else FIRST
        layers: OrderedDict[str, nn.Module] = OrderedDict(
            conv1=nn.Conv2d(shape[2], maps, kernel_size=3, padding=1, bias=not batch_norm)
        )
        for number in range(1, BLOCKS + 1):
            block = [Layer(maps + each * growth, growth, bottleneck, batch_norm) for each in range(layers_of_block)]
            layers[f"block{number}"] = nn.Sequential(
                OrderedDict((f"layer{n}", part) for n, part in enumerate(block, 1))
            )
            maps += layers_of_block * growth
            if number < BLOCKS:
                kept = int(maps * compression)
                if not kept:
                    raise ConfigError(f"network.compression: {compression} of {maps} maps leaves none; keep more")
                transition = _activated("", maps, kept, 1, batch_norm) | OrderedDict(pool=nn.AvgPool2d(2))
                layers[f"transition{number}"], maps = nn.Sequential(transition), kept
        layers |= OrderedDict(norm=_norm(maps, batch_norm), relu=nn.ReLU(), pool=nn.AdaptiveAvgPool2d(1))
        layers |= OrderedDict(flatten=nn.Flatten(), logits=nn.Linear(maps, classes))
        network = nn.Sequential(layers)
    return initialise.materialise(network, initialise.he if initialiser == "he" else initialise.xavier)


def _activated(number: str, entering: int, leaving: int, kernel: int, batch_norm: bool) -> OrderedDict[str, nn.Module]:
    """Normalisation, ReLU and a convolution that keeps the size, by name."""
    convolution = nn.Conv2d(entering, leaving, kernel, padding=kernel // 2, bias=not batch_norm)
    named = {"norm": _norm(entering, batch_norm), "relu": nn.ReLU(), "conv": convolution}
    return OrderedDict((f"{name}{number}", part) for name, part in named.items())


def _norm(maps: int, batch_norm: bool) -> nn.Module:
    return nn.BatchNorm2d(maps) if batch_norm else nn.Identity()
