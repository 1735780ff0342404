"""Fast R-CNN (Girshick 2015, arXiv:1504.08083): given regions pooled from one map of the image."""

from typing import Literal

import torch
from torch import Tensor, nn

from revisit.models.parts import backbones
from revisit.models.parts.region_head import RegionHead, given, required
from revisit.models.parts.sampling import sample
from revisit.models.parts.trunk import Trunk
from revisit.objects.align import roi_align, roi_max_pool
from revisit.objects.batch import Detections, Objects


def build(
    shape: tuple[int, int, int],
    classes: int,
    *,
    backbone: Literal["vgg16", "mobilenet_v2", "squeezenet", "small_convnet"] = "vgg16",
    backbone_width: float = 1.0,
    stride: Literal["32", "16", "8"] = "16",
    pooling: Literal["max", "align"] = "max",
    bins: int = 7,
    hidden: int = 4096,
    dropout: float = 0.5,
    regions: int = 64,
    background: float = 0.1,
    detections: int = 100,
) -> nn.Module:
    """The network.

    Args:
        shape: height, width and channels of an image; images of other sizes are taken, too.
        classes: the number of classes without the background.
        backbone: the network whose convolutional layers are used.
        backbone_width: what its numbers of channels are multiplied by.
        stride: pixels between two positions of the last map.
        pooling: how a region becomes a map of one size: by the largest values, as published, or aligned as in Mask
            R-CNN, which small maps need, on which a position is much of an object.
        bins: rows and columns of a pooled region.
        hidden: units of each of the two fully connected layers.
        dropout: the probability with which one of them is dropped in training.
        regions: R, learnt from in each image, at most a quarter of them objects (section 2.3: 128 of two images).
        background: a region of the background overlaps an object by at least so much, and by less than 0.5.
        detections: D, given per image.

    Returns:
        A detector: from images (N, C, H, W) and proposals (N, P, 4), in training mode with the objects, to the terms
        "classes" and "boxes" of the loss; in evaluation mode to `Detections`. Layers: `features`, `head`.

    Raises:
        ConfigError: the images are too small, or the width gives no whole numbers.
    """
    with torch.device("meta"):
        features = backbones.trunk(backbone, shape, backbone_width, int(stride))
        channels = backbones.leaving(features, shape)[0]
        head = RegionHead(channels * bins**2, hidden, classes, dropout)
        network = FastRcnn(features, head, int(stride), pooling, bins, regions, background, detections)
    return backbones.materialise(network, backbone, [head.score, head.box])


class FastRcnn(nn.Module):
    """See `build`."""

    def __init__(
        self,
        features: nn.Sequential,
        head: RegionHead,
        stride: int,
        pooling: str,
        bins: int,
        regions: int,
        background: float,
        detections: int,
    ) -> None:
        super().__init__()
        self.stride, self.bins, self.regions = stride, bins, regions
        self.pool = roi_align if pooling == "align" else roi_max_pool
        self.background, self.detections = background, detections
        self.features, self.head = Trunk(features), head

    def forward(
        self, images: Tensor, proposals: Tensor | None = None, objects: Objects | None = None
    ) -> dict[str, Tensor] | Detections:
        """The terms of the loss of `objects` in training mode, else detections.

        Raises:
            ConfigError: proposals are missing.
            ValueError: in training mode objects are.
        """
        proposals = given(proposals)
        maps = self.features(images)
        if self.training:
            objects = required(objects)
            drawn = sample(proposals, objects, self.regions, self.background)
            return self.head.losses(self.pooled(maps, drawn.boxes), drawn, objects)
        height, width = images.shape[2:]
        return self.head.detections(self.pooled(maps, proposals), proposals, (height, width), self.detections)

    def pooled(self, maps: Tensor, regions: Tensor) -> Tensor:
        """(N, C, h, w) and (N, R, 4) -> (N * R, C, bins, bins)."""
        return self.pool(maps, regions, self.bins, 1 / self.stride)
