"""Classification with localisation: the class of an image's object, and one box (Sermanet et al. 2014, OverFeat).

One trunk, two heads: a classifier on the largest value of each map, and a regression of the four sides (section 4.2)
on all positions. The box is one for all classes, as single-class regression in Simonyan & Zisserman 2015, appendix A.
"""

from typing import Literal

import torch
from torch import Tensor, nn

from revisit.models.parts import backbones
from revisit.models.parts.pooling import AdaptiveMaxPool
from revisit.models.parts.trunk import Trunk


def build(
    shape: tuple[int, int, int],
    classes: int,
    *,
    backbone: Literal["vgg16", "mobilenet_v2", "squeezenet", "small_convnet"] = "vgg16",
    backbone_width: float = 1.0,
    stride: Literal["32", "16"] = "16",
    hidden: int = 1024,
    dropout: float = 0.5,
) -> nn.Module:
    """The network.

    Args:
        shape: height, width and channels of an image.
        classes: the number of classes.
        backbone: the network whose convolutional layers are used.
        backbone_width: what its numbers of channels are multiplied by.
        stride: pixels between two positions of the last map.
        hidden: units of the regression's hidden layer (OverFeat: 4096, then 1024).
        dropout: the probability with which an input of the classifier is dropped in training.

    Returns:
        A network from images (N, C, H, W) to (N, classes + 4): the logits, then x0, y0, x1 and y1 of the box, relative
        to width and height of the image, 0..1. Its layers: `features`, and `kinds` and `box` with what leads to them.

    Raises:
        ConfigError: the images are too small, or a width gives no whole numbers.
    """
    with torch.device("meta"):
        network = Localiser(
            backbones.trunk(backbone, shape, backbone_width, int(stride)), shape, classes, hidden, dropout
        )
    # a box before the sigmoid is an output: where it does not start near 0, the sigmoid is flat and hardly learns
    return backbones.materialise(network, backbone, [network.kinds[-1], network.box[-2]])


class Localiser(nn.Module):
    """See `build`."""

    def __init__(
        self, features: nn.Sequential, shape: tuple[int, int, int], classes: int, hidden: int, dropout: float
    ) -> None:
        super().__init__()
        channels, height, width = backbones.leaving(features, shape)
        self.features = Trunk(features)
        self.kinds = nn.Sequential(
            AdaptiveMaxPool(1, 1), nn.Flatten(), nn.Dropout(dropout), nn.Linear(channels, classes)
        )
        self.box = nn.Sequential(
            backbones.block(channels, channels // 2),
            nn.Flatten(),
            nn.Linear(channels // 2 * height * width, hidden),
            nn.ReLU(),
            nn.Linear(hidden, 4),
            nn.Sigmoid(),
        )

    def forward(self, images: Tensor) -> Tensor:
        """(N, C, H, W) -> (N, classes + 4)."""
        maps = self.features(images)
        return torch.cat([self.kinds(maps), self.box(maps)], 1)
