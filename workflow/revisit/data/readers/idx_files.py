"""Reads the four IDX files of MNIST and the data sets that share its layout."""

from collections.abc import Iterator
from pathlib import Path

import numpy as np

from revisit.data import idx
from revisit.data.readers.split import Split
from revisit.errors import DataError


def read(folder: Path, classes: int) -> dict[str, Split]:
    """The splits "train" and "test" of a folder; grey images (N, H, W) become (N, H, W, 1).

    Raises DataError when a file is missing or damaged, when images and labels do not belong together,
    or when a label is not below the number of classes.
    """
    return {split: _split(folder / idx.IMAGES[split], folder / idx.LABELS[split], classes) for split in idx.IMAGES}


def _split(images: Path, labels: Path, classes: int) -> Split:
    header = idx.read_header(images)
    if header.dtype != np.uint8 or len(header.shape) != 3 or 0 in header.shape:
        raise DataError(f"{images}: expected images (count x height x width, uint8), found {header}: {idx.REMEDY}")
    label_header = idx.read_header(labels)
    if label_header.dtype != np.uint8 or len(label_header.shape) != 1:
        raise DataError(f"{labels}: expected labels (count, uint8), found {label_header}: {idx.REMEDY}")
    count, height, width = header.shape
    if label_header.shape[0] != count:
        raise DataError(
            f"{labels}: expected {count} labels, one per image of {images.name}, "
            f"found {label_header.shape[0]}: {idx.REMEDY}"
        )
    values = idx.read(labels).astype(np.int64)
    if values.max() >= classes:
        raise DataError(
            f"{labels}: expected labels 0 to {classes - 1}, found {values.max()}: "
            "name every class of the data set in params.yaml (`classes`), or get the file again"
        )

    def blocks() -> Iterator[np.ndarray]:
        for block in idx.blocks(images):
            yield block[..., None]

    return Split(values, (height, width, 1), blocks)
