"""Reads image folders in archives: `<split>/<class>/*`, or `<class>/*`, possibly below one common folder."""

from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from revisit.data import images, sampling
from revisit.data.formats import pictures
from revisit.data.formats.split import DRAW, TESTS, Split, agreed
from revisit.errors import DataError

if TYPE_CHECKING:
    from revisit.data.settings import Prepare

ACCEPTED = "`train/<class>/*` and `test/<class>/*` (or val, valid), or `<class>/*`, with images " + ", ".join(
    images.SUFFIXES
)
REMEDY = "get the archives again, or put such there"

Tree = dict[tuple[str, ...], pictures.Picture]  # path below the common folder -> image


def read(folder: Path, settings: "Prepare") -> dict[str, Split]:
    """The splits "train" and "test" of the archives in a folder.

    `settings`: `classes` (None: the names of the folders, sorted); `test_share` and `seed`, of the stratified
    split that is made where the files have none. Images lie anywhere below their class; the rows follow the sorted
    paths, whatever the kind and order of the archive. Raises DataError for another layout or other classes.
    """
    return arrange(folder, pictures.members(folder), settings)


def arrange(folder: Path, found: pictures.Found, settings: "Prepare") -> dict[str, Split]:
    """The splits of files whose archives have been indexed already."""
    tree = _tree(folder, found)
    tops = sorted({path[0] for path in tree})
    parts = {top.lower(): top for top in tops}
    test = next((parts[name] for name in TESTS if name in parts), None)
    if test and "train" in parts and set(parts) <= {"train", *TESTS}:
        if len(parts) < len(tops):
            raise DataError(f"{folder}: expected one folder for each split, found {', '.join(tops)}: keep one of each")
        below = {name: _below(tree, top) for name, top in (("train", parts["train"]), ("test", test))}
        names = sorted({path[0] for path in below["train"] if len(path) > 1})
        other = sorted({path[0] for path in below["test"]} - set(names))
        if other:
            raise DataError(
                f"{folder}: expected the classes of {parts['train']} ({', '.join(names)}) in {test}, "
                f"found also {', '.join(other[:5])}: {ACCEPTED}"
            )
        classes = _classes(folder, names, settings)
        return {name: _split(below[name], classes) for name in below}
    classes = _classes(folder, sorted({path[0] for path in tree if len(path) > 1}), settings)
    return _divided(_split(tree, classes), settings)


def _tree(folder: Path, found: pictures.Found) -> Tree:
    tree = {
        tuple(name.split("/")): pictures.Picture(archive, name)
        for name, archive in found.items()
        if images.is_image(name)
    }
    if not tree:
        raise DataError(f"{folder}: expected archives with {ACCEPTED}, found no image: {REMEDY}")
    paths = sorted(tree)
    common = 0  # folders above all images
    while common < min(map(len, paths)) - 2 and paths[0][common] == paths[-1][common]:
        common += 1
    return {path[common:]: tree[path] for path in paths}


def _below(tree: Tree, top: str) -> Tree:
    return {path[1:]: picture for path, picture in tree.items() if path[0] == top}


def _classes(folder: Path, found: list[str], settings: "Prepare") -> list[str]:
    if len(found) < 2:
        raise DataError(
            f"{folder}: expected a folder for each class, {ACCEPTED}, found {', '.join(found) or 'none'}: {REMEDY}"
        )
    return agreed(settings["classes"], found, str(folder))


def _split(tree: Tree, classes: list[str]) -> Split:
    for path, picture in tree.items():
        if len(path) < 2:
            raise DataError(
                f"{picture.archive}: {picture.name!r}: expected each image in the folder of its class, "
                f"found one beside such folders: {ACCEPTED}"
            )
    numbers = {name: number for number, name in enumerate(classes)}
    files = list(tree.values())
    labels = np.array([numbers[path[0]] for path in tree], np.int64)
    return Split(labels, classes, lambda rows, size: pictures.read(files, rows, size))


def _divided(whole: Split, settings: "Prepare") -> dict[str, Split]:
    """A test split of `test_share` of the images, each class in proportion, and the rest."""
    count = len(whole.labels)
    share = min(max(round(count * settings["test_share"]), 1), count - 1)
    seed = np.random.SeedSequence([settings["seed"], DRAW])
    test = sampling.stratified(whole.labels, share, len(whole.classes), seed)
    train = np.setdiff1d(np.arange(count), test)

    def part(chosen: np.ndarray) -> Split:
        return Split(whole.labels[chosen], whole.classes, lambda rows, size: whole.images(chosen[rows], size))

    return {"train": part(train), "test": part(test)}
