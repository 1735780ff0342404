"""Classification with localisation: the class of the largest object of an image, and its box.

As ILSVRC's task (Russakovsky et al. 2015, section 4.2), with one guess: right is who names the class and overlaps the
object by half. The box is learnt by regression, as in Sermanet et al. 2014 (OverFeat), section 4.
"""

import torch
from torch.nn.functional import cross_entropy, smooth_l1_loss

from revisit.objects.boxes import area, iou
from revisit.tasks.base import Evaluation, Network, Targets, Task, outputs
from revisit.tasks.localisation.facts import FACTS
from revisit.training.batches import Augmentation, BatchLoader
from revisit.training.objects import Seen
from revisit.training.samplers import Draw

WEIGHT = 10.0  # of the box beside the class: both fall about equally fast
BEND = 0.1  # of smooth L1, in image sides: below it the loss is a square
OVERLAP = 0.5  # intersection over union of a box that is right


class Localisation(Task):
    """Outputs are logits and a box (B, K + 4), targets the class (B,), -1 where there is none, and the box (B, 4).

    Boxes are corners x0, y0, x1, y1 in sides of the image. Images without an object, or with difficult ones alone,
    count nowhere.
    """

    facts = FACTS

    def fits(self, output: tuple[int, ...] | None, image: tuple[int, ...], classes: int) -> str | None:  # noqa: D102, ARG002
        return None if output == (classes + 4,) else f"{classes} logits and a box; choose localiser"

    def targets(self, loader: BatchLoader, draw: Draw, seen: Augmentation, pixels: torch.Tensor) -> Targets:  # noqa: D102
        return largest(loader.objects(draw.index, seen), pixels.shape[1:3])

    def loss(self, output: torch.Tensor, *targets: torch.Tensor) -> torch.Tensor:
        """The mean over the images with an object; 0 where none has one."""
        kinds, boxes = targets
        there = (kinds >= 0).to(output.dtype)
        own = cross_entropy(output[:, :-4], kinds.clamp(min=0), reduction="none")
        place = smooth_l1_loss(output[:, -4:], boxes.to(output.dtype), reduction="none", beta=BEND).mean(1)
        return ((own + WEIGHT * place) * there).sum() / there.sum().clamp(min=1)

    def evaluate(self, network: Network, loader: BatchLoader, index: torch.Tensor, size: int) -> Evaluation:
        """The metric is the share of images with the right class and a right box.

        Beside it stand either alone, and the share if the class went with one box for all images, the mean of theirs:
        what a box is worth that the network found.
        """
        found = outputs(network, loader, index, size).double()
        truths = [self._truth(loader, part) for part in index.split(size)]
        kinds, boxes = (torch.cat(column).cpu() for column in zip(*truths, strict=True))
        loss, there = self.loss(found, kinds, boxes).item(), kinds >= 0
        if not there.any():
            return Evaluation(loss, float("nan"), None, (float("nan"),) * 3)
        classified = found[there, :-4].argmax(1) == kinds[there]
        real = boxes[there].double()
        boxed = iou(found[there, None, -4:], real[:, None])[:, 0, 0] >= OVERLAP
        middle = iou(real.mean(0)[None, None], real[None])[0, 0] >= OVERLAP
        parts = (classified & boxed, classified, boxed, classified & middle)
        shares = (part.double().mean().item() for part in parts)
        metric, *beside = shares
        return Evaluation(loss, metric, None, tuple(beside))

    def _truth(self, loader: BatchLoader, index: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
        return largest(loader.evaluation_objects(index), loader.size)


def largest(seen: Seen, size: tuple[int, ...]) -> tuple[torch.Tensor, torch.Tensor]:
    """The class (B,) of the largest object of each image, -1 where there is none, and its box (B, 4) in image sides."""
    boxes, kinds = seen.objects.boxes, seen.objects.kinds
    first = torch.where(kinds >= 0, area(boxes), -1.0).argmax(1)
    rows = torch.arange(len(first), device=first.device)
    sides = boxes.new_tensor([size[1], size[0]] * 2)
    return kinds[rows, first], boxes[rows, first] / sides


TASK = Localisation
