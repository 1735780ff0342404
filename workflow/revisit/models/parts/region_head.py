"""The head of Fast R-CNN (Girshick 2015, section 2): two fully connected layers, then classes and boxes of a region."""

from torch import Tensor, nn
from torch.nn import functional

from revisit.errors import ConfigError
from revisit.models.parts.best import best
from revisit.models.parts.sampling import Sample
from revisit.objects.batch import Detections, Objects
from revisit.objects.boxes import area, chosen, clip, decode, encode

DEVIATIONS = (0.1, 0.2)  # of the targets of boxes, which section 2.3 brings to unit variance
OVERLAP = 0.3  # of two detections of a class


class RegionHead(nn.Module):
    """From the pooled maps of a region to logits, the background first, and to one box per class.

    On vgg16 fc6 and fc7 have the shapes of torchvision's `classifier.0` and `classifier.3` (at 7 x 7 bins), from which
    the papers start; here they start fresh. `overlap`: IoU above which the less sure of two detections goes.
    """

    def __init__(self, inputs: int, hidden: int, classes: int, dropout: float) -> None:
        super().__init__()
        self.classes, self.overlap = classes, OVERLAP
        self.fc6, self.relu6, self.dropout6 = nn.Linear(inputs, hidden), nn.ReLU(), nn.Dropout(dropout)
        self.fc7, self.relu7, self.dropout7 = nn.Linear(hidden, hidden), nn.ReLU(), nn.Dropout(dropout)
        self.score = nn.Linear(hidden, classes + 1)
        self.box = nn.Linear(hidden, 4 * classes)

    def forward(self, pooled: Tensor) -> tuple[Tensor, Tensor]:
        """(N, C, p, p) -> (N, classes + 1) and codes of boxes (N, classes, 4)."""
        features = self.dropout6(self.relu6(self.fc6(pooled.flatten(1))))
        features = self.dropout7(self.relu7(self.fc7(features)))
        return self.score(features).float(), self.box(features).float().reshape(-1, self.classes, 4)

    def losses(self, pooled: Tensor, sample: Sample, objects: Objects) -> dict[str, Tensor]:
        """The multi-task loss (equations 1 to 3), means over the regions sampled: "classes" and "boxes".

        Args:
            pooled: (B * R, C, p, p), of the regions of `sample`.
            sample: of the images.
            objects: that it was drawn for.
        """
        scores, codes = self(pooled)
        labels, valid = sample.labels.flatten(), sample.valid.flatten()
        count = valid.sum().clamp(min=1)
        wrong = functional.cross_entropy(scores, labels, reduction="none")
        truth = encode(chosen(objects.boxes, sample.places), sample.boxes, DEVIATIONS).reshape(-1, 4)
        own = chosen(codes, (labels - 1).clamp(min=0)[:, None])[:, 0]
        off = functional.smooth_l1_loss(own, truth, reduction="none").sum(1)
        return {"classes": (wrong * valid).sum() / count, "boxes": (off * (valid & (labels > 0))).sum() / count}

    def detections(self, pooled: Tensor, proposals: Tensor, size: tuple[int, int], count: int) -> Detections:
        """What is found.

        Args:
            pooled: (B * R, C, p, p), of `proposals`.
            proposals: (B, R, 4); without area where padded.
            size: height and width of the images in pixels.
            count: the number of detections per image.
        """
        images, regions = proposals.shape[:2]
        scores, codes = self(pooled)
        scores = scores.softmax(1).reshape(images, regions, -1)[..., 1:] * (area(proposals) > 0)[..., None]
        codes = codes.reshape(images, regions, self.classes, 4)
        return best(clip(decode(codes, proposals[:, :, None], DEVIATIONS), *size), scores, self.overlap, count)


def required(objects: Objects | None) -> Objects:
    """`objects`, which a detector in training cannot do without.

    Raises:
        ValueError: there are none.
    """
    if objects is None:
        raise ValueError("a detector in training mode needs the objects of the images")
    return objects


def given(proposals: Tensor | None) -> Tensor:
    """`proposals`, which a detector without its own cannot do without.

    Raises:
        ConfigError: there are none.
    """
    if proposals is None:
        raise ConfigError(
            "model: this detector looks at regions that are proposed to it: name an entry of `proposals:` as "
            "`dataset`, with the objective detection"
        )
    return proposals.detach()
