"""Reads the classification labels and images of PASCAL VOC from archives of its development kit.

Everingham et al. 2010, "The PASCAL Visual Object Classes (VOC) Challenge"; VOC2007 development kit, section 4.2:
`ImageSets/Main/<class>_<set>.txt` has a line `<image> <label>` for every image of the set: 1, the class is there;
-1, it is not; 0, only objects marked difficult are. The image is `JPEGImages/<image>.jpg`. Objects are read by
`objects`.
"""

import re
from collections import defaultdict
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from revisit.data import archives
from revisit.data.formats import pictures
from revisit.data.formats.split import Split, agreed
from revisit.data.formats.voc import objects
from revisit.errors import DataError

if TYPE_CHECKING:
    from revisit.data.settings import Prepare

LISTS = re.compile(r"(?P<kit>(?:.*/)?)ImageSets/Main/(?P<name>[^/]+)\.txt")
LABELS = {"1": 1, "+1": 1, "-1": -1, "0": 0}
REMEDY = "get the archives again, or name another image set in params.yaml (`splits`)"


def read(folder: Path, settings: "Prepare") -> dict[str, Split]:
    """The splits "train" and "test": labels (N, K) int8 of 1, -1 and 0, images by ascending name.

    `settings`: `splits`, the image set of each split (as trainval and test); `classes` (None: those that have
    files, sorted); perhaps `objects`, "boxes" or "masks": then labels are those of the objects. Raises DataError when
    a set, a class or an image is missing, when the files of two classes list different images, or when the sets share
    an image.
    """
    found = pictures.members(folder)
    if kind := settings.get("objects"):
        return objects.read(folder, found, settings, kind)
    splits: dict[str, Split] = {}
    images: dict[str, list[str]] = {}
    classes = settings["classes"]
    for split, chosen in settings["splits"].items():
        lists = _lists(folder, found, chosen)
        classes = agreed(classes, sorted(lists), f"{folder}: image set {chosen!r}")
        images[split], labels, files = _labelled(found, lists, classes)
        splits[split] = Split(labels, classes, partial(pictures.read, files))
    objects.check_apart(folder, images, settings)
    return splits


def _lists(folder: Path, found: pictures.Found, chosen: str) -> dict[str, str]:
    """The file of each class for one image set: class -> member."""
    lists: dict[str, dict[str, str]] = defaultdict(dict)  # by development kit
    sets = set()
    for member in found:
        if match := LISTS.fullmatch(member):
            name, _, image_set = match["name"].rpartition("_")
            sets |= {image_set} if name else set()
            if name and image_set == chosen:
                lists[match["kit"]][name] = member
    if not lists:
        raise DataError(
            f"{folder}: expected ImageSets/Main/<class>_{chosen}.txt in the archives, "
            f"found the image sets {', '.join(sorted(sets)) or 'none'}: {REMEDY}"
        )
    if len(lists) > 1:
        raise DataError(
            f"{folder}: expected the image set {chosen!r} once, found it in {', '.join(sorted(lists))}: "
            "keep the archives of one year"
        )
    return lists.popitem()[1]


def _labelled(
    found: pictures.Found, lists: dict[str, str], classes: list[str]
) -> tuple[list[str], np.ndarray, list[pictures.Picture]]:
    """Names, labels (N, K) and files of the images of one set."""
    columns: dict[str, dict[str, int]] = {}
    by_archive: dict[Path, dict[str, str]] = defaultdict(dict)
    for name in classes:
        by_archive[found[lists[name]]][lists[name]] = name
    for archive, wanted in by_archive.items():
        for member, data in archives.read(archive, wanted):
            columns[wanted[member]] = _column(data, f"{archive}: {member!r}")
    first = lists[classes[0]]
    names = sorted(columns[classes[0]])
    for name in classes:
        differing = sorted(set(names) ^ set(columns[name]))
        if differing:
            raise DataError(
                f"{found[first]}: expected the same images in the files of all classes, found {differing[0]!r} only "
                f"in one of {first} and {lists[name]}: {REMEDY}"
            )
    kit = first.rpartition("ImageSets/Main/")[0]
    files = []
    for image in names:
        member = f"{kit}JPEGImages/{image}.jpg"
        if member not in found:
            raise DataError(f"{found[first]}: expected the image {member!r}, which {first} lists, found none: {REMEDY}")
        files.append(pictures.Picture(found[member], member))
    labels = np.array([[columns[name][image] for name in classes] for image in names], np.int8)
    return names, labels, files


def _column(data: bytes, where: str) -> dict[str, int]:
    """The label of each image in the file of a class."""
    column: dict[str, int] = {}
    for number, line in enumerate(data.decode("utf-8", "replace").splitlines(), 1):
        words = line.split()
        if not words:
            continue
        if len(words) != 2 or words[1] not in LABELS or words[0] in column:
            raise DataError(
                f"{where}: line {number}: expected `<image> <1, -1 or 0>`, each image once, "
                f"found {line[:80]!r}: {REMEDY}"
            )
        column[words[0]] = LABELS[words[1]]
    if not column:
        raise DataError(f"{where}: expected lines `<image> <1, -1 or 0>`, found none: {REMEDY}")
    return column
