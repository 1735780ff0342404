"""Reads the objects of PASCAL VOC: boxes and masks, and the images that have them.

VOC2007 development kit, sections 4.1 to 4.3: `ImageSets/Main/<set>.txt` lists images (with masks
`ImageSets/Segmentation/<set>.txt`), `Annotations/<image>.xml` the objects of one (`voc_xml`), and the pixels of
`SegmentationObject/<image>.png` are numbers of these, 0 for the background and 255 for void. Pixels of a number that
the annotation does not have are void, too: in VOC 2012 an image, 2008_005245, shows three more persons than it lists.
"""

import re
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from revisit.data import archives, images
from revisit.data import objects as known
from revisit.data.formats import pictures, voc_xml
from revisit.data.formats.split import Blocks, Split
from revisit.errors import DataError

if TYPE_CHECKING:
    from revisit.data.settings import Prepare

LISTS = re.compile(r"(?P<kit>(?:.*/)?)ImageSets/(?P<folder>Main|Segmentation)/(?P<name>[^/]+)\.txt")
FOLDERS = {"boxes": "Main", "masks": "Segmentation"}
REMEDY = "get the archives again, or name another image set in params.yaml (`splits`)"


def read(folder: Path, found: pictures.Found, settings: "Prepare", kind: str) -> dict[str, Split]:
    """The splits "train" and "test" with their objects, images by ascending name.

    `settings`: as for the reader; `classes` None: those that the annotations name, sorted. `kind`: boxes or masks.
    Raises DataError when a set, an image, an annotation or a mask is missing or damaged, or when the sets share an
    image.
    """
    named = {split: _names(folder, found, chosen, FOLDERS[kind]) for split, chosen in settings["splits"].items()}
    check_apart(folder, {split: list(listed) for split, listed in named.items()}, settings)
    files = {split: _annotations(found, listed) for split, listed in named.items()}
    classes = settings["classes"] or sorted(
        {name for parts in files.values() for where, data in parts for name in voc_xml.names(data, where)}
    )
    splits = {}
    for split, listed in named.items():
        parsed = [voc_xml.parse(data, classes, where) for where, data in files[split]]
        sizes = [annotation.size for annotation in parsed]
        shown = _files(found, listed, sizes, "JPEGImages/{}.jpg")
        masks = _Masks(found, listed, parsed) if kind == "masks" else None
        splits[split] = Split(
            known.labels(parsed, len(classes)),
            classes,
            partial(pictures.read, shown),
            known.Annotations(parsed, masks),
        )
    return splits


def check_apart(folder: Path, names: dict[str, list[str]], settings: "Prepare") -> None:
    """Raise DataError where the image sets of the two splits share an image."""
    if shared := sorted(set(names["train"]) & set(names["test"])):
        raise DataError(
            f"{folder}: expected image sets without common images, found {len(shared)} in both "
            f"{settings['splits']['train']!r} and {settings['splits']['test']!r} ({shared[0]}, ...): "
            "name others in params.yaml (`splits`), or use `test_from_train` for a test on training images"
        )


def _names(folder: Path, found: pictures.Found, chosen: str, place: str) -> dict[str, str]:
    """The images of an image set, by name, each with the folder of its kit."""
    members = [m for m in map(LISTS.fullmatch, found) if m and m["folder"] == place and m["name"] == chosen]
    if len(members) != 1:
        sets = sorted(
            {m["name"] for m in map(LISTS.fullmatch, found) if m and m["folder"] == place and "_" not in m["name"]}
        )
        there = ", ".join(m[0] for m in members) if members else f"only {', '.join(sets)}" if sets else "none"
        raise DataError(
            f"{folder}: expected ImageSets/{place}/{chosen}.txt once in the archives, found {there}: {REMEDY}"
        )
    member, kit = members[0][0], members[0]["kit"]
    ((_, data),) = archives.read(found[member], [member])
    names: dict[str, str] = {}
    for number, line in enumerate(data.decode("utf-8", "replace").splitlines(), 1):
        words = line.split()
        if not words:
            continue
        if words[0] in names or "/" in words[0] or len(words) > 2:
            raise DataError(
                f"{found[member]}: {member!r}: line {number}: expected the name of an image, each once, "
                f"found {line[:80]!r}: {REMEDY}"
            )
        names[words[0]] = kit
    if not names:
        raise DataError(f"{found[member]}: {member!r}: expected names of images, found none: {REMEDY}")
    return dict(sorted(names.items()))


def _files(
    found: pictures.Found, names: dict[str, str], sizes: list[tuple[int, int]] | None, pattern: str
) -> list[pictures.Picture]:
    """The file of each image, its place in the kit by `pattern`."""
    files = []
    for row, (name, kit) in enumerate(names.items()):
        member = kit + pattern.format(name)
        if member not in found:
            folder = min(found.values()).parent
            raise DataError(f"{folder}: expected {member!r}, which an image set lists, found none: {REMEDY}")
        files.append(pictures.Picture(found[member], member, sizes[row] if sizes else None))
    return files


def _annotations(found: pictures.Found, names: dict[str, str]) -> list[tuple[str, bytes]]:
    """The annotation of each image: where it is, and its bytes."""
    members = [file.name for file in _files(found, names, None, "Annotations/{}.xml")]
    read = pictures.contents(found, members)
    return [read[name] for name in members]


class _Masks:
    """The masks of a split, by row; see `known.Annotations`."""

    def __init__(self, found: pictures.Found, names: dict[str, str], parsed: list[known.Annotation]) -> None:
        self._counts = np.array([len(annotation.kinds) for annotation in parsed], np.int64)
        self._files = _files(found, names, [a.size for a in parsed], "SegmentationObject/{}.png")
        if len(parsed) and self._counts.max() > known.MOST:
            file = self._files[int(self._counts.argmax())]
            raise DataError(
                f"{file.archive}: {file.name!r}: expected at most {known.MOST} objects in an image with masks, "
                f"found {self._counts.max()}: take the image out of the set"
            )

    def __call__(self, rows: np.ndarray, size: int | None) -> Blocks:
        for positions, block in pictures.read(self._files, rows, size, images.decode_mask):
            own = block.copy()
            own[own > self._counts[rows[positions], None, None]] = known.VOID
            yield positions, own
