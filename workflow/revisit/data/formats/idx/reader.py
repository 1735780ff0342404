"""Reads the four IDX files of MNIST and the data sets that share its layout."""

from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from revisit.data import idx, images
from revisit.data.formats.idx import facts as idx_facts
from revisit.data.formats.split import Blocks, Split
from revisit.errors import DataError

if TYPE_CHECKING:
    from revisit.data.settings import Prepare

COUNT = 1 << 24  # images; their labels are in memory as a whole, 8 bytes each


def read(folder: Path, settings: "Prepare") -> dict[str, Split]:
    """The splits "train" and "test" of a folder; grey images (N, H, W) become (N, H, W, 1).

    `settings`: `classes`, the names of the labels 0, 1, ... (None: the numbers themselves). Raises DataError when
    a file is missing or damaged, when images and labels do not belong together, or when a label has no name.
    """
    splits, classes = {}, settings["classes"]
    for split in idx_facts.IMAGES:
        splits[split] = _split(folder / idx_facts.IMAGES[split], folder / idx_facts.LABELS[split], classes)
        classes = splits[split].classes
    return splits


def _split(path: Path, labels: Path, classes: list[str] | None) -> Split:
    header = idx.read_header(path)
    if header.dtype != np.uint8 or len(header.shape) != 3 or 0 in header.shape:
        raise DataError(f"{path}: expected images (count x height x width, uint8), found {header}: {idx.REMEDY}")
    label_header = idx.read_header(labels)
    if label_header.dtype != np.uint8 or len(label_header.shape) != 1:
        raise DataError(f"{labels}: expected labels (count, uint8), found {label_header}: {idx.REMEDY}")
    if header.shape[0] > COUNT:
        raise DataError(f"{path}: expected at most {COUNT} images, found {header.shape[0]}: {idx.REMEDY}")
    if label_header.shape[0] != header.shape[0]:
        raise DataError(
            f"{labels}: expected {header.shape[0]} labels, one per image of {path.name}, "
            f"found {label_header.shape[0]}: {idx.REMEDY}"
        )
    values = idx.read(labels).astype(np.int64)
    names = [str(label) for label in range(values.max() + 1)] if classes is None else list(classes)
    if values.max() >= len(names):
        raise DataError(
            f"{labels}: expected labels 0 to {len(names) - 1}, found {values.max()}: "
            "name every class of the data set in params.yaml (`classes`), or get the file again"
        )

    def chosen(rows: np.ndarray, size: int | None) -> Blocks:
        start = 0
        for block in idx.blocks(path):  # to the end, where a damaged file shows
            first, last = np.searchsorted(rows, [start, start + len(block)])
            if last > first:
                yield from images.pieces(np.arange(first, last), block[rows[first:last] - start, ..., None], size)
            start += len(block)

    return Split(values, names, chosen)
