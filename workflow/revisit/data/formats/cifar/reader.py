"""Reads CIFAR-10 (Krizhevsky 2009, "Learning multiple layers of features from tiny images") from its archives.

The published binary archive holds records of a label byte and 3 x 32 x 32 bytes, all red ones first; the Python
archive holds the same as pickled arrays. An archive of image folders is read too: some mirrors have only such.
"""

from collections import defaultdict
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from revisit.data import archives, images, pickles
from revisit.data.formats import pictures
from revisit.data.formats.folder import reader as image_folder
from revisit.data.formats.split import Blocks, Split, agreed
from revisit.errors import DataError

if TYPE_CHECKING:
    from revisit.data.settings import Prepare

SIDE = 32
VALUES = 3 * SIDE * SIDE
REMEDY = "get the published archive again"

Batch = tuple[np.ndarray, np.ndarray]  # labels (n,) and values (n, 3072) uint8


def binary_batch(data: bytes, where: str) -> Batch:
    """Labels (n,) and values (n, 3072) uint8 of a batch of the binary archive. Raises DataError for a part of one."""
    if len(data) % (VALUES + 1):
        raise DataError(f"{where}: expected records of {VALUES + 1} bytes, found {len(data)} bytes: {REMEDY}")
    records = np.frombuffer(data, np.uint8).reshape(-1, VALUES + 1)
    return records[:, 0], records[:, 1:]


def python_batch(data: bytes, where: str) -> Batch:
    """Likewise of a batch of the Python archive."""
    content = pickles.read(data, where)
    labels, values = content.get("labels"), content.get("data")
    if (
        not isinstance(labels, list)
        or not all(isinstance(label, int) and 0 <= label < 256 for label in labels)
        or not isinstance(values, np.ndarray)
        or values.shape != (len(labels), VALUES)
    ):
        raise DataError(f"{where}: expected `labels` and as many rows of {VALUES} values in `data`: {REMEDY}")
    return np.array(labels, np.uint8), values


def _binary_names(data: bytes, _where: str) -> list[str]:
    return data.decode("utf-8", "replace").split("\n")


def _python_names(data: bytes, where: str) -> list[str]:
    names = pickles.read(data, where).get("label_names")
    if not isinstance(names, list) or not all(isinstance(name, str) for name in names):
        raise DataError(f"{where}: expected a list of names in `label_names`: {REMEDY}")
    return names


@dataclass(frozen=True)
class Layout:
    """One of the published archives: its folder, the ending of its batches, the file of the class names."""

    folder: str
    ending: str
    names: str
    batch: Callable[[bytes, str], Batch]
    class_names: Callable[[bytes, str], list[str]]


LAYOUTS = (
    Layout("cifar-10-batches-bin", ".bin", "batches.meta.txt", binary_batch, _binary_names),
    Layout("cifar-10-batches-py", "", "batches.meta", python_batch, _python_names),
)
TRAIN = tuple(f"data_batch_{number}" for number in range(1, 6))
TEST = ("test_batch",)


def read(folder: Path, settings: "Prepare") -> dict[str, Split]:
    """The splits "train" (the five batches in turn) and "test" of the archives in a folder.

    `settings`: `classes` (None: as the archive says); the others as for image folders, which are read where none
    of the published archives is there. Raises DataError for missing or damaged batches and for other classes.
    """
    found = pictures.members(folder)
    for layout in LAYOUTS:
        first = f"{TRAIN[0]}{layout.ending}"
        for member in found:
            top, _, name = member.rpartition("/")
            if name == first and top.rpartition("/")[2] == layout.folder:
                return _Published(found, top, layout).splits(settings["classes"])
    return image_folder.arrange(folder, found, settings)


class _Published:
    """The batches of a published archive."""

    def __init__(self, found: pictures.Found, top: str, layout: Layout) -> None:
        self._layout = layout
        self._files: dict[str, pictures.Picture] = {}  # by the plain name of the batch
        for batch in (*TRAIN, *TEST, layout.names):
            member = f"{top}/{batch}" + (layout.ending if batch != layout.names else "")
            if member not in found:
                archive = found[f"{top}/{TRAIN[0]}{layout.ending}"]
                raise DataError(f"{archive}: expected the member {member!r}, found none of that name: {REMEDY}")
            self._files[batch] = pictures.Picture(found[member], member)

    def splits(self, given: list[str] | None) -> dict[str, Split]:
        contents = {}
        names: list[str] = []
        for batch, data, where in self._read([*TRAIN, *TEST, self._layout.names]):
            if batch == self._layout.names:
                names = [name.strip() for name in self._layout.class_names(data, where) if name.strip()]
                if not names or len(set(names)) < len(names):
                    raise DataError(f"{where}: expected names of classes, each once, found {names}: {REMEDY}")
                classes = agreed(given, names, where)
            else:
                contents[batch] = self._layout.batch(data, where)[0].astype(np.int64)
        for batch, labels in contents.items():
            if len(labels) and labels.max() >= len(names):
                where = f"{self._files[batch].archive}: {self._files[batch].name!r}"
                raise DataError(f"{where}: expected labels 0 to {len(names) - 1}, found {labels.max()}: {REMEDY}")
        order = np.array([classes.index(name) for name in names])
        return {
            "train": self._split(TRAIN, contents, order, classes),
            "test": self._split(TEST, contents, order, classes),
        }

    def _split(
        self, batches: tuple[str, ...], labels: dict[str, np.ndarray], order: np.ndarray, classes: list[str]
    ) -> Split:
        ends = np.cumsum([len(labels[batch]) for batch in batches]).tolist()
        starts = dict(zip(batches, [0, *ends], strict=False))

        def chosen(rows: np.ndarray, size: int | None) -> Blocks:
            places = {}
            for batch in batches:
                first, last = np.searchsorted(rows, [starts[batch], starts[batch] + len(labels[batch])])
                if last > first:
                    places[batch] = first, last
            for batch, data, where in self._read(list(places)):
                first, last = places[batch]
                values = self._layout.batch(data, where)[1][rows[first:last] - starts[batch]]
                block = values.reshape(-1, 3, SIDE, SIDE).transpose(0, 2, 3, 1)
                yield from images.pieces(np.arange(first, last), np.ascontiguousarray(block), size)

        return Split(order[np.concatenate([labels[batch] for batch in batches])], classes, chosen)

    def _read(self, batches: list[str]) -> Iterator[tuple[str, bytes, str]]:
        """The chosen files, in the order in which they lie: plain name, content, name for messages."""
        wanted: dict[Path, dict[str, str]] = defaultdict(dict)
        for batch in batches:
            wanted[self._files[batch].archive][self._files[batch].name] = batch
        for archive, members in wanted.items():
            for member, data in archives.read(archive, members):
                yield members[member], data, f"{archive}: {member!r}"
