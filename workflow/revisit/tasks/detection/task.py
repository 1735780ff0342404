"""Detection: every object of the classes, with its box; the metric is PASCAL VOC's mean average precision at IoU 0.5.

The terms of the loss belong to the detector, which draws the regions that it learns from: a network gets the objects
of a minibatch with its images, and gives the terms.
"""

from typing import Any

import numpy as np
import torch

from revisit.objects import average_precision, matching
from revisit.objects.batch import Detections, Objects
from revisit.objects.found import Detections as Found
from revisit.objects.found import Truths
from revisit.tasks.base import Evaluation, Network, Targets, Task
from revisit.tasks.detection.facts import FACTS
from revisit.training.batches import Augmentation, BatchLoader
from revisit.training.objects import Seen
from revisit.training.samplers import Draw

CHOICE = "choose a detector: yolo, rcnn, fast_rcnn or faster_rcnn"


class Detection(Task):
    """Outputs are the terms of the loss, (L,) float32; in evaluation `Detections`.

    Targets are the fields of `Objects`, of which masks may have no pixels, and proposals (B, P, 4), P of 0 for none.
    """

    facts = FACTS

    def fits(self, output: tuple[int, ...] | None, image: tuple[int, ...], classes: int) -> str | None:  # noqa: D102, ARG002
        return None if output is None else f"classes with boxes; {CHOICE}"

    def targets(self, loader: BatchLoader, draw: Draw, seen: Augmentation, pixels: torch.Tensor) -> Targets:  # noqa: D102, ARG002
        return _flat(loader.objects(draw.index, seen))

    def inputs(self, loader: BatchLoader, index: torch.Tensor) -> tuple[torch.Tensor, ...]:  # noqa: D102
        proposals = loader.evaluation_objects(index).proposals
        return (*super().inputs(loader, index), *(() if proposals is None else (proposals,)))

    def forward(self, network: torch.nn.Module, inputs: torch.Tensor, targets: Targets) -> Any:  # noqa: D102
        boxes, kinds, masks, proposals = targets
        objects = Objects(boxes, kinds, masks if masks.numel() else None)
        return torch.stack([*network(inputs, proposals if proposals.numel() else None, objects).values()])

    def loss(self, output: torch.Tensor, *targets: torch.Tensor) -> torch.Tensor:  # noqa: ARG002
        """The sum of the terms."""
        return output.sum()

    def evaluate(self, network: Network, loader: BatchLoader, index: torch.Tensor, size: int) -> Evaluation:
        """The loss is the mean over minibatches, of which each counts by its images."""
        total, first, truths, found = 0.0, 0, [], []
        for part in index.split(size):
            seen, inputs = loader.evaluation_objects(part), self.inputs(loader, part)
            total += network.loss(inputs[0], *_flat(seen)).item() * len(part)
            truths.append(_truths(seen, first))
            found.append(_found(network.boxes(*inputs), first))
            first += len(part)
        image, kind, box, difficult = _joined(truths)
        known = Truths(image, kind, box, difficult, first, loader.labels.shape[1])
        image, kind, score, box = _joined(found)
        detections = Found(image, kind, score, box)
        matches = matching.match(detections, known, matching.by_boxes(detections, known))
        areas = average_precision.by_class(detections, known, matches, "area")
        metric = average_precision.mean(areas)
        return Evaluation(total / len(index), float("nan") if metric is None else metric, None)


def _flat(seen: Seen) -> Targets:
    boxes, kinds, masks = seen.objects
    nothing = boxes.new_zeros((len(boxes), 0))
    proposals = nothing if seen.proposals is None else seen.proposals
    return boxes, kinds, nothing.byte() if masks is None else masks, proposals


def _truths(seen: Seen, first: int) -> tuple[np.ndarray, ...]:
    """Image (from `first`), class, box and whether it is difficult, of each object of a minibatch."""
    there = seen.kinds >= 0
    image, _ = there.nonzero(as_tuple=True)
    columns = image + first, seen.kinds[there], seen.objects.boxes[there].double(), seen.objects.kinds[there] < 0
    return tuple(column.cpu().numpy() for column in columns)


def _found(detections: Detections, first: int) -> tuple[np.ndarray, ...]:
    """Image (from `first`), class, score and box of each detection of a minibatch."""
    there = detections.kinds >= 0
    image, _ = there.nonzero(as_tuple=True)
    columns = (
        image + first,
        detections.kinds[there],
        detections.scores[there].double(),
        detections.boxes[there].double(),
    )
    return tuple(column.cpu().numpy() for column in columns)


def _joined(parts: list[tuple[np.ndarray, ...]]) -> tuple[np.ndarray, ...]:
    return tuple(np.concatenate(column) for column in zip(*parts, strict=True))


TASK = Detection
