"""The report's siamese network (S2): both images of a pair go through one ConvNet, and their features are compared.

Hadsell, Chopra & LeCun 2006, CVPR, Dimensionality Reduction by Learning an Invariant Mapping. The two halves share
all weights, so one network applied twice is both of them.
"""

from typing import Literal

import torch
from torch import Tensor, nn
from torch.nn import functional

from revisit.models.cifar_convnet import MINIMUM, drawn, up_to_fc2
from revisit.models.parts import initialise, sizes


class Normalise(nn.Module):
    """Features of length 1: (N, D) -> (N, D), so that distances lie between 0 and 2."""

    def forward(self, features: Tensor) -> Tensor:
        """Divide each row by its Euclidean length; a row of zeros stays."""
        return functional.normalize(features, dim=1)


def build(
    shape: tuple[int, int, int],
    classes: int,  # noqa: ARG001  (the network gives features)
    *,
    width: float = 1.0,
    initialiser: Literal["normal", "xavier"] = "normal",
) -> nn.Sequential:
    """One half: the layers of `cifar_convnet` up to fc2 and its ReLU, without dropout, then L2 normalisation (assumed).

    Args:
        shape: height, width and channels of an image; height and width are at least 4.
        classes: ignored; whether two images are similar is the objective's affair.
        width: what the numbers of channels and units are multiplied by.
        initialiser: of the weights, as in `cifar_convnet`.

    Returns:
        A network from images (N, C, H, W) to features (N, 192 * width) of length 1.

    Raises:
        ConfigError: the images are too small, or the width gives no whole numbers.
    """
    sizes.check("siamese", shape, MINIMUM)
    with torch.device("meta"):
        layers = up_to_fc2(shape, 0.0, width)
        del layers["dropout1"], layers["dropout2"]
        network = nn.Sequential(layers | {"normalise": Normalise()})
    return initialise.materialise(network, drawn(initialiser, network, width))
