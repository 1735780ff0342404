"""Annotations of PASCAL VOC: an XML file for each image with the boxes of its objects.

VOC2007 development kit, section 4.3. Corners count from 1 and belong to the box: it reaches from xmin - 1 to xmax in
the continuous coordinates that are used here. Files come from strangers: entities and document types are refused.
"""

from xml.etree.ElementTree import Element, ParseError

import defusedxml
import numpy as np
from defusedxml import ElementTree

from revisit.data.objects import VIEWS, Annotation
from revisit.errors import DataError

LIMIT = 1 << 20  # bytes of a file; the largest of VOC 2012 has 24 kB
OBJECTS = 1000  # in an image; at most 56 in VOC 2012
CORNERS = ("xmin", "ymin", "xmax", "ymax")
SLACK = 1  # pixels that a corner may lie outside: some tools count from 0
REMEDY = "mend the file, or remove the image from the data set"


def parse(data: bytes, classes: list[str], where: str) -> Annotation:
    """The objects that the file `data` lists, in its order.

    `classes`: the names that may occur, by number. Raises DataError naming `where` for anything but such a file:
    damaged XML, entities, sizes that are no numbers, boxes that are empty, inverted or outside the image, unknown
    classes.
    """
    root = _root(data, where)
    width, height = (_number(root, f"size/{side}", where) for side in ("width", "height"))
    if min(width, height) < 1 or width % 1 or height % 1:
        raise _refusal(where, "size/width and size/height of at least 1 pixel", f"{width:g} and {height:g}")
    boxes, kinds, flags, views = [], [], [], []
    things = root.findall("object")
    if len(things) > OBJECTS:
        raise _refusal(where, f"at most {OBJECTS} objects", str(len(things)))
    for number, thing in enumerate(things, 1):
        at = f"{where}: object {number}"
        boxes.append(_box(thing, (width, height), at))
        kinds.append(_kind(thing, classes, at))
        flags.append([_flag(thing, key, at) for key in ("difficult", "truncated")])
        views.append(_view(thing))
    return Annotation(
        (int(height), int(width)),
        np.array(boxes, np.float64).reshape(-1, 4),
        np.array(kinds, np.int64),
        np.array(flags, bool).reshape(-1, 2),
        np.array(views, np.int64),
    )


def names(data: bytes, where: str) -> set[str]:
    """The names of the classes that occur in a file. Raises DataError as `parse`."""
    return {(thing.findtext("name") or "").strip() for thing in _root(data, where).findall("object")}


def _root(data: bytes, where: str) -> Element:
    if len(data) > LIMIT:
        raise _refusal(where, f"an annotation of at most {LIMIT} bytes", f"{len(data)}")
    try:
        root = ElementTree.fromstring(data, forbid_dtd=True)
    except defusedxml.DefusedXmlException as error:
        raise _refusal(where, "XML without document type and entities", type(error).__name__) from None
    except (ParseError, ValueError, LookupError) as error:  # the encoding that a file names may not exist
        raise _refusal(where, "an XML file", f"a damaged one or another file ({error})") from None
    if root.tag != "annotation":
        raise _refusal(where, "<annotation>", f"<{root.tag[:40]}>")
    return root


def _box(thing: Element, size: tuple[float, float], where: str) -> list[float]:
    corners = [_number(thing, f"bndbox/{key}", where) for key in CORNERS]
    low, high = np.array(corners[:2]) - 1, np.array(corners[2:])
    if (high <= low).any():
        raise _refusal(where, "xmin ≤ xmax and ymin ≤ ymax", ", ".join(f"{value:g}" for value in corners))
    if (low < -SLACK).any() or (high > np.array(size) + SLACK).any():
        found = ", ".join(f"{value:g}" for value in corners)
        raise _refusal(where, f"a box within the image of {size[0]:g} x {size[1]:g} pixels", found)
    inside = [*np.clip(low, 0, size).tolist(), *np.clip(high, 0, size).tolist()]
    if inside[0] >= inside[2] or inside[1] >= inside[3]:
        raise _refusal(where, f"a box within the image of {size[0]:g} x {size[1]:g} pixels", str(corners))
    return inside


def _kind(thing: Element, classes: list[str], where: str) -> int:
    name = (thing.findtext("name") or "").strip()
    if name not in classes:
        raise _refusal(where, f"one of the classes {', '.join(classes)}", repr(name[:80]))
    return classes.index(name)


def _flag(thing: Element, key: str, where: str) -> bool:
    text = (thing.findtext(key) or "0").strip()
    if text not in ("0", "1"):
        raise _refusal(where, f"{key} of 0 or 1", repr(text[:20]))
    return text == "1"


def _view(thing: Element) -> int:
    """From where the object is seen. Other tools write words of their own there: they say nothing that is known."""
    text = (thing.findtext("pose") or "").strip()
    return VIEWS.index(text) if text in VIEWS else 0


def _number(element: Element, path: str, where: str) -> float:
    text = element.findtext(path)
    try:
        value = float(text)  # type: ignore[arg-type]  # None is one of the mistakes
    except (TypeError, ValueError):
        value = float("nan")
    if not abs(value) < 1e6:
        raise _refusal(where, f"{path} with a number", "none" if text is None else repr(text[:40]))
    return value


def _refusal(where: str, expected: str, found: str) -> DataError:
    return DataError(f"{where}: expected {expected}, found {found}: {REMEDY}")
