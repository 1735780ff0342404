"""The prepared arrays of a data set, memory-mapped."""

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from revisit import reading, stages
from revisit.data import left_out, objects, provenance
from revisit.data.left_out import Counts
from revisit.errors import ArtifactError, DataError

META = "meta.json"
SPLITS = ("train", "test")


def names(kind: str | None, proposals: bool = False) -> list[str]:
    """The names of the files of a prepared data set with objects of a kind, or None: without."""
    return [f"{split}_{name}.npy" for split in SPLITS for name in ("images", "labels", *objects.names(kind, proposals))]


@dataclass(frozen=True)
class Prepared:
    """A prepared data set. The arrays are read-only views of the files: copy the rows you need."""

    dataset: str
    classes: list[str]
    shape: tuple[int, int, int]  # height, width, channels
    mean: list[float]  # of the training images, per channel, in 0..1
    std: list[float]
    source: str  # embedded, mirror or web
    provenance: str  # of the official files: published, copy or drawn
    sha256: dict[str, str]  # of each array's file
    train_images: np.ndarray  # (N, H, W, C) uint8
    train_labels: np.ndarray  # (N,) int64; with several labels per image (N, K) int8, see `multi_label`
    test_images: np.ndarray
    test_labels: np.ndarray
    train_objects: objects.Objects | None = None  # where the data set has some
    test_objects: objects.Objects | None = None
    left_out: Counts | None = None  # files beside its images that were not read, by folder

    @property
    def multi_label(self) -> bool:
        """Whether an image may have several labels: 1 present, -1 absent, 0 excluded from loss and evaluation."""
        return self.train_labels.ndim == 2

    @property
    def label_kind(self) -> str:
        """The kind of its labels, one of `revisit.data.labels.KINDS`."""
        return "multi" if self.multi_label else "single"

    @property
    def object_kind(self) -> str | None:
        """What is known of the objects in the images, out of `revisit.data.objects.KINDS`, or None: nothing."""
        if self.train_objects is None:
            return None
        return "boxes" if self.train_objects.masks is None else "masks"

    def images(self, split: str) -> np.ndarray:
        """Images of the split "train" or "test", (N, H, W, C) uint8."""
        return {"train": self.train_images, "test": self.test_images}[split]

    def labels(self, split: str) -> np.ndarray:
        """Labels of the split "train" or "test", (N,) int64 or (N, K) int8."""
        return {"train": self.train_labels, "test": self.test_labels}[split]

    def objects(self, split: str) -> objects.Objects | None:
        """The objects in the images of the split "train" or "test"; None where nothing is known of them."""
        return {"train": self.train_objects, "test": self.test_objects}[split]


def load(folder: str | Path) -> Prepared:
    """Open what `prepare` wrote. The arrays stay on disk until rows are read.

    Raises ArtifactError when a file is missing or damaged, or when the files do not belong together. The
    SHA-256 in `meta.json` are passed on and not compared here: that would read every byte.
    """
    folder = Path(folder)
    try:
        meta = reading.json_value(folder / META)
        height, width, channels = meta["shape"]
        fields: dict[str, Any] = {
            "dataset": meta["dataset"],
            "classes": _names(meta["classes"]),
            "shape": (height, width, channels),
            "mean": _statistic(meta["mean"], channels),
            "std": _statistic(meta["std"], channels),
            "source": meta["source"],
            "provenance": provenance.checked(meta["provenance"]),
            "sha256": dict(meta["sha256"]),
            "left_out": left_out.checked(meta.get(provenance.LEFT_OUT, {})),
        }
        counts = {"train": int(meta["train"]), "test": int(meta["test"])}
        kind = {None: None, "boxes": "boxes", "masks": "masks"}[meta.get("objects")]
        proposals = int(meta.get("proposals", 0))
        row, dtype = {"single": ((), np.int64), "multi": ((len(fields["classes"]),), np.int8)}[meta["labels"]]
    except FileNotFoundError:
        raise ArtifactError(f"{folder / META}: missing: {_remedy(folder)}") from None
    except (OSError, ValueError, TypeError, KeyError, OverflowError) as error:
        raise ArtifactError(f"{folder / META}: damaged ({type(error).__name__}: {error}): {_remedy(folder)}") from None
    for split, count in counts.items():
        images, labels = folder / f"{split}_images.npy", folder / f"{split}_labels.npy"
        fields[images.stem] = _open(images, (count, *fields["shape"]), np.dtype(np.uint8))
        values = fields[labels.stem] = _open(labels, (count, *row), np.dtype(dtype))
        low, high = (-1, 1) if row else (0, len(fields["classes"]) - 1)
        if count and not low <= values.min() <= values.max() <= high:
            raise ArtifactError(
                f"{labels}: expected labels {low} to {high}, found {values.min()} to {values.max()}: {_remedy(folder)}"
            )
        if kind is not None:
            fields[f"{split}_objects"] = _objects(folder, split, objects.names(kind, proposals > 0), count, fields)
    return Prepared(**fields)


def _objects(folder: Path, split: str, names: list[str], count: int, fields: dict[str, Any]) -> objects.Objects:
    """The objects of a split, from the arrays of these names."""
    try:
        found = {name: reading.array(folder / f"{split}_{name}.npy") for name in names}
        return objects.checked(found, count, len(fields["classes"]), fields["shape"])
    except FileNotFoundError as error:
        raise ArtifactError(f"{error.filename}: missing: {_remedy(folder)}") from None
    except (OSError, ValueError, DataError) as error:
        raise ArtifactError(f"{folder}/{split}_*.npy: damaged ({error}): {_remedy(folder)}") from None


def _names(classes: Any) -> list[str]:
    if not isinstance(classes, list) or not classes or len(set(map(str, classes))) < len(classes):
        raise ValueError("classes are a list of names, each once")
    return [str(name) for name in classes]


def _statistic(values: Any, channels: int) -> list[float]:
    found = [float(value) for value in values]
    if len(found) != channels or min(found) < 0:
        raise ValueError("mean and std have a number for each channel, none below 0")
    return found


def _open(path: Path, shape: tuple[int, ...], dtype: np.dtype) -> np.ndarray:
    try:
        array = reading.array(path)
    except FileNotFoundError:
        raise ArtifactError(f"{path}: missing: {_remedy(path.parent)}") from None
    except (OSError, ValueError) as error:
        raise ArtifactError(f"{path}: damaged ({error}): {_remedy(path.parent)}") from None
    if array.shape != shape or array.dtype != dtype:
        raise ArtifactError(
            f"{path}: expected {shape} {dtype} as {META} says, found {array.shape} {array.dtype}: "
            f"{_remedy(path.parent)}"
        )
    return array


def _remedy(folder: Path) -> str:
    return f"make it again with {stages.again(stages.prepares(folder.name))}"
