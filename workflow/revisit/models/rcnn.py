"""R-CNN (Girshick et al. 2014, arXiv:1311.2524): each proposed region is warped to one size and classified by itself.

This is the network of section 2.3, fine-tuned with a class for the background, whose softmax scores are the
detections. The paper's detections come from linear SVMs and a regression of boxes on its features: `describe`.
"""

from collections import OrderedDict
from typing import Literal

import torch
from torch import Tensor, nn
from torch.nn import functional

from revisit.models.parts import backbones
from revisit.models.parts.best import best
from revisit.models.parts.pooling import AdaptiveMaxPool
from revisit.models.parts.region_head import OVERLAP, given, required
from revisit.models.parts.sampling import sample
from revisit.objects.align import warp
from revisit.objects.batch import Detections, Objects
from revisit.objects.boxes import area

CONTEXT = 16 / 227  # of a warped region, on each side: what lies around the box (appendix A)
PART = 512  # regions that are warped at once in evaluation, which bounds the memory
AT_ONCE = 64  # of these in the trunk: maps that stay in a core's cache, in less than half of the time


def build(
    shape: tuple[int, int, int],
    classes: int,
    *,
    backbone: Literal["vgg16", "mobilenet_v2", "squeezenet", "small_convnet"] = "vgg16",
    backbone_width: float = 1.0,
    stride: Literal["32", "16"] = "16",
    warp: int = 224,
    bins: int = 7,
    hidden: int = 4096,
    dropout: float = 0.5,
    regions: int = 64,
    detections: int = 100,
) -> nn.Module:
    """The network; what is not told here is as in `revisit.models.fast_rcnn.build`.

    Args:
        backbone: the network whose convolutional layers are used; vgg16 is the paper's O-Net.
        warp: rows and columns of a warped region in pixels (224 with vgg16; 227 with the paper's first network).
        bins: rows and columns that its map is max-pooled to; 7 of 14 is vgg16's last pooling.
        hidden: units of each of the two fully connected layers, and numbers in the description of a region.
        regions: R, learnt from in each image, at most a quarter of them objects (section 2.3: 128, from any images).

    Returns:
        A detector: from images (N, C, H, W) and proposals (N, P, 4), in training mode with the objects, to the term
        "classes" of the loss; in evaluation mode to `Detections`. Layers: `features`, `pool`, `head`, `score`.

    Raises:
        ConfigError: `warp` is too small, or the width gives no whole numbers.
    """
    with torch.device("meta"):
        features = backbones.trunk(backbone, (warp, warp, shape[2]), backbone_width, int(stride))
        channels = backbones.leaving(features, (warp, warp, shape[2]))[0]
        network = Rcnn(features, channels, classes, warp, bins, hidden, dropout, regions, detections)
    return backbones.materialise(network, backbone, [network.score])


class Rcnn(nn.Module):
    """See `build`.

    `overlap`: intersection over union above which the less sure of two detections goes; `dimensions`: numbers in the
    description of a region.
    """

    def __init__(
        self,
        features: nn.Module,
        channels: int,
        classes: int,
        warp: int,
        bins: int,
        hidden: int,
        dropout: float,
        regions: int,
        detections: int,
    ) -> None:
        super().__init__()
        self.warp, self.regions, self.detections, self.overlap = warp, regions, detections, OVERLAP
        self.dimensions = hidden
        self.features, self.pool = features, AdaptiveMaxPool(bins, bins)
        self.head = nn.Sequential(
            OrderedDict(
                flatten=nn.Flatten(),
                fc6=nn.Linear(channels * bins**2, hidden),
                relu6=nn.ReLU(),
                dropout6=nn.Dropout(dropout),
                fc7=nn.Linear(hidden, hidden),
                relu7=nn.ReLU(),
                dropout7=nn.Dropout(dropout),
            )
        )
        self.score = nn.Linear(hidden, classes + 1)

    def forward(
        self, images: Tensor, proposals: Tensor | None = None, objects: Objects | None = None
    ) -> dict[str, Tensor] | Detections:
        """The term of the loss of `objects` in training mode, else detections.

        Raises:
            ConfigError: proposals are missing.
            ValueError: in training mode objects are.
        """
        proposals = given(proposals)
        if self.training:
            drawn = sample(proposals, required(objects), self.regions)
            scores = self.score(self.describe(images, drawn.boxes)).flatten(0, 1).float()
            wrong = functional.cross_entropy(scores, drawn.labels.flatten(), reduction="none")
            valid = drawn.valid.flatten()
            return {"classes": (wrong * valid).sum() / valid.sum().clamp(min=1)}
        scores = self.score(self.describe(images, proposals)).float().softmax(2)[..., 1:]
        return best(proposals[:, :, None], scores * (area(proposals) > 0)[..., None], self.overlap, self.detections)

    def describe(self, images: Tensor, regions: Tensor) -> Tensor:
        """The features of fc7, behind its ReLU, of `regions` (N, P, 4) of images (N, C, H, W): (N, P, hidden)."""
        if self.training:
            return self._described(warped(images, regions, self.warp)).unflatten(0, regions.shape[:2])
        parts = []
        for part in torch.split(regions, max(1, PART // len(images)), 1):
            crops = warped(images, part, self.warp).split(AT_ONCE)
            parts.append(torch.cat([self._described(few) for few in crops]).unflatten(0, part.shape[:2]))
        return torch.cat(parts, 1)

    def _described(self, crops: Tensor) -> Tensor:
        described: Tensor = self.head(self.pool(self.features(crops)))
        return described


def warped(images: Tensor, regions: Tensor, size: int) -> Tensor:
    """Regions with their context at `size` x `size` pixels, whatever their shape (appendix A, tightest square apart).

    Args:
        images: (N, C, H, W), with mean 0: what lies outside is 0, the mean.
        regions: (N, P, 4).
        size: rows and columns of a warped region.

    Returns:
        (N * P, C, size, size).
    """
    sides = (regions[..., 2:] - regions[..., :2]) * CONTEXT / (1 - 2 * CONTEXT)
    return warp(images, torch.cat([regions[..., :2] - sides, regions[..., 2:] + sides], -1), size)
