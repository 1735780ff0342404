"""The mask head of Mask R-CNN (He et al. 2017, section 3 and figure 4): a mask of each class for each region."""

from torch import Tensor, nn
from torch.nn import functional

from revisit.models.parts.sampling import SHARE, Sample
from revisit.objects.align import weights
from revisit.objects.batch import Objects
from revisit.objects.boxes import chosen

SIZE = 14  # rows and columns of a mask
CONVOLUTIONS = 4


class MaskHead(nn.Module):
    """Four 3x3 convolutions, twice the size, and one mask for each class.

    What doubles the size is a 2x2 transposed convolution of stride 2, written as a 1x1 convolution with four times the
    channels, which become 2x2 pixels.
    """

    def __init__(self, entering: int, channels: int, classes: int) -> None:
        super().__init__()
        layers: list[nn.Module] = []
        for number in range(CONVOLUTIONS):
            layers += [nn.Conv2d(channels if number else entering, channels, 3, padding=1), nn.ReLU()]
        layers += [nn.Conv2d(channels, 4 * channels, 1), nn.PixelShuffle(2), nn.ReLU()]
        self.layers = nn.Sequential(*layers)
        self.mask = nn.Conv2d(channels, classes, 1)

    def forward(self, pooled: Tensor) -> Tensor:
        """(N, C, 7, 7) -> logits (N, classes, 14, 14)."""
        masks: Tensor = self.mask(self.layers(pooled))
        return masks.float()

    def loss(self, pooled: Tensor, sample: Sample, objects: Objects) -> Tensor:
        """Cross-entropy of the pixels of the true class's mask, a mean over the objects sampled (section 3).

        Args:
            pooled: (B * P, C, 7, 7), of the regions of `first(sample)`.
            sample: that begins with the P regions kept for objects.
            objects: that it was drawn for, with masks.

        Raises:
            ValueError: the objects have no masks.
        """
        if objects.masks is None:
            raise ValueError("masks are to be learnt, but the objects have none")
        places, boxes = first(sample.places), first(sample.boxes)
        valid, labels = first(sample.valid).flatten(), first(sample.labels).flatten()
        found = of_kinds(self(pooled), (labels - 1).clamp(min=0))
        truth = within(objects.masks, places, boxes).flatten(0, 1)
        each = functional.binary_cross_entropy_with_logits(found, truth, reduction="none").mean((1, 2))
        return (each * valid).sum() / valid.sum().clamp(min=1)

    def masks(self, pooled: Tensor, kinds: Tensor) -> Tensor:
        """Logits of the masks (B, D, 14, 14) of detections of the classes `kinds` (B, D); `pooled` as in `forward`."""
        return of_kinds(self(pooled), kinds.flatten().clamp(min=0)).unflatten(0, kinds.shape)


def first(values: Tensor) -> Tensor:
    """(B, R, ...) -> (B, P, ...): of the regions of a sample those that are kept for objects."""
    return values[:, : values.shape[1] // SHARE]


def of_kinds(masks: Tensor, kinds: Tensor) -> Tensor:
    """(N, classes, m, m) and (N,) -> (N, m, m)."""
    return chosen(masks.flatten(2), kinds[:, None])[:, 0].unflatten(1, masks.shape[2:])


def within(masks: Tensor, places: Tensor, boxes: Tensor, size: int = SIZE) -> Tensor:
    """The masks of objects as seen within boxes, interpolated to `size` x `size` and rounded.

    Args:
        masks: (B, h, w) uint8, as in `Objects`; void pixels are no object.
        places: (B, P) int64: which object.
        boxes: (B, P, 4).

    Returns:
        (B, P, size, size) float32, 0 or 1.
    """
    own = (masks[:, None] == (places + 1)[..., None, None]).to(boxes.dtype)
    x0, y0, x1, y1 = boxes.unbind(-1)
    rows = weights(y0, y1, masks.shape[1], size, 1)
    columns = weights(x0, x1, masks.shape[2], size, 1)
    return (rows @ own @ columns.transpose(2, 3) >= 0.5).to(boxes.dtype)
