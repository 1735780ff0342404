"""MobileNetV2 (Sandler et al. 2018, arXiv:1801.04381, table 2), in torchvision's definition.

Inverted residual blocks with linear bottlenecks and depthwise convolutions.
"""

import torch
from torch import nn

from revisit.models.parts import initialise, sizes
from revisit.models.parts.width import rescale

MINIMUM = 1  # every layer pads
INITIALISER = initialise.kaiming_fan_out  # torchvision's


def build(shape: tuple[int, int, int], classes: int, *, dropout: float = 0.2, width: float = 1.0) -> nn.Module:
    """The network with torchvision's initialisation.

    Args:
        shape: height, width and channels of an image.
        classes: the number of outputs (logits).
        dropout: the probability with which an input of the classifier is dropped in training.
        width: what the numbers of channels are multiplied by, all of them; the paper's own multiplier rounds to
            multiples of 8 and leaves the last convolution at 1280 where it narrows.

    Returns:
        A network from images (N, C, H, W) to logits (N, classes) with torchvision's names: `features.18` is the last
        convolution, `classifier.1` the classifier.

    Raises:
        ConfigError: the images are too small, or the width gives no whole numbers.
    """
    return initialise.materialise(layout(shape, classes, dropout, width), INITIALISER)


def layout(shape: tuple[int, int, int], classes: int, dropout: float, width: float) -> nn.Module:
    """The network on the meta device, without weights."""
    import torchvision  # a second: not for the networks that may be built on this one and are not

    sizes.check("mobilenet_v2", shape, MINIMUM)
    with torch.device("meta"):
        network = torchvision.models.mobilenet_v2(num_classes=classes, dropout=dropout)
        return rescale(network, width, shape[2], outputs={"classifier.1"})
