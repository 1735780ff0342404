"""YOLO, version 1 (Redmon et al. 2016, arXiv:1506.02640): the image in cells, each predicts boxes and one class.

The trunk's map is max-pooled to the grid, where the paper has a convolution of stride 2; its last two 3x3 convolutions
follow.
"""

from typing import Literal

import torch
from torch import Tensor, nn

from revisit.models.parts import backbones
from revisit.models.parts.best import best
from revisit.models.parts.pooling import AdaptiveMaxPool
from revisit.models.parts.region_head import required
from revisit.models.parts.trunk import Trunk
from revisit.models.parts.yolo_loss import losses
from revisit.objects.batch import Detections, Objects
from revisit.objects.boxes import clip

SLOPE = 0.1  # of the ReLUs below 0 (equation 2)
OVERLAP = 0.5  # of two detections of a class
SIDE = 0.7  # the square root of a fresh network's sides: half of the image


def build(
    shape: tuple[int, int, int],
    classes: int,
    *,
    backbone: Literal["vgg16", "mobilenet_v2", "squeezenet", "small_convnet"] = "vgg16",
    backbone_width: float = 1.0,
    stride: Literal["32", "16"] = "16",
    cells: int = 7,
    boxes: int = 2,
    neck: int = 512,
    head: Literal["connected", "convolutional"] = "connected",
    hidden: int = 4096,
    dropout: float = 0.5,
    detections: int = 100,
) -> nn.Module:
    """The network.

    Args:
        shape: height, width and channels of an image.
        classes: the number of classes.
        backbone: the network whose convolutional layers are used.
        backbone_width: what its numbers of channels are multiplied by.
        stride: pixels between two positions of the last map.
        cells: S, rows and columns of the grid.
        boxes: B, predicted by each cell.
        neck: channels of the two convolutions (1024 in the paper).
        head: "connected" is the paper's two fully connected layers, "convolutional" one 1x1 convolution.
        hidden: units between the connected layers.
        dropout: the probability with which one of them is dropped in training.
        detections: D, given per image.

    Returns:
        A detector: from images (N, C, H, W), in training mode with their objects, to the four terms of the loss; in
        evaluation mode to `Detections`. Layers: `features`, `neck`, `cells`.

    Raises:
        ConfigError: the images are too small, or the width gives no whole numbers.
    """
    with torch.device("meta"):
        features = backbones.trunk(backbone, shape, backbone_width, int(stride))
        channels = backbones.leaving(features, shape)[0]
        values = 5 * boxes + classes
        last: nn.Sequential
        if head == "convolutional":
            last = nn.Sequential(nn.Conv2d(neck, values, 1))
        else:
            last = nn.Sequential(
                nn.Flatten(),
                nn.Linear(neck * cells**2, hidden),
                nn.LeakyReLU(SLOPE),
                nn.Dropout(dropout),
                nn.Linear(hidden, values * cells**2),
            )
        network = Yolo(features, channels, neck, last, cells, boxes, classes, detections)
    backbones.materialise(network, backbone, [last[-1]])
    _start(last[-1].get_parameter("bias"), boxes, values)
    return network


class Yolo(nn.Module):
    """See `build`. `overlap`: intersection over union above which the less sure of two detections goes."""

    def __init__(
        self,
        features: nn.Sequential,
        channels: int,
        neck: int,
        last: nn.Module,
        cells: int,
        boxes: int,
        classes: int,
        detections: int,
    ) -> None:
        super().__init__()
        self.grid, self.boxes, self.classes, self.detections = cells, boxes, classes, detections
        self.overlap = OVERLAP
        self.features = Trunk(features)
        self.neck = nn.Sequential(
            AdaptiveMaxPool(cells, cells),
            backbones.block(channels, neck, SLOPE),
            backbones.block(neck, neck, SLOPE),
        )
        self.cells = last

    def forward(
        self,
        images: Tensor,
        proposals: Tensor | None = None,  # noqa: ARG002  # every detector takes them
        objects: Objects | None = None,
    ) -> dict[str, Tensor] | Detections:
        """The terms of the loss of `objects` in training mode, else detections; `proposals` are not used."""
        height, width = images.shape[2:]
        predicted, kinds = self.predicted(images)
        if self.training:
            return losses(predicted, kinds, required(objects), self.grid, height, width)
        corners = self.corners(predicted, height, width).flatten(1, 2)[:, :, None]  # (N, S S B, 1, 4)
        scores = (predicted[..., 4, None] * kinds[:, :, None]).flatten(1, 2)  # equation 1
        return best(corners, scores, self.overlap, self.detections)

    def predicted(self, images: Tensor) -> tuple[Tensor, Tensor]:
        """What the cells say: boxes (N, S S, B, 5) and classes (N, S S, classes).

        A box is x and y of its centre from the corner of the cell, in cells; square roots of its sides relative to
        the image; confidence.
        """
        values = self.cells(self.neck(self.features(images))).float()
        values = values.reshape(len(images), -1, self.grid**2).transpose(1, 2)
        boxes = values[..., : 5 * self.boxes]
        return boxes.reshape(*boxes.shape[:2], self.boxes, 5), values[..., 5 * self.boxes :]

    def corners(self, predicted: Tensor, height: int, width: int) -> Tensor:
        """Boxes (N, S S, B, 5) as predicted -> (N, S S, B, 4): corners in pixels, within the image."""
        cell = torch.arange(self.grid**2, device=predicted.device)
        corner = torch.stack([cell % self.grid, cell // self.grid], -1)[:, None]
        centre = (predicted[..., :2] + corner) / self.grid
        half = predicted[..., 2:4].square() / 2
        scale = torch.stack([predicted.new_full((), width), predicted.new_full((), height)]).repeat(2)
        return clip(torch.cat([centre - half, centre + half], -1) * scale, height, width)


def _start(bias: Tensor, boxes: int, values: int) -> None:
    """Boxes start in the middle of their cells, with sides of half the image, instead of at no area at all."""
    with torch.no_grad():
        start = bias.view(values, -1)[: 5 * boxes].view(boxes, 5, -1)
        start[:, :2] = 0.5
        start[:, 2:4] = SIDE
