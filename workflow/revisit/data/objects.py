"""The objects in the images of a prepared data set: boxes, classes and marks, perhaps masks and proposals.

All lie in arrays that can be memory-mapped. The objects of image i are the rows `offsets[i]` to `offsets[i + 1]` of
the flat arrays; in its mask, pixels of the j-th of them (from 1) are j, the background is 0 and void is 255.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np

from revisit import files
from revisit.errors import DataError

if TYPE_CHECKING:
    from revisit.data.formats.split import Blocks

VOID = 255  # of a mask: pixels that count for nothing
LEAST = 0.3  # of the area of a box: an object of which a crop leaves less is neither learnt nor to be found
MOST = VOID - 1  # objects in an image with masks
KINDS = ("boxes", "masks")  # what may be known of objects; with masks there are boxes, too
FLAT = ("boxes", "kinds", "flags", "views")
VIEWS = ("Unspecified", "Frontal", "Rear", "Left", "Right")  # from where an object is seen, in VOC's words, by number
PROPOSALS = "proposals"


class Annotation(NamedTuple):
    """The n objects of one image as its file says."""

    size: tuple[int, int]  # height and width of the image, pixels
    boxes: np.ndarray  # (n, 4) float64: x0, y0, x1, y1, corners in pixels from 0, so that x1 - x0 is the width
    kinds: np.ndarray  # (n,) int64: numbers of classes
    flags: np.ndarray  # (n, 2) bool: difficult, truncated
    views: np.ndarray  # (n,) int64: numbers of `VIEWS`


@dataclass(frozen=True)
class Annotations:
    """The objects of all images of a split, as a reader gives them.

    `images`: by row. `masks(rows, size)`: the masks of the rows, as `Split.images` gives images, (n, H, W) uint8;
    None where there are none.
    """

    images: list[Annotation]
    masks: Callable[[np.ndarray, int | None], "Blocks"] | None = None


@dataclass(frozen=True)
class Objects:
    """The M objects in the N images of a prepared split; read-only views of the files."""

    boxes: np.ndarray  # (M, 4) float32: x0, y0, x1, y1, corners in pixels of the stored images
    kinds: np.ndarray  # (M,) int64
    flags: np.ndarray  # (M, 2) bool: difficult, truncated
    offsets: np.ndarray  # (N + 1,) int64
    masks: np.ndarray | None = None  # (N, H, W) uint8
    proposals: np.ndarray | None = None  # (N, P, 4) float32; where there are fewer, boxes of zeros at the end
    views: np.ndarray | None = None  # (M,) int64, of `VIEWS`; as in a folder that `prepare` has written
    sizes: np.ndarray | None = None  # (N, 2) int64: height and width of the images as published, pixels; likewise

    @property
    def difficult(self) -> np.ndarray:
        """(M,) bool."""
        return self.flags[:, 0]

    @property
    def images(self) -> np.ndarray:
        """The image of each object, (M,) int64."""
        return np.repeat(np.arange(len(self.offsets) - 1), np.diff(self.offsets))

    def rows(self, image: int) -> slice:
        """Where the objects of an image are in the flat arrays."""
        return slice(int(self.offsets[image]), int(self.offsets[image + 1]))


def labels(annotations: list[Annotation], classes: int) -> np.ndarray:
    """Which classes the images show, (N, K) int8: 1 present, -1 absent, 0 only difficult objects (VOC's rule)."""
    codes = np.full((len(annotations), classes), -1, np.int8)
    for row, annotation in zip(codes, annotations, strict=True):
        row[annotation.kinds[annotation.flags[:, 0]]] = 0
        row[annotation.kinds[~annotation.flags[:, 0]]] = 1
    return codes


def names(kind: str | None, proposals: bool = False) -> list[str]:
    """The names of the arrays of a split, for objects of a kind out of `KINDS`; none for None."""
    if kind is None:
        return []
    return [*FLAT, "offsets", "sizes", *(["masks"] if kind == "masks" else []), *([PROPOSALS] if proposals else [])]


def write(
    folder: Path, split: str, found: Annotations, rows: np.ndarray, size: int | None, shape: tuple[int, ...]
) -> None:
    """Write the objects of the chosen `rows` of a split as `<split>_<name>.npy`.

    `size`: the side that images are resized to, or None; `shape`: (H, W, C) of the stored images.
    Raises DataError where a mask is missing.
    """
    chosen = [found.images[row] for row in rows.tolist()]
    scaled = [annotation.boxes * _scale(annotation.size, size) for annotation in chosen]
    arrays = {
        "boxes": np.concatenate([np.zeros((0, 4)), *scaled]).astype(np.float32),
        "kinds": np.concatenate([np.zeros(0, np.int64), *(annotation.kinds for annotation in chosen)]),
        "flags": np.concatenate([np.zeros((0, 2), bool), *(annotation.flags for annotation in chosen)]),
        "views": np.concatenate([np.zeros(0, np.int64), *(annotation.views for annotation in chosen)]),
        "offsets": np.cumsum([0, *(len(annotation.kinds) for annotation in chosen)], dtype=np.int64),
        "sizes": np.array([annotation.size for annotation in chosen], np.int64).reshape(-1, 2),
    }
    for name, array in arrays.items():
        files.write_array(folder / f"{split}_{name}.npy", array)
    if found.masks is not None:
        masks = files.new_array(folder / f"{split}_masks.npy", np.uint8, (len(rows), *shape[:2]))
        for positions, block in found.masks(rows, size):
            masks[positions] = block
        masks.flush()


def _scale(size: tuple[int, int], side: int | None) -> np.ndarray:
    """What corners are multiplied by, (4,)."""
    height, width = size
    return np.ones(4) if side is None else np.array([side / width, side / height] * 2)


def checked(arrays: Mapping[str, np.ndarray], images: int, classes: int, shape: tuple[int, int, int]) -> Objects:
    """The arrays of a split, by name, as objects of `images` images of `shape` (H, W, C) with `classes` classes.

    Raises DataError when they do not fit each other: numbers of rows, classes, views, corners outside the images or
    swapped.
    """
    boxes, kinds, flags, views, offsets, sizes = (arrays[name] for name in (*FLAT, "offsets", "sizes"))
    count = len(kinds)
    shapes = {"boxes": (count, 4), "kinds": (count,), "flags": (count, 2), "views": (count,)}
    shapes |= {"offsets": (images + 1,), "sizes": (images, 2)}
    types = {"boxes": np.float32, "flags": np.bool_}
    fits = all(arrays[name].shape == wanted for name, wanted in shapes.items()) and all(
        arrays[name].dtype == types.get(name, np.int64) for name in shapes
    )
    if not fits or offsets[0] != 0 or offsets[-1] != count or (np.diff(offsets) < 0).any():
        raise DataError("the arrays of objects do not fit each other")
    if (count and not 0 <= views.min() <= views.max() < len(VIEWS)) or (images and sizes.min() < 1):
        raise DataError(f"expected views below {len(VIEWS)} and sides of 1 pixel at least")
    limits = np.array([shape[1], shape[0]])
    inside = (boxes[:, :2] >= 0).all() and (boxes[:, :2] <= boxes[:, 2:]).all() and (boxes[:, 2:] <= limits).all()
    if count and not (0 <= kinds.min() <= kinds.max() < classes and inside):
        raise DataError(f"expected classes below {classes} and corners within the images of {shape[1]} x {shape[0]}")
    for name, wanted, dtype in (("masks", (images, *shape[:2]), np.uint8), (PROPOSALS, (images, None, 4), np.float32)):
        array = arrays.get(name)
        if array is not None and (array.dtype != dtype or not _alike(array.shape, wanted)):
            raise DataError(f"{name}: found {array.shape} {array.dtype}, expected {wanted} {np.dtype(dtype)}")
    proposals = arrays.get(PROPOSALS)
    # What is no number would send the kernels that warp and pool regions to places outside the image.
    if proposals is not None and proposals.size and not (proposals.min() >= 0 and proposals.max() <= limits.max()):
        raise DataError(f"{PROPOSALS}: expected corners within the images of {shape[1]} x {shape[0]}")
    return Objects(boxes, kinds, flags, offsets, arrays.get("masks"), proposals, views, sizes)


def _alike(shape: tuple[int, ...], wanted: tuple[Any, ...]) -> bool:
    return len(shape) == len(wanted) and all(w in (None, n) for n, w in zip(shape, wanted, strict=True))
