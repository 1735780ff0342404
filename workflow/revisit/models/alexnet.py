"""AlexNet (Krizhevsky et al. 2012, in the one-column version of Krizhevsky 2014, arXiv:1404.5997, torchvision's)."""

from collections import OrderedDict

import torch
from torch import nn

from revisit.models.parts import initialise, sizes
from revisit.models.parts.pooling import AdaptiveAveragePool
from revisit.models.parts.width import scaled

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
    c1, c2, c3, c4, c5 = (scaled(count, width) for count in (64, 192, 384, 256, 256))
    units = scaled(4096, width)
    with torch.device("meta"):
        features = nn.Sequential(
            nn.Conv2d(shape[2], c1, 11, stride=4, padding=2),
            nn.ReLU(inplace=True),
            nn.MaxPool2d(3, stride=2),
            nn.Conv2d(c1, c2, 5, padding=2),
            nn.ReLU(inplace=True),
            nn.MaxPool2d(3, stride=2),
            nn.Conv2d(c2, c3, 3, padding=1),
            nn.ReLU(inplace=True),
            nn.Conv2d(c3, c4, 3, padding=1),
            nn.ReLU(inplace=True),
            nn.Conv2d(c4, c5, 3, padding=1),
            nn.ReLU(inplace=True),
            nn.MaxPool2d(3, stride=2),
        )
        classifier = nn.Sequential(
            nn.Dropout(dropout),
            nn.Linear(c5 * 6 * 6, units),
            nn.ReLU(inplace=True),
            nn.Dropout(dropout),
            nn.Linear(units, units),
            nn.ReLU(inplace=True),
            nn.Linear(units, classes),
        )
        pool = AdaptiveAveragePool(6, 6)  # does nothing at 224 x 224
        return nn.Sequential(OrderedDict(features=features, avgpool=pool, flatten=nn.Flatten(), classifier=classifier))
