"""AlexNet (Krizhevsky et al. 2012, in the one-column version of Krizhevsky 2014, arXiv:1404.5997, torchvision's)."""

import torch
import torchvision
from torch import nn

from revisit.models.parts import initialise, sizes
from revisit.models.parts.pooling import AdaptiveAveragePool
from revisit.models.parts.width import rescale

MINIMUM = 63  # pixels: leaves one position behind the last pooling
INITIALISER = initialise.default  # torchvision's


def build(shape: tuple[int, int, int], classes: int, *, dropout: float = 0.5, width: float = 1.0) -> nn.Module:
    """The network with torchvision's initialisation.

    Args:
        shape: height, width and channels of an image; height and width are at least 63.
        classes: the number of outputs (logits).
        dropout: the probability with which an input of the first two fully connected layers is dropped in training.
        width: what the numbers of channels and units are multiplied by.

    Returns:
        A network from images (N, C, H, W) to logits (N, classes) with torchvision's names: pool5 is `features.12`,
        fc6, fc7 and fc8 are `classifier.1`, `.4` and `.6`, and their ReLUs `classifier.2` and `.5`.

    Raises:
        ConfigError: the images are too small, or the width gives no whole numbers.
    """
    return initialise.materialise(layout(shape, classes, dropout, width), INITIALISER)


def layout(shape: tuple[int, int, int], classes: int, dropout: float, width: float) -> nn.Module:
    """The network on the meta device, without weights."""
    sizes.check("alexnet", shape, MINIMUM)
    with torch.device("meta"):
        network = torchvision.models.alexnet(num_classes=classes, dropout=dropout)
        network.avgpool = AdaptiveAveragePool(6, 6)  # does nothing at 224 x 224
        return rescale(network, width, shape[2], outputs={"classifier.6"})
