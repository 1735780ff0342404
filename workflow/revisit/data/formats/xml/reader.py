"""Reads images with an XML file of the same name each, in any folders of archives.

The XML files are those of PASCAL VOC (`voc_xml`), as many tools for drawing boxes write them. A folder called train,
and one called test, val or valid, make the splits.
"""

from collections import defaultdict
from pathlib import Path, PurePosixPath
from typing import TYPE_CHECKING

from revisit.data import images
from revisit.data.formats import boxed, pictures, voc_xml
from revisit.data.formats.split import Split
from revisit.errors import DataError

if TYPE_CHECKING:
    from revisit.data.settings import Prepare

REMEDY = "give each image one XML file of the same name"


def read(folder: Path, settings: "Prepare") -> dict[str, Split]:
    """The splits "train" and "test", images by ascending name.

    `settings`: `classes` (None: those that the files name, sorted), `test_share` and `seed`. Raises DataError for an
    image or an XML file without the other, and for what `voc_xml.parse` refuses.
    """
    found = pictures.members(folder)
    shown = _by_stem(folder, [name for name in found if images.is_image(name)], "image")
    written = _by_stem(folder, [name for name in found if name.lower().endswith(".xml")], "XML file")
    if lonely := sorted(set(shown) ^ set(written)):
        what = "an image without an XML file" if lonely[0] in shown else "an XML file without an image"
        raise DataError(f"{folder}: expected pairs of images and XML files, found {what}: {lonely[0]!r}: {REMEDY}")
    if not shown:
        raise DataError(f"{folder}: expected archives with images and XML files, found none: {REMEDY}")
    texts = pictures.contents(found, written.values())
    classes = settings["classes"] or sorted(
        {name for where, data in texts.values() for name in voc_xml.names(data, where)}
    )
    parts: dict[str, boxed.Boxed] = defaultdict(list)
    for stem in sorted(shown):
        where, data = texts[written[stem]]
        picture = pictures.Picture(found[shown[stem]], shown[stem])
        parts[boxed.part_of(shown[stem])].append((picture, voc_xml.parse(data, classes, where)))
    return boxed.splits(folder, dict(parts), settings, classes)


def _by_stem(folder: Path, names: list[str], what: str) -> dict[str, str]:
    """The files by split and name without its ending, whatever other folders they are in."""
    stems: dict[str, str] = {}
    for name in names:
        stem = f"{boxed.part_of(name)}/{PurePosixPath(name).stem}".lstrip("/")
        if stem in stems:
            raise DataError(
                f"{folder}: expected each name once, found the {what}s {stems[stem]!r} and {name!r}: {REMEDY}"
            )
        stems[stem] = name
    return stems
