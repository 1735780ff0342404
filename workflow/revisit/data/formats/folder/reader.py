"""Reads image folders in archives: `<split>/<class>/*`, or `<class>/*`, possibly below one common folder."""

import unicodedata
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from revisit.data import images, left_out, provenance, sampling
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
    paths, whatever the kind and order of the archive. Raises DataError for another layout or other classes,
    and for a class none of whose images can be read.
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
        known = {_composed(name) for name in names}
        other = sorted({path[0] for path in below["test"] if _composed(path[0]) not in known})
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
    _insist_on_readable(folder, found, tree)
    if not tree:
        raise DataError(f"{folder}: expected archives with {ACCEPTED}, found no image: {REMEDY}")
    paths = sorted(tree)
    common = 0  # folders above all images
    while common < min(map(len, paths)) - 2 and paths[0][common] == paths[-1][common]:
        common += 1
    return {path[common:]: tree[path] for path in paths}


def _insist_on_readable(folder: Path, found: pictures.Found, tree: Tree) -> None:
    """Raise DataError where all images of a folder, a class as a rule, are of a kind that is not read."""
    counts = left_out.count(name for name in found if not images.is_image(name))
    if not counts and (folder / provenance.FILE).is_file():
        _, counts = provenance.read(folder)  # of plain folders, whose other files `fetch` did not pack
    holding = {path[:-1] for path in tree}  # folders with images of their own
    above = {path[:n] for path in holding for n in range(1, len(path) + 1)}
    for place, kinds in counts.items():
        lost = {kind: number for kind, number in kinds.items() if kind in left_out.PICTURES}
        parts = tuple(place.split("/"))
        within = any(parts[:n] in holding for n in range(1, len(parts) + 1))
        if lost and place != left_out.TOP and not within and parts not in above:
            raise DataError(
                f"{folder}: expected images that can be read ({', '.join(images.SUFFIXES)}), found none in the folder "
                f"{place!r}, which has {left_out.kinds(lost)}: convert them, or take that folder out"
            )


def _below(tree: Tree, top: str) -> Tree:
    return {path[1:]: picture for path, picture in tree.items() if path[0] == top}


def _classes(folder: Path, found: list[str], settings: "Prepare") -> list[str]:
    composed = [_composed(name) for name in found]
    if twins := [name for name, other in zip(found, composed, strict=True) if composed.count(other) > 1]:
        raise DataError(
            f"{folder}: expected a folder for each class, found classes that look alike, with "
            f"letters encoded in two ways, {', '.join(map(ascii, twins[:4]))}: put their images into one folder"
        )
    if len(found) < 2:
        raise DataError(
            f"{folder}: expected a folder for each class, {ACCEPTED}, found {', '.join(found) or 'none'}: {REMEDY}"
        )
    given = settings["classes"]
    return agreed(given and [_composed(name) for name in given], composed, str(folder))


def _composed(name: str) -> str:
    """The name of a class with each letter and its accents as one character: systems store them in two ways."""
    return unicodedata.normalize("NFC", name)


def _split(tree: Tree, classes: list[str]) -> Split:
    for path, picture in tree.items():
        if len(path) < 2:
            raise DataError(
                f"{picture.archive}: {picture.name!r}: expected each image in the folder of its class, "
                f"found one beside such folders: {ACCEPTED}"
            )
    numbers = {name: number for number, name in enumerate(classes)}
    files = list(tree.values())
    labels = np.array([numbers[_composed(path[0])] for path in tree], np.int64)
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
