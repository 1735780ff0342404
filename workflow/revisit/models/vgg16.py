"""VGG-16 (Simonyan & Zisserman 2015, arXiv:1409.1556, table 1, column D), with torchvision's names of layers.

Thirteen 3x3 convolutions in five groups, each group followed by max-pooling, and three fully connected layers.
"""

from collections import OrderedDict
from itertools import count
from typing import Literal

import torch
from torch import nn

from revisit.models.parts import initialise, sizes
from revisit.models.parts.pooling import AdaptiveAveragePool
from revisit.models.parts.width import scaled

MINIMUM = 32  # pixels: five poolings
STD = 0.01
GROUPS = ((64, 2), (128, 2), (256, 3), (512, 3), (512, 3))  # channels and number of convolutions
UNITS = 4096  # of fc6 and fc7


def build(
    shape: tuple[int, int, int],
    classes: int,
    *,
    dropout: float = 0.5,
    width: float = 1.0,
    batch_norm: bool = False,
    initialiser: Literal["xavier", "kaiming", "normal", "he"] = "xavier",
) -> nn.Module:
    """The network.

    Args:
        shape: height, width and channels of an image; height and width are at least 32.
        classes: the number of outputs (logits).
        dropout: the probability with which a unit of the first two fully connected layers is dropped in training.
        width: what the numbers of channels and units are multiplied by.
        batch_norm: whether batch normalisation (Ioffe & Szegedy 2015) follows each convolution, as in torchvision's
            vgg16_bn. The paper has none, and a narrow network learns little in a few hundred steps without.
        initialiser: of the weights: "xavier" is Glorot & Bengio 2010, Keras's default, and so what the course of S0
            starts from (CMU 16-824, spring 2019; repository alasin/pascal_object_classification_tf); "kaiming" is
            torchvision's; "normal" is N(0, 0.01²) (the paper's section 3.1; at width 1, see `parts.initialise.normal`);
            "he" is He et al. 2015, of the fully connected layers, too. Biases are 0.

    Returns:
        A network from images (N, C, H, W) to logits (N, classes) with torchvision's names: pool5 is `features.30`,
        fc6, fc7 and fc8 are `classifier.0`, `.3` and `.6`, and their ReLUs `classifier.1` and `.4`. The names are the
        same with batch normalisation: that of `features.0` is `features.norm0`.

    Raises:
        ConfigError: the images are too small, or the width gives no whole numbers.
    """
    network = layout(shape, classes, dropout, width, batch_norm)
    if initialiser == "normal":
        return initialise.materialise(network, initialise.normal(STD, width, first=network.get_submodule("features.0")))
    return initialise.materialise(network, INITIALISERS[initialiser])


def layout(
    shape: tuple[int, int, int], classes: int, dropout: float, width: float, batch_norm: bool = False
) -> nn.Module:
    """The network on the meta device, without weights."""
    sizes.check("vgg16", shape, MINIMUM)
    units = scaled(UNITS, width)
    with torch.device("meta"):
        features = _convolutions(shape[2], width, batch_norm)
        classifier = nn.Sequential(
            nn.Linear(scaled(GROUPS[-1][0], width) * 7 * 7, units),
            nn.ReLU(inplace=True),
            nn.Dropout(dropout),
            nn.Linear(units, units),
            nn.ReLU(inplace=True),
            nn.Dropout(dropout),
            nn.Linear(units, classes),
        )
        pool = AdaptiveAveragePool(7, 7)  # does nothing at 224 x 224
        return nn.Sequential(OrderedDict(features=features, avgpool=pool, flatten=nn.Flatten(), classifier=classifier))


def _convolutions(entering: int, width: float, batch_norm: bool) -> nn.Sequential:
    """`features`, whose layers have numbers for names; those of batch normalisation have none of their own."""
    layers: OrderedDict[str, nn.Module] = OrderedDict()
    number = count()
    for channels, convolutions in GROUPS:
        leaving = scaled(channels, width)
        for _ in range(convolutions):
            name = str(next(number))
            layers[name] = nn.Conv2d(entering, leaving, 3, padding=1)
            if batch_norm:
                layers[f"norm{name}"] = nn.BatchNorm2d(leaving)
            layers[str(next(number))] = nn.ReLU(inplace=True)
            entering = leaving
        layers[str(next(number))] = nn.MaxPool2d(2)
    return nn.Sequential(layers)


INITIALISER = initialise.kaiming_fan_out  # torchvision's
INITIALISERS = {"xavier": initialise.xavier, "kaiming": INITIALISER, "he": initialise.he}
