"""SqueezeNet 1.1 (Iandola et al. 2016, arXiv:1602.07360, and its repository), in torchvision's definition.

Fire modules: a 1x1 convolution that squeezes the channels, then 1x1 and 3x3 convolutions side by side.
"""

import torch
from torch import nn

from revisit.models.parts import initialise, sizes
from revisit.models.parts.pooling import AdaptiveAveragePool
from revisit.models.parts.width import rescale

MINIMUM = 17  # pixels: leaves one position at the end
STD = 0.01  # of the last convolution's weights


def build(shape: tuple[int, int, int], classes: int, *, dropout: float = 0.5, width: float = 1.0) -> nn.Module:
    """The network with torchvision's initialisation.

    Args:
        shape: height, width and channels of an image; height and width are at least 17.
        classes: the number of outputs (logits).
        dropout: the probability with which an input of the last convolution is dropped in training.
        width: what the numbers of channels are multiplied by.

    Returns:
        A network from images (N, C, H, W) to logits (N, classes) with torchvision's names: `features.12` is the last
        fire module, `classifier.1` the last convolution. The logits are not negative: a ReLU is the last layer but
        for the average.

    Raises:
        ConfigError: the images are too small, or the width gives no whole numbers.
    """
    network = layout(shape, classes, dropout, width)
    last = network.get_submodule("classifier.1")
    return initialise.materialise(network, lambda layer: (LAST if layer is last else INITIALISER)(layer))


def layout(shape: tuple[int, int, int], classes: int, dropout: float, width: float) -> nn.Module:
    """The network on the meta device, without weights."""
    import torchvision  # a second: not for the networks that may be built on this one and are not

    sizes.check("squeezenet", shape, MINIMUM)
    with torch.device("meta"):
        network = torchvision.models.squeezenet1_1(num_classes=classes, dropout=dropout)
        network.classifier[3] = AdaptiveAveragePool(1, 1)
        return rescale(network, width, shape[2], outputs={"classifier.1"})


def _uniform(layer: nn.Conv2d | nn.Linear) -> None:
    """Weights uniform with the variance 2 / fan-in (He et al. 2015, equation 10), biases 0."""
    nn.init.kaiming_uniform_(layer.weight)
    if layer.bias is not None:
        nn.init.zeros_(layer.bias)


INITIALISER = _uniform  # torchvision's
LAST = initialise.normal(STD)
