"""Which detection finds which object: by the rule of PASCAL VOC or by that of COCO.

Both go through the detections of a class from the highest score to the lowest, image by image.

- VOC (Everingham et al. 2010, section 4.4; VOCevaldet.m of the development kit): a detection stands for the object of
  its class that it overlaps most. It is true if the IoU reaches the threshold and no detection before it stood for the
  same object; a second one is wrong. Standing for a difficult object is neither right nor wrong, however often.
- COCO (cocoeval.py of pycocotools): a detection takes the object that it overlaps most among those that are still
  free. Here a difficult object is taken only where no other reaches the threshold, and once. COCO keeps the 100 surest
  detections of a class in an image; cutting them is left to the caller.

Matching looks at one image and one class at a time, so it is done once however often images are drawn again.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np

from revisit.objects import overlaps
from revisit.objects.arrays import Flags, Floats, Rows
from revisit.objects.found import Detections, Truths, pairs

Rule = Literal["voc", "coco"]
Overlap = Callable[[Rows, Rows], Floats]  # rows of detections (P,) and of objects (P,), one image a pair -> IoU (P,)

VOC_THRESHOLDS = (0.5,)
COCO_THRESHOLDS = tuple(np.linspace(0.5, 0.95, 10).tolist())


@dataclass(frozen=True, slots=True)
class Matches:
    """What became of each detection at each of T thresholds of the IoU.

    Attributes:
        truth: (T, D) int64, the row of the object that it stands for, -1 where it stands for none
        true: (T, D) bool, it found an object first
        ignored: (T, D) bool, it stands for a difficult object; what is neither true nor ignored is wrong
    """

    truth: Rows
    true: Flags
    ignored: Flags

    @property
    def wrong(self) -> Flags:
        """(T, D) bool."""
        return ~self.true & ~self.ignored


def by_boxes(detections: Detections, truths: Truths, pixels: bool = False) -> Overlap:
    """Overlaps of the boxes; with `pixels`, as the development kit counts them (see `overlaps`)."""
    return lambda found, real: overlaps.paired_boxes(detections.box[found], truths.box[real], pixels)


def match(
    detections: Detections,
    truths: Truths,
    overlap: Overlap,
    thresholds: Sequence[float] = VOC_THRESHOLDS,
    rule: Rule = "voc",
) -> Matches:
    """Match all detections of a split at each of the `thresholds` of the IoU, which are above 0.

    Raises:
        ArtifactError: a detection is of an image or a class that the split does not have.
    """
    found, real = pairs(detections, truths)
    shares = overlap(found, real)
    near = shares >= min(thresholds)
    found, real, shares = found[near], real[near], shares[near]
    ranks, levels = detections.ranks(), np.array(thresholds, np.float64)
    if rule == "voc":
        truth = _most_overlapped(found, real, shares, levels, len(detections))
        true = _first(truth, ranks, len(truths))
    else:
        truth = _still_free(found, real, shares, levels, ranks, truths.difficult)
        true = truth >= 0
    ignored = (truth >= 0) & np.append(truths.difficult, False)[truth]
    return Matches(truth, true & ~ignored, ignored)


def _most_overlapped(found: Rows, real: Rows, shares: Floats, levels: Floats, detections: int) -> Rows:
    """The object that each detection overlaps most, of equal ones the first; -1 where that is too little."""
    order = np.lexsort((real, -shares, found))
    having, first = np.unique(found[order], return_index=True)
    best = order[first]
    truth = np.full((len(levels), detections), -1)
    truth[:, having] = np.where(shares[best] >= levels[:, None], real[best], -1)
    return truth


def _first(truth: Rows, ranks: Rows, objects: int) -> Flags:
    """Which detections are the first to stand for their object."""
    true = np.zeros(truth.shape, bool)
    for row, stands in zip(true, truth, strict=True):
        having = np.flatnonzero(stands >= 0)
        best = np.full(objects, len(ranks))
        np.minimum.at(best, stands[having], ranks[having])
        row[having] = ranks[having] == best[stands[having]]
    return true


def _still_free(found: Rows, real: Rows, shares: Floats, levels: Floats, ranks: Rows, difficult: Flags) -> Rows:
    """The free object that each detection overlaps most, of equal ones the last, as in pycocotools."""
    order = np.lexsort((-real, -shares, difficult[real], ranks[found]))
    found, real, reached = found[order], real[order], shares[order] >= levels[:, None]
    truth = np.full((len(levels), len(ranks)), -1)
    taken = np.zeros((len(levels), len(difficult)), bool)
    ends = np.append(np.flatnonzero(np.diff(found)) + 1, len(found)).tolist() if len(found) else []
    for start, end in zip([0, *ends], ends, strict=False):
        candidates = real[start:end]
        free = reached[:, start:end] & ~taken[:, candidates]
        takes = np.flatnonzero(free.any(axis=1))
        chosen = candidates[free[takes].argmax(axis=1)]
        truth[takes, found[start]] = chosen
        taken[takes, chosen] = True
    return truth
