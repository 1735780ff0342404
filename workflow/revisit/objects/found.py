"""What a split's images show and what was found in them, as flat arrays: one row for each object or detection."""

from dataclasses import dataclass

import numpy as np

from revisit.errors import ArtifactError
from revisit.objects.arrays import Flags, Floats, Rows


@dataclass(frozen=True, slots=True)
class Truths:
    """The objects of a split of `images` images, of `classes` classes.

    Attributes:
        image: (M,) int64, the image that shows it, below `images`
        kind: (M,) int64, its class, below `classes`
        box: (M, 4) float64, x0 y0 x1 y1 in pixels; see `revisit.objects.overlaps`
        difficult: (M,) bool: finding it is neither right nor wrong (Everingham et al. 2010, section 3.1)

    Raises:
        ArtifactError: the arrays do not fit each other.
    """

    image: Rows
    kind: Rows
    box: Floats
    difficult: Flags
    images: int
    classes: int

    def __post_init__(self) -> None:
        rows = len(self.image)
        _check("objects", rows, self.image, self.kind, self.box)
        if self.difficult.shape != (rows,) or self.difficult.dtype != bool:
            raise ArtifactError(f"objects: 'difficult' is not {rows} flags; prepare the data set again")
        for name, values, limit in (("image", self.image, self.images), ("class", self.kind, self.classes)):
            if rows and not 0 <= values.min() <= values.max() < limit:
                raise ArtifactError(
                    f"objects: {name} {values.min()} to {values.max()} where there are {limit}; "
                    "prepare the data set again"
                )

    def __len__(self) -> int:
        return len(self.image)

    def counted(self) -> Rows:
        """How many objects of each class are to be found, difficult ones left out: (classes,) int64."""
        return np.bincount(self.kind[~self.difficult], minlength=self.classes)

    def several(self) -> Flags:
        """Which images show two objects of one class or more, difficult ones left out: (images,) bool."""
        counted = ~self.difficult
        numbers = np.zeros((self.images, self.classes), np.int64)
        np.add.at(numbers, (self.image[counted], self.kind[counted]), 1)
        return (numbers > 1).any(axis=1)


@dataclass(frozen=True, slots=True)
class Detections:
    """What was reported of a split.

    Attributes:
        image: (D,) int64
        kind: (D,) int64
        score: (D,) float64: of two detections of a class, the one with the higher score is the surer one
        box: (D, 4) float64, x0 y0 x1 y1 in pixels

    Raises:
        ArtifactError: the arrays do not fit each other, or a score is NaN.
    """

    image: Rows
    kind: Rows
    score: Floats
    box: Floats

    def __post_init__(self) -> None:
        rows = len(self.image)
        _check("detections", rows, self.image, self.kind, self.box)
        if self.score.shape != (rows,) or np.isnan(self.score).any():
            raise ArtifactError(
                f"detections: not {rows} scores that are numbers (a network that diverged says NaN); "
                "train it again with a lower learning rate"
            )

    def __len__(self) -> int:
        return len(self.image)

    def ranks(self) -> Rows:
        """The place of each detection by descending score, of equal ones the earlier row first: (D,) int64."""
        places = np.empty(len(self), np.int64)
        places[np.argsort(-self.score, kind="stable")] = np.arange(len(self))
        return places


def pairs(detections: Detections, truths: Truths, same_class: bool = True) -> tuple[Rows, Rows]:
    """The rows of detections and of objects of the same image, and of the same class if wanted: (P,) and (P,) int64.

    Ascending by detection, then by object.

    Raises:
        ArtifactError: a detection is of an image or a class that the split does not have.
    """
    for name, values, limit in (("image", detections.image, truths.images), ("class", detections.kind, truths.classes)):
        if len(values) and not 0 <= values.min() <= values.max() < limit:
            raise ArtifactError(
                f"detections: {name} {values.min()} to {values.max()} where there are {limit}; detect again"
            )
    classes = truths.classes if same_class else 0
    group = detections.image * classes + detections.kind if same_class else detections.image
    groups = truths.image * classes + truths.kind if same_class else truths.image
    order = np.argsort(groups, kind="stable")
    first = np.searchsorted(groups[order], group, side="left")
    counts = np.searchsorted(groups[order], group, side="right") - first
    starts = np.cumsum(counts) - counts
    within = np.arange(counts.sum()) - np.repeat(starts, counts)
    return np.repeat(np.arange(len(detections)), counts), order[np.repeat(first, counts) + within]


def _check(what: str, rows: int, image: Rows, kind: Rows, box: Floats) -> None:
    if image.shape != (rows,) or kind.shape != (rows,) or box.shape != (rows, 4):
        raise ArtifactError(
            f"{what}: images {image.shape}, classes {kind.shape} and boxes {box.shape} do not fit each other; "
            "make them again"
        )
    if image.dtype != np.int64 or kind.dtype != np.int64 or not np.isfinite(box).all():
        raise ArtifactError(f"{what}: images or classes are not int64 or boxes not finite; make them again")
