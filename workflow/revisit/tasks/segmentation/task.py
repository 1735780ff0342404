"""Semantic segmentation: the class of every pixel, by cross-entropy and mean intersection over union.

Long, Shelhamer & Darrell 2015 (CVPR), section 4; Everingham et al. 2015 (IJCV), section 3.4, for the measure. Class 0
is the background; pixels that are void count neither in the loss nor in the evaluation.
"""

import numpy as np
import torch
from torch.nn.functional import cross_entropy

from revisit.data.objects import VOID
from revisit.objects import segmentation
from revisit.tasks.base import Evaluation, Network, Targets, Task
from revisit.tasks.segmentation.facts import FACTS
from revisit.training.batches import Augmentation, BatchLoader
from revisit.training.objects import Seen
from revisit.training.samplers import Draw

AS_MAPS = "cpu"  # the devices whose loss of maps is deterministic


class Segmentation(Task):
    """Outputs are logits (B, K + 1, h, w), the background first; targets classes (B, h, w) int64, 255 for void."""

    facts = FACTS

    def fits(self, output: tuple[int, ...] | None, image: tuple[int, ...], classes: int) -> str | None:  # noqa: D102
        wanted = (classes + 1, *image[1:])
        return None if output == wanted else f"{classes + 1} logits for each pixel; choose fcn"

    def targets(self, loader: BatchLoader, draw: Draw, seen: Augmentation, pixels: torch.Tensor) -> Targets:  # noqa: D102, ARG002
        return (class_maps(loader.objects(draw.index, seen)),)

    def loss(self, output: torch.Tensor, *targets: torch.Tensor) -> torch.Tensor:
        """The mean over the pixels that are not void; 0 where all are."""
        (classes,) = targets
        return self._sum(output, classes) / (classes != VOID).sum().clamp(min=1)

    def evaluate(self, network: Network, loader: BatchLoader, index: torch.Tensor, size: int) -> Evaluation:  # noqa: D102
        total, pixels, count = 0.0, 0, loader.labels.shape[1] + 1
        matrix = np.zeros((count, count), np.int64)
        for part in index.split(size):
            output = network(*self.inputs(loader, part))
            classes = class_maps(loader.evaluation_objects(part))
            total += self._sum(output.double(), classes).item()
            pixels += int((classes != VOID).sum())
            matrix += segmentation.confusion(classes.cpu().numpy(), output.argmax(1).cpu().numpy(), count)
        return Evaluation(
            total / max(pixels, 1),
            float(segmentation.mean_iou(matrix)),
            None,
            (float(segmentation.pixel_accuracy(matrix)),),
        )

    def _sum(self, output: torch.Tensor, classes: torch.Tensor) -> torch.Tensor:
        if output.device.type == AS_MAPS:  # in half the time, since nothing is moved to have rows
            return cross_entropy(output.contiguous(), classes, ignore_index=VOID, reduction="sum")
        # Pixel by pixel: PyTorch's loss of maps has no deterministic kernel on a GPU.
        rows = output.permute(0, 2, 3, 1).flatten(0, 2)
        return cross_entropy(rows, classes.flatten(), ignore_index=VOID, reduction="sum")


def class_maps(seen: Seen) -> torch.Tensor:
    """The class of each pixel, (B, h, w) int64: 0 background, 1 + the object's class, 255 void.

    Raises:
        ValueError: the objects have no masks.
    """
    masks = seen.objects.masks
    if masks is None:
        raise ValueError("classes of pixels need masks")
    table = masks.new_zeros((len(masks), VOID + 1), dtype=torch.int64)
    table[:, 1 : 1 + seen.kinds.shape[1]] = seen.kinds[:, : VOID - 1] + 1
    table[:, VOID] = VOID
    return table.gather(1, masks.flatten(1).long()).view(masks.shape)


TASK = Segmentation
