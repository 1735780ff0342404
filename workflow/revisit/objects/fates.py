"""What each detection got right or wrong, and what was missed.

Kinds of errors after Hoiem et al. (2012, ECCV, section 2) and TIDE (Bolya et al. 2020, ECCV, section 2.2), by the most
that a detection overlaps an object of its own class, and one of another class:

    true          it stands for an object of its class first (see `revisit.objects.matching`)
    ignored       it stands for a difficult object
    duplicate     it stands for an object that a surer detection stood for
    localisation  its own class, with an IoU from `near` up to the threshold
    confusion     another class, with an IoU of the threshold or more
    both          another class, with an IoU from `near` up to the threshold
    background    neither reaches `near`

The first that holds counts. Hoiem et al. tell similar classes from others, here every other class is alike; and a
difficult object may be what a detection is confused with. A detection of the background cannot be rightly left out in
any number that could be counted: there are true and false positives and false negatives, but no true negatives.
"""

from enum import IntEnum

import numpy as np
import numpy.typing as npt

from revisit.objects.arrays import Flags, Floats, Rows
from revisit.objects.found import Detections, Truths, pairs
from revisit.objects.matching import Matches, Overlap

NEAR = 0.1  # the IoU from which on a detection has to do with an object at all, in both papers


class Fate(IntEnum):
    """What became of a detection."""

    TRUE = 0
    IGNORED = 1
    DUPLICATE = 2
    LOCALISATION = 3
    CONFUSION = 4
    BOTH = 5
    BACKGROUND = 6


def fates(
    detections: Detections, truths: Truths, matches: Matches, overlap: Overlap, level: float = 0.5, near: float = NEAR
) -> npt.NDArray[np.int8]:
    """The `Fate` of each detection: (D,) int8. `matches` are at the one threshold `level`.

    Surer detections alone decide on one's fate, so it is the same whatever score is asked for.
    """
    found, real = pairs(detections, truths, same_class=False)
    shares = overlap(found, real)
    own = detections.kind[found] == truths.kind[real]
    most_own, most_other = np.zeros(len(detections)), np.zeros(len(detections))
    np.maximum.at(most_own, found[own], shares[own])
    np.maximum.at(most_other, found[~own], shares[~own])
    rules = [
        (matches.true[0], Fate.TRUE),
        (matches.ignored[0], Fate.IGNORED),
        (most_own >= level, Fate.DUPLICATE),
        (most_own >= near, Fate.LOCALISATION),
        (most_other >= level, Fate.CONFUSION),
        (most_other >= near, Fate.BOTH),
    ]
    conditions, names = zip(*rules, strict=True)
    fate: npt.NDArray[np.int8] = np.select(conditions, names, Fate.BACKGROUND).astype(np.int8)
    return fate


def counts(fate: npt.NDArray[np.int8], detections: Detections, classes: int, score: float) -> Rows:
    """How many detections of each class with `score` or more have each fate: (classes, 7) int64."""
    sure = detections.score >= score
    codes = detections.kind[sure] * len(Fate) + fate[sure]
    return np.bincount(codes, minlength=classes * len(Fate)).reshape(classes, len(Fate))


def missed(detections: Detections, truths: Truths, matches: Matches, score: float) -> Flags:
    """The objects that count and that no detection with `score` or more found: (M,) bool."""
    found = np.zeros(len(truths), bool)
    found[matches.truth[0, matches.true[0] & (detections.score >= score)]] = True
    return ~found & ~truths.difficult


def outcomes(detections: Detections, truths: Truths, matches: Matches, scores: Floats) -> Rows:
    """True positives, false positives and false negatives where detections count from each of `scores` (S,) on.

    (S, K, 3) int64, for each class. Detections that stand for difficult objects are in none of them.
    """
    result = np.zeros((len(scores), truths.classes, 3), np.int64)
    for kind in range(truths.classes):
        for column, which in enumerate((matches.true[0], matches.wrong[0])):
            ascending = np.sort(detections.score[(detections.kind == kind) & which])
            result[:, kind, column] = len(ascending) - np.searchsorted(ascending, scores, side="left")
    result[:, :, 2] = truths.counted() - result[:, :, 0]
    return result
