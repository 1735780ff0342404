"""VGG-16 (Simonyan & Zisserman 2015, arXiv:1409.1556, table 1, column D), in torchvision's definition.

Thirteen 3x3 convolutions in five groups, each group followed by max-pooling, and three fully connected layers.
"""

from typing import Literal

import torch
import torchvision
from torch import nn

from revisit.models.parts import initialise, sizes
from revisit.models.parts.pooling import AdaptiveAveragePool
from revisit.models.parts.width import rescale

MINIMUM = 32  # pixels: five poolings
STD = 0.01


def build(
    shape: tuple[int, int, int],
    classes: int,
    *,
    dropout: float = 0.5,
    width: float = 1.0,
    initialiser: Literal["xavier", "kaiming", "normal"] = "xavier",
) -> nn.Module:
    """The network.

    Args:
        shape: height, width and channels of an image; height and width are at least 32.
        classes: the number of outputs (logits).
        dropout: the probability with which a unit of the first two fully connected layers is dropped in training.
        width: what the numbers of channels and units are multiplied by.
        initialiser: of the weights: "xavier" is Glorot & Bengio 2010, Keras's default, and so what the course of S0
            starts from (CMU 16-824, spring 2019; repository alasin/pascal_object_classification_tf); "kaiming" is
            torchvision's; "normal" is N(0, 0.01²) (the paper's section 3.1; at width 1, see `parts.initialise.normal`).
            Biases are 0.

    Returns:
        A network from images (N, C, H, W) to logits (N, classes) with torchvision's names: pool5 is `features.30`,
        fc6, fc7 and fc8 are `classifier.0`, `.3` and `.6`, and their ReLUs `classifier.1` and `.4`.

    Raises:
        ConfigError: the images are too small, or the width gives no whole numbers.
    """
    network = layout(shape, classes, dropout, width)
    if initialiser == "normal":
        return initialise.materialise(network, initialise.normal(STD, width, first=network.get_submodule("features.0")))
    return initialise.materialise(network, initialise.xavier if initialiser == "xavier" else INITIALISER)


def layout(shape: tuple[int, int, int], classes: int, dropout: float, width: float) -> nn.Module:
    """The network on the meta device, without weights."""
    sizes.check("vgg16", shape, MINIMUM)
    with torch.device("meta"):
        network = torchvision.models.vgg16(num_classes=classes, dropout=dropout, init_weights=False)
        network.avgpool = AdaptiveAveragePool(7, 7)  # does nothing at 224 x 224
        return rescale(network, width, shape[2], outputs={"classifier.6"})


INITIALISER = initialise.kaiming_fan_out  # torchvision's
