"""What a detector finds in random boxes, which proposals have to be better than."""

from typing import TYPE_CHECKING, Any

import numpy as np

from revisit.analyses.detect import measures
from revisit.errors import ConfigError
from revisit.objects.arrays import Singles
from revisit.objects.windows import random_boxes

if TYPE_CHECKING:
    from revisit.analyses.detect.detector import Detector
    from revisit.analyses.detect.settings import Settings

KEY = "average_precision_of_random_boxes"


def precision(detector: "Detector", settings: "Settings") -> dict[str, Any]:
    """`mean_average_precision_of_random_boxes` with the ends of its interval; nothing where it is not asked for.

    Raises:
        ConfigError: the data set has no proposals, so that there is no number of them.
    """
    if not settings.get("random_boxes"):
        return {}
    if detector.given is None:
        raise ConfigError(
            "analyses.detect: random_boxes: nothing says how many; give its data set `proposals` in params.yaml"
        )
    boxes = as_many(detector.given, detector.images.shape[1:3], settings["seed"])
    found = detector.find(False, proposals=boxes).detections
    rows: list[dict[str, Any]] = [{} for _ in detector.data.classes]  # not told class by class
    return measures.precision(KEY, found, detector.scenes.truths, settings["bootstrap"], settings["seed"], rows)


def as_many(given: np.ndarray, size: tuple[int, ...], seed: int) -> Singles:
    """As many random boxes for each image of height and width `size` as there are in `given` (N, P, 4), then zeros."""
    random = np.random.PCG64(seed)
    boxes = np.zeros(given.shape, np.float32)
    for own, proposals in zip(boxes, given, strict=True):
        count = int(np.any(proposals, axis=1).sum())
        own[:count] = random_boxes(size[0], size[1], count, random)
    return boxes
