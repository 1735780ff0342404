"""A small convolutional trunk for drawn scenes, a classifier on it: our own, for minutes on one core.

Five 3x3 convolutions with batch normalisation and ReLU: 16 and 32 maps at half the size each, 64, max-pool 2/2, 128,
max-pool 2/2, 128: stride 16. The largest value of each map goes to one linear layer. 0.25 million parameters.
"""

from collections import OrderedDict

import torch
from torch import nn

from revisit.models.parts import initialise, sizes
from revisit.models.parts.pooling import AdaptiveMaxPool
from revisit.models.parts.width import scaled

MINIMUM = 13  # pixels: leaves one position at the end
CHANNELS = (16, 32, 64, 128, 128)
HALVED = {1, 2}  # convolutions of stride 2
POOLED = {3, 4}  # convolutions before a pooling
INITIALISER = initialise.he


def build(shape: tuple[int, int, int], classes: int, *, dropout: float = 0.2, width: float = 1.0) -> nn.Module:
    """The network.

    Args:
        shape: height, width and channels of an image; height and width are at least 13.
        classes: the number of outputs (logits).
        dropout: the probability with which an input of the last layer is dropped in training.
        width: what the numbers of channels are multiplied by.

    Returns:
        A network from images (N, C, H, W) to logits (N, classes): `features` (conv1, norm1, relu1, ...), `pool`,
        `flatten`, `dropout`, `logits`. Weights are He et al.'s (2015), biases 0.

    Raises:
        ConfigError: the images are too small, or the width gives no whole numbers.
    """
    return initialise.materialise(layout(shape, classes, dropout, width), INITIALISER)


def layout(shape: tuple[int, int, int], classes: int, dropout: float, width: float) -> nn.Sequential:
    """The network on the meta device, without weights."""
    sizes.check("small_convnet", shape, MINIMUM)
    with torch.device("meta"):
        return nn.Sequential(
            OrderedDict(
                features=_trunk(shape[2], width),
                pool=AdaptiveMaxPool(1, 1),
                flatten=nn.Flatten(),
                dropout=nn.Dropout(dropout),
                logits=nn.Linear(scaled(CHANNELS[-1], width), classes),
            )
        )


def _trunk(entering: int, width: float) -> nn.Sequential:
    layers: OrderedDict[str, nn.Module] = OrderedDict()
    for number, count in enumerate(CHANNELS, start=1):
        leaving = scaled(count, width)
        layers[f"conv{number}"] = nn.Conv2d(entering, leaving, 3, 2 if number in HALVED else 1, 1, bias=False)
        layers[f"norm{number}"] = nn.BatchNorm2d(leaving)
        layers[f"relu{number}"] = nn.ReLU()
        if number in POOLED:
            layers[f"pool{number}"] = nn.MaxPool2d(2)
        entering = leaving
    return nn.Sequential(layers)
