"""SVG figures inlined into the page: colours of the page's theme, ids that cannot meet, an accessible name."""

import hashlib
import re
from collections.abc import Callable, Collection, Iterator
from pathlib import Path
from xml.etree import ElementTree

from markupsafe import Markup

from revisit.report.palette import THEME

SVG, XLINK = "http://www.w3.org/2000/svg", "http://www.w3.org/1999/xlink"
ElementTree.register_namespace("", SVG)
ElementTree.register_namespace("xlink", XLINK)
COLOUR = re.compile("|".join(THEME))
REFERENCE = re.compile(r"url\(#([^)]+)\)")
LONG = re.compile(r"-?\d+\.\d{2,}")  # finer than a tenth of a point: seen by nobody, half of a figure's bytes
SHORT = 8  # hexadecimal digits: ids of a few hundred figures on a page do not meet
FONT = re.compile(r"font-family: [^;]*; ?")  # the page's own


def inline(path: Path, prefix: str, label: str, named: Collection[str] = ()) -> Markup:
    """The SVG element of a figure file for use in HTML.

    Ids that the page refers to (`named`) begin with `prefix`, others with a short digest of it; colours become CSS
    variables, sizes give way to the view box, and `label` is what a screen reader says. What nobody sees goes, a third
    of the bytes: comments, metadata, indents, groups that only group, and the ids that neither the figure itself nor
    the page refers to.
    """
    root = ElementTree.parse(path).getroot()  # noqa: S314  (drawn by the stage before)
    needed = {*named, *(name for element in root.iter() for name in _referred(element))}
    for element in root.iter():
        if element.get("id") not in needed:
            element.attrib.pop("id", None)
    _thin(root)
    short = hashlib.sha256(prefix.encode()).hexdigest()[:SHORT]

    def renamed(name: str) -> str:
        return f"{prefix}-{name}" if name in named else f"f{short}-{name}"

    for element in root.iter():
        for key, value in element.items():
            element.set(key, _attribute(key, value, renamed))
    width, height = (float(value) for value in root.get("viewBox", "0 0 1 1").split()[2:])
    for key in ("width", "height", "version"):
        root.attrib.pop(key, None)
    root.set("role", "img")
    root.set("aria-label", label)
    root.set("style", f"max-width:{width * 1.5:.0f}px;aspect-ratio:{width:.0f}/{height:.0f}")
    return Markup(ElementTree.tostring(root, encoding="unicode"))  # noqa: S704  (serialised, so escaped)


def _referred(element: ElementTree.Element) -> Iterator[str]:
    """The ids that an element refers to."""
    for key, value in element.items():
        if key == f"{{{XLINK}}}href" and value.startswith("#"):
            yield value[1:]
        yield from REFERENCE.findall(value)


def _thin(parent: ElementTree.Element) -> None:
    """Take metadata and indents out of an element, and put the content of groups without attributes in their place."""
    children: list[ElementTree.Element] = []
    for child in parent:
        if child.tag == f"{{{SVG}}}metadata":
            continue
        if child.tag != f"{{{SVG}}}text":  # its spaces are seen
            _thin(child)
        children += child if child.tag == f"{{{SVG}}}g" and not child.attrib else [child]
    parent[:] = children
    for element in (parent, *children):
        element.tail = None
    if not (parent.text or "").strip():
        parent.text = None


def _attribute(key: str, value: str, renamed: Callable[[str], str]) -> str:
    if key == "id":
        return renamed(value)
    if key == f"{{{XLINK}}}href" and value.startswith("#"):
        return f"#{renamed(value[1:])}"
    if key in ("d", "points", "transform", "x", "y"):
        value = " ".join(LONG.sub(_rounded, value).split())
    value = REFERENCE.sub(lambda match: f"url(#{renamed(match[1])})", value)
    if key == "style":
        value = FONT.sub("", value)
        value = COLOUR.sub(lambda match: f"var({THEME[match.group()][0]})", value)
    return value


def _rounded(number: re.Match) -> str:
    return f"{float(number.group()):.1f}".rstrip("0").rstrip(".")
