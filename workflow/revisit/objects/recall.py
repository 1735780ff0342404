"""How many objects a list of regions would have had: recall and overlap over the number of regions looked at.

After Uijlings et al. (2013, IJCV 104:154-171, section 5) and Hosang et al. (2016, PAMI 38:814-830): an object is
recalled if one of an image's first n regions overlaps it with an IoU of a threshold or more, whatever else that region
overlaps. Difficult objects are left out.
"""

from collections.abc import Sequence

import numpy as np

from revisit.objects import overlaps
from revisit.objects.arrays import Floats, Rows, Singles
from revisit.objects.found import Truths
from revisit.objects.windows import sliding_windows

COUNTS = (10, 20, 50, 100, 200, 500, 1000, 2000)


def best_overlaps(proposals: Sequence[Singles | Floats], truths: Truths, counts: Sequence[int] = COUNTS) -> Floats:
    """The most that one of the first n boxes overlaps each object, for each n of `counts`: (M, len(counts)) float64.

    `proposals` has the boxes (P, 4) of each image, best first; where there are fewer than n, all are looked at.
    Difficult objects have NaN.
    """
    best = np.full((len(truths), len(counts)), np.nan)
    order = np.flatnonzero(~truths.difficult)
    order = order[np.argsort(truths.image[order], kind="stable")]
    images, starts = np.unique(truths.image[order], return_index=True)
    for image, rows in zip(images.tolist(), np.split(order, starts[1:]), strict=False):
        shares = overlaps.boxes(truths.box[rows], proposals[image].astype(np.float64))
        running = np.maximum.accumulate(np.pad(shares, ((0, 0), (1, 0))), axis=1)  # the first column: no box at all
        best[rows] = running[:, np.minimum(counts, shares.shape[1])]
    return best


def best_overlaps_of_windows(height: int, width: int, truths: Truths, counts: Sequence[int]) -> Floats:
    """`best_overlaps` of sliding windows over images of a size, which lie otherwise for each number of them."""
    windows = [sliding_windows(height, width, count) for count in counts]
    each = [best_overlaps([boxes] * truths.images, truths, (len(boxes),)) for boxes in windows]
    return np.concatenate(each, axis=1)


def recall(best: Floats, thresholds: Sequence[float] = (0.5, 0.7)) -> Floats:
    """The share of the objects recalled, of `best_overlaps` (M, n): (n, len(thresholds)) float64, NaN without any."""
    counted = best[~np.isnan(best).any(axis=1)]
    if not len(counted):
        return np.full((best.shape[1], len(thresholds)), np.nan)
    share: Floats = (counted[:, :, None] >= np.array(thresholds)).mean(axis=0)
    return share


def mean_best_overlap(best: Floats, kinds: Rows) -> Floats:
    """The mean over the classes of the mean best overlap of their objects, MABO: (n,) float64, NaN without objects.

    `kinds` (M,) are the classes of the objects of `best_overlaps` (M, n) (Uijlings et al. 2013, section 5).
    """
    counted = ~np.isnan(best).any(axis=1)
    means = [best[counted & (kinds == kind)].mean(axis=0) for kind in np.unique(kinds[counted])]
    return np.mean(means, axis=0) if means else np.full(best.shape[1], np.nan)
