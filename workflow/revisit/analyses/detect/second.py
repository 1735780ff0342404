"""Detections by linear machines on what a network says of regions, beside those of its own last layer."""

import itertools
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

import numpy as np
import torch
from torch import Tensor, nn

from revisit.analyses.detect import finding, measures
from revisit.analyses.detect.machines import Image, Machines, Teacher
from revisit.analyses.truths import Scenes
from revisit.errors import ConfigError
from revisit.models.parts.best import best
from revisit.objects import overlaps
from revisit.objects.batch import Detections, Objects
from revisit.objects.boxes import area, clip, decode

if TYPE_CHECKING:
    from revisit.analyses.detect.detector import Detector
    from revisit.analyses.detect.settings import Settings, SvmSettings

SVMS, MOVED = "by_svms", "by_svms_and_moves"  # what ends the names of their numbers


class ByMachines(nn.Module):
    """A detector: a network that describes regions, with machines in place of its last layer.

    `moved`: whether each region is moved to where the object of each class would lie.
    """

    def __init__(self, network: Any, machines: Machines, moved: bool) -> None:
        super().__init__()
        self.network, self.machines, self.moved = network, machines, moved

    def forward(self, images: Tensor, proposals: Tensor, objects: Objects | None = None) -> Detections:  # noqa: ARG002
        """The scores of detections are those of the machines, squeezed into 0 to 1."""
        features = self.network.describe(images, proposals).float()
        scores = self.machines.scores(features).sigmoid() * (area(proposals) > 0)[..., None]
        boxes = proposals[:, :, None]
        if self.moved:
            boxes = clip(decode(self.machines.codes(features), boxes), *images.shape[2:])
        return best(boxes, scores, self.network.overlap, self.network.detections)


def precisions(detector: "Detector", settings: "Settings", rows: list[dict[str, Any]]) -> dict[str, Any]:
    """Average precisions by machines that learn from training images; nothing where `settings` ask for none.

    Returns:
        `mean_average_precision_by_svms` by the area, with the ends of its interval, `_low` and `_high`, of the scores
        of the SVMs, and `mean_average_precision_by_svms_and_moves` where regions are moved, too; of the training
        `svm_images`, and `svm_regions`, those that the SVMs learnt from at last. The values of each class join `rows`,
        as `average_precision_by_svms` and so on.

    Raises:
        ConfigError: the network describes no regions, or the data set has no proposals.
    """
    asked = settings["svms"]
    if asked is None:
        return {}
    machines, images = taught(detector, asked)
    summary: dict[str, Any] = {"svm_images": images, "svm_regions": machines.kept}
    for suffix, moved in ((SVMS, False), (MOVED, True)):
        found = detector.find(False, ByMachines(detector.network, machines, moved)).detections
        key, resamples = f"average_precision_{suffix}", (settings["bootstrap"], settings["seed"])
        summary |= measures.precision(key, found, detector.scenes.truths, *resamples, rows)
    return summary


def taught(detector: "Detector", asked: "SvmSettings") -> tuple[Machines, int]:
    """The machines that learnt from training images, and from how many. Raises as `precisions` does."""
    data = detector.data
    network: Any = detector.network
    given = detector.proposals("train")
    if not callable(getattr(network, "describe", None)):
        raise ConfigError("analyses.detect: svms: the network describes no regions; leave them out")
    if given is None:
        raise ConfigError("analyses.detect: svms: regions are needed; give its data set `proposals` in params.yaml")
    scenes = Scenes.of(data, detector.info["crop"], asked["images"], "analyses.detect", "train")
    teacher = Teacher(len(data.classes), int(network.dimensions), asked["C"], asked["ridge"])
    images, title = data.train_images[: scenes.truths.images], f"{detector.title}: learning from regions"
    shown = finding.batches(network, images, detector.preprocessing, detector.place, title)
    for rows, inputs in shown:
        for image in _described(network, inputs, given, scenes, rows):
            teacher.show(image)
    return teacher.taught(), len(images)


def _described(network: Any, inputs: Tensor, given: np.ndarray, scenes: Scenes, rows: slice) -> Iterator[Image]:
    """The images `rows` with their objects, which are regions, too, and their proposals."""
    truths, first = scenes.truths, scenes.first()[rows.start : rows.stop + 1]
    most = int(np.diff(first).max())
    proposals = scenes.window.boxes(np.array(given[rows]))
    regions = np.concatenate([np.zeros((len(inputs), most, 4), np.float32), proposals], axis=1)
    objects = [slice(*ends) for ends in itertools.pairwise(first.tolist())]
    for number, ours in enumerate(objects):
        regions[number, : ours.stop - ours.start] = truths.box[ours]
    with torch.inference_mode():
        described = network.describe(inputs, torch.from_numpy(regions).to(inputs.device)).float().cpu().numpy()
    for features, boxes, ours in zip(described, regions.astype(np.float64), objects, strict=True):
        real = np.flatnonzero(overlaps.areas(boxes) > 0)
        known = truths.box[ours], truths.kind[ours], truths.difficult[ours]
        yield Image(features[real], boxes[real], real < most, *known)
