"""Faster R-CNN (Ren et al. 2015, arXiv:1506.01497), and with masks Mask R-CNN (He et al. 2017, arXiv:1703.06870).

One map of the image, on which one network proposes regions and another says what they are. Both learn at once
(approximate joint training, section 3.2). Regions are aligned, as in He et al., not pooled.
"""

from typing import Literal

import torch
from torch import Tensor, nn

from revisit.models.parts import backbones
from revisit.models.parts.mask_head import SIZE, MaskHead, first
from revisit.models.parts.region_head import RegionHead, required
from revisit.models.parts.rpn import ProposalNetwork
from revisit.models.parts.sampling import sample
from revisit.models.parts.trunk import Trunk
from revisit.objects.align import roi_align
from revisit.objects.batch import Detections, Objects


def build(
    shape: tuple[int, int, int],
    classes: int,
    *,
    backbone: Literal["vgg16", "mobilenet_v2", "squeezenet", "small_convnet"] = "vgg16",
    backbone_width: float = 1.0,
    stride: Literal["32", "16", "8"] = "16",
    anchor: float = 128.0,
    inside: bool = True,
    anchors: int = 256,
    training_candidates: int = 12_000,
    training_proposals: int = 2_000,
    candidates: int = 6_000,
    proposals: int = 300,
    bins: int = 7,
    hidden: int = 4096,
    dropout: float = 0.5,
    regions: int = 128,
    detections: int = 100,
    masks: bool = False,
    mask_channels: int = 256,
) -> nn.Module:
    """The network; what is not told here is as in `revisit.models.fast_rcnn.build`.

    Args:
        anchor: side of the smallest anchors in pixels; others are twice and four times as large, in three shapes.
        inside: whether anchors that leave the image teach nothing (section 3.3).
        anchors: learnt from in each image, at most half of them objects.
        training_candidates: the best boxes that take part in non-maximum suppression in training,
        training_proposals: and those kept.
        candidates: the same otherwise,
        proposals: and those kept.
        bins: rows and columns of an aligned region.
        regions: R, learnt from in each image, at most a quarter of them objects.
        masks: whether there is a head for masks, of 14 x 14 pixels.
        mask_channels: of its convolutions.

    Returns:
        A detector: from images (N, C, H, W), in training mode with their objects, to the terms "objectness",
        "proposals", "classes", "boxes" and perhaps "masks" of the loss; in evaluation mode to `Detections`. Layers:
        `features`, `rpn`, `head`, `masks`.

    Raises:
        ConfigError: the images are too small, or the width gives no whole numbers.
    """
    with torch.device("meta"):
        features = backbones.trunk(backbone, shape, backbone_width, int(stride))
        channels = backbones.leaving(features, shape)[0]
        network = FasterRcnn(
            features,
            ProposalNetwork(channels, int(stride), anchor, anchors, inside),
            RegionHead(channels * bins**2, hidden, classes, dropout),
            MaskHead(channels, mask_channels, classes) if masks else None,
            bins,
        )
    network.kept = {True: (training_candidates, training_proposals), False: (candidates, proposals)}
    network.regions, network.detections = regions, detections
    last = [network.rpn.objectness, network.rpn.box, network.head.score, network.head.box]
    return backbones.materialise(network, backbone, [*last, network.masks.mask if network.masks else None])


class FasterRcnn(nn.Module):
    """See `build`.

    `kept`: how many boxes take part in non-maximum suppression and how many are kept, in training mode and not;
    `regions`: learnt from per image; `detections`: given per image.
    """

    kept: dict[bool, tuple[int, int]]
    regions: int
    detections: int

    def __init__(
        self, features: nn.Sequential, rpn: ProposalNetwork, head: RegionHead, masks: MaskHead | None, bins: int
    ) -> None:
        super().__init__()
        self.bins = bins
        self.features, self.rpn, self.head, self.masks = Trunk(features), rpn, head, masks

    def forward(
        self,
        images: Tensor,
        proposals: Tensor | None = None,  # noqa: ARG002  # every detector takes them
        objects: Objects | None = None,
    ) -> dict[str, Tensor] | Detections:
        """The terms of the loss of `objects` in training mode, else detections; given `proposals` are not used.

        Raises:
            ValueError: in training mode objects, or masks that are to be learnt, are missing.
        """
        if not self.training:
            return self.detect(images)
        height, width = images.shape[2:]
        maps = self.features(images)
        logits, codes = self.rpn(maps)
        anchors = self.rpn.anchors(maps)
        own, _ = self.rpn.propose(logits, codes, anchors, (height, width), *self.kept[True])
        objects = required(objects)
        terms = self.rpn.losses(logits, codes, anchors, objects, (height, width))
        drawn = sample(own, objects, self.regions)
        terms |= self.head.losses(self.aligned(maps, drawn.boxes), drawn, objects)
        if self.masks is not None:
            terms["masks"] = self.masks.loss(self.aligned(maps, first(drawn.boxes), SIZE // 2), drawn, objects)
        return terms

    def detect(self, images: Tensor, masks: bool = True) -> Detections:
        """What is found in evaluation; without `masks` no mask is computed, which takes longer than the boxes."""
        height, width = images.shape[2:]
        maps = self.features(images)
        logits, codes = self.rpn(maps)
        own, _ = self.rpn.propose(logits, codes, self.rpn.anchors(maps), (height, width), *self.kept[False])
        found = self.head.detections(self.aligned(maps, own), own, (height, width), self.detections)
        if self.masks is None or not masks:
            return found
        inside = self.aligned(maps, found.boxes, SIZE // 2)
        return found._replace(masks=self.masks.masks(inside, found.kinds))

    def without_masks(self, images: Tensor, proposals: Tensor | None = None) -> Detections:  # noqa: ARG002  # as `forward`
        """What is found in evaluation, without masks."""
        return self.detect(images, masks=False)

    def propose(self, images: Tensor, count: int) -> tuple[Tensor, Tensor]:
        """The proposals of the RPN alone, as in evaluation.

        Args:
            images: (N, C, H, W).
            count: how many per image.

        Returns:
            Boxes (N, count, 4), best first, without area where padded, and how likely they are objects (N, count).
        """
        height, width = images.shape[2:]
        maps = self.features(images)
        logits, codes = self.rpn(maps)
        candidates = max(count, self.kept[False][0])
        return self.rpn.propose(logits, codes, self.rpn.anchors(maps), (height, width), candidates, count)

    def aligned(self, maps: Tensor, regions: Tensor, bins: int | None = None) -> Tensor:
        """(N, C, h, w) and (N, R, 4) -> (N * R, C, bins, bins)."""
        return roi_align(maps, regions, bins or self.bins, 1 / self.rpn.stride)
