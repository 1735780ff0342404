"""How well every pixel's class is told, from a matrix of real and predicted classes of pixels.

Classes are numbered from 0, the background, to K. Pixels whose real class is `VOID` lie on the border of an object or
are not told by the annotation: they are left out (Everingham et al. 2015, IJCV 111:98-136, section 3.2.2). With n[i, j]
pixels of class i taken for class j, the four measures of Long et al. (2015, CVPR, section 5) are

    pixel accuracy    sum_i n[i, i] / sum_ij n[i, j]
    mean accuracy     the mean over the classes of n[i, i] / sum_j n[i, j]
    mean IoU          the mean over the classes of n[i, i] / (sum_j n[i, j] + sum_j n[j, i] - n[i, i]), VOC's measure
    weighted IoU      the same IoUs, weighted by the share of the pixels that are of the class

over all images together. A class without any pixel, real or predicted, has no IoU and is left out of the mean; one that
is only predicted has 0. Mean accuracy is over the classes with real pixels.
"""

from collections.abc import Callable

import numpy as np
import numpy.typing as npt
from scipy import ndimage

from revisit import resampling
from revisit.errors import ArtifactError
from revisit.objects.arrays import Bytes, Flags, Floats, Rows, Singles

Counts = Rows | Floats  # of pixels
VOID = 255
BACKGROUND = 0


def confusion(real: npt.NDArray[np.integer], predicted: npt.NDArray[np.integer], classes: int) -> Rows:
    """How many pixels of class i are taken for class j: (classes, classes) int64, background counted as a class.

    `real` and `predicted` have one shape, that of an image or of several; add matrices to take in more.

    Raises:
        ArtifactError: the shapes differ, or there is a class of `classes` or more.
    """
    if real.shape != predicted.shape:
        raise ArtifactError(
            f"segmentation: real classes of shape {real.shape}, predicted ones of {predicted.shape}; "
            "predict at the size of the stored images"
        )
    told = real != VOID
    rows, columns = real[told].astype(np.int64), predicted[told].astype(np.int64)
    for name, values in (("real", rows), ("predicted", columns)):
        if len(values) and not 0 <= values.min() <= values.max() < classes:
            raise ArtifactError(
                f"segmentation: {name} classes {values.min()} to {values.max()} where there are {classes}; "
                "prepare the data set and predict again"
            )
    return np.bincount(rows * classes + columns, minlength=classes * classes).reshape(classes, classes)


def ious(matrices: Counts) -> Floats:
    """The IoU of each class: matrices (..., C, C) -> (..., C) float64, NaN where a class has no pixel."""
    right = _diagonal(matrices)
    return _share(right, matrices.sum(axis=-1) + matrices.sum(axis=-2) - right)


def mean_iou(matrices: Counts) -> Floats:
    """The mean of the IoUs that are defined: (..., C, C) -> (...) float64, NaN without pixels."""
    return _mean(ious(matrices))


def weighted_iou(matrices: Counts) -> Floats:
    """The mean of the IoUs, weighted by real pixels: (..., C, C) -> (...) float64, NaN without pixels."""
    real = matrices.sum(axis=-1)
    return _share((real * np.nan_to_num(ious(matrices))).sum(axis=-1), real.sum(axis=-1))


def pixel_accuracy(matrices: Counts) -> Floats:
    """The share of the pixels that are told right: (..., C, C) -> (...) float64, NaN without pixels."""
    return _share(_diagonal(matrices).sum(axis=-1), matrices.sum(axis=(-2, -1)))


def mean_accuracy(matrices: Counts) -> Floats:
    """The mean over the classes of the share of their pixels told right: (..., C, C) -> (...) float64."""
    return _mean(_share(_diagonal(matrices), matrices.sum(axis=-1)))


def constant_iou(matrices: Counts) -> Floats:
    """The mean IoU of the best single class given to every pixel, that of most real pixels: (..., C, C) -> (...).

    Over the classes with real pixels; NaN without any. What a map has to pass to say anything about where things are.
    """
    real = matrices.sum(axis=-1)
    return _share(real.max(axis=-1), real.sum(axis=-1) * (real > 0).sum(axis=-1))


MEASURES: dict[str, Callable[[Counts], Floats]] = {
    "mean_iou": mean_iou,
    "weighted_iou": weighted_iou,
    "pixel_accuracy": pixel_accuracy,
    "mean_accuracy": mean_accuracy,
}


def bootstrap(matrices: Rows, number: int, seed: int) -> dict[str, Floats]:
    """The `MEASURES` in `number` resamples of the images, whose matrices are (N, C, C): (number,) each.

    And "iou", (number, C), NaN where a resample has no pixel of a class. `revisit.resampling.interval` makes intervals.
    """
    flat = matrices.reshape(len(matrices), -1).astype(np.float64)  # sums of pixels are exact below 2**53
    blocks: dict[str, list[Floats]] = {name: [] for name in ("iou", *MEASURES)}
    for weights in resampling.resamples(len(matrices), number, seed):
        drawn = (weights @ flat).reshape(-1, *matrices.shape[1:])
        blocks["iou"].append(ious(drawn))
        for name, measure in MEASURES.items():
            blocks[name].append(measure(drawn))
    return {name: np.concatenate(parts) for name, parts in blocks.items()}


def instances(
    classes: Bytes, sureness: Singles | Floats | None = None, smallest: int = 1
) -> tuple[Flags, Rows, Floats]:
    """Connected regions of one class as objects: what a map of classes (H, W) uint8 says of instances.

    Pixels are connected to the four beside them. Two objects of a class that touch become one.

    Args:
        classes: the class of each pixel; background and `VOID` make no object.
        sureness: (H, W), how sure the class of each pixel is; without it a region's share of the image stands for it.
        smallest: regions of fewer pixels are left out.

    Returns:
        Masks (I, H, W) bool, classes (I,) int64 from 1 on, and scores (I,) float64, the mean sureness; by class, and
        within a class from the top left.
    """
    masks: list[Flags] = []
    kinds, scores = [], []
    for kind in np.unique(classes).tolist():
        if kind in (BACKGROUND, VOID):
            continue
        regions, _ = ndimage.label(classes == kind)
        sizes = np.bincount(regions.ravel())
        for region in (np.flatnonzero(sizes[1:] >= smallest) + 1).tolist():
            mask = regions == region
            masks.append(mask)
            kinds.append(kind)
            scores.append(float(sizes[region] / classes.size if sureness is None else sureness[mask].mean()))
    stack = np.stack(masks) if masks else np.zeros((0, *classes.shape), bool)
    return stack, np.array(kinds, np.int64), np.array(scores, np.float64)


def _diagonal(matrices: Counts) -> Floats:
    return np.diagonal(matrices, axis1=-2, axis2=-1).astype(np.float64)


def _share(part: Counts, whole: Counts) -> Floats:
    return np.divide(part, whole, out=np.full(np.shape(whole), np.nan), where=np.asarray(whole) > 0)


def _mean(values: Floats) -> Floats:
    defined = ~np.isnan(values)
    return _share(np.where(defined, values, 0).sum(axis=-1), defined.sum(axis=-1))
