"""Fully convolutional networks, FCN-32s, 16s and 8s (Long, Shelhamer & Darrell 2015, arXiv:1411.4038).

The fully connected layers of a classifier become convolutions, whose last one scores every position; scores of finer
layers are added (section 4.2), and the sum is enlarged to the image. On vgg16 this is the paper's network: fc6 and fc7
are 7x7 and 1x1 convolutions, whose weights are those of torchvision's `classifier.0` (seen as 4096 x 512 x 7 x 7) and
`classifier.3`; here they start fresh. On other backbones one 3x3 convolution leads to the
scores; the three strides are the last ones that they have: 32, 16 and 8 on mobilenet_v2, else 16, 8 and 4.
"""

from collections import OrderedDict
from typing import Literal

import torch
from torch import Tensor, nn

from revisit.models.parts import backbones, initialise
from revisit.models.parts.trunk import Trunk
from revisit.models.parts.width import scaled
from revisit.objects.align import enlarge

SKIPS = {"32s": 0, "16s": 1, "8s": 2}
POOLINGS = (17, 24, 31)  # layers of vgg16 up to pool3, pool4 and pool5


def build(
    shape: tuple[int, int, int],
    classes: int,
    *,
    backbone: Literal["vgg16", "mobilenet_v2", "squeezenet", "small_convnet"] = "vgg16",
    backbone_width: float = 1.0,
    stride: Literal["32s", "16s", "8s"] = "8s",
    dropout: float = 0.5,
) -> nn.Module:
    """The network.

    Args:
        shape: height, width and channels of an image; images of other sizes are taken, too.
        classes: the number of classes without the background.
        backbone: the network whose convolutional layers are used.
        backbone_width: what its numbers of channels, and on vgg16 those of fc6 and fc7, are multiplied by.
        stride: "32s" scores at the last layer alone, "16s" adds a skip from the stride before, "8s" two.
        dropout: the probability with which a channel's value is dropped behind the layers before the scores.

    Returns:
        A network from images (N, C, H, W) to logits (N, classes + 1, H, W), the background first. Layers: `features`,
        `scores` (fc6, fc7, score) and `skips`, the coarser one first. All that score start at 0 (section 4.3).

    Raises:
        ConfigError: the images are too small, or the width gives no whole numbers.
    """
    places = POOLINGS if backbone == "vgg16" else tuple(backbones.BACKBONES[backbone].layers.values())[-3:]
    with torch.device("meta"):
        features = backbones.whole(backbone, shape, backbone_width)[: places[-1]]
        channels = [backbones.leaving(features[:place], shape)[0] for place in places]
        connected = scaled(4096, backbone_width) if backbone == "vgg16" else None
        top = _connected(channels[-1], connected, dropout) if connected else _plain(channels[-1], dropout)
        top["score"] = nn.Conv2d(connected or channels[-1], classes + 1, 1)
        skips = [nn.Conv2d(channels[-2 - number], classes + 1, 1) for number in range(SKIPS[stride])]
        network = Fcn(features, nn.Sequential(top), skips, places)
    return backbones.materialise(network, backbone, [top["score"], *skips], initialise.normal(0.0))


class Fcn(nn.Module):
    """See `build`."""

    def __init__(
        self, features: nn.Sequential, scores: nn.Sequential, skips: list[nn.Conv2d], places: tuple[int, ...]
    ) -> None:
        super().__init__()
        self.features = Trunk(features, places[-1 - len(skips) :])
        self.scores, self.skips = scores, nn.ModuleList(skips)

    def forward(self, images: Tensor) -> Tensor:
        """(N, C, H, W) -> (N, classes + 1, H, W)."""
        *finer, coarse = self.features.maps(images)
        scores = self.scores(coarse)
        for skip, maps in zip(self.skips, reversed(finer), strict=True):
            scores = skip(maps) + enlarge(scores, *maps.shape[2:])
        return enlarge(scores, *images.shape[2:])


def _connected(entering: int, units: int, dropout: float) -> OrderedDict[str, nn.Module]:
    """Fc6 and fc7 as convolutions; padding keeps the size, where the paper pads the image by 100 pixels and crops."""
    return OrderedDict(
        fc6=nn.Conv2d(entering, units, 7, padding=3),
        relu6=nn.ReLU(),
        dropout6=nn.Dropout(dropout),
        fc7=nn.Conv2d(units, units, 1),
        relu7=nn.ReLU(),
        dropout7=nn.Dropout(dropout),
    )


def _plain(channels: int, dropout: float) -> OrderedDict[str, nn.Module]:
    return OrderedDict(block=backbones.block(channels, channels), dropout=nn.Dropout(dropout))
