"""SVG figures inlined into the page: colours of the page's theme, ids that cannot meet, an accessible name."""

import hashlib
import re
from collections import Counter
from collections.abc import Callable, Collection, Iterator
from pathlib import Path
from xml.etree import ElementTree

from markupsafe import Markup

from revisit.report.palette import THEME

SVG, XLINK = "http://www.w3.org/2000/svg", "http://www.w3.org/1999/xlink"
ElementTree.register_namespace("", SVG)
ElementTree.register_namespace("xlink", XLINK)
HREF = f"{{{XLINK}}}href"
COLOUR = re.compile("|".join(THEME))
REFERENCE = re.compile(r"url\(#([^)]+)\)")
LONG = re.compile(r"-?\d+\.\d{2,}")  # finer than a tenth of a point: seen by nobody, half of a figure's bytes
SHORT = 8  # hexadecimal digits: ids of a few hundred figures on a page do not meet
FONT = re.compile(r"font-family: [^;]*; ?")  # the page's own
UNTURNED = re.compile(r"rotate\(-?0 [^)]*\) ?")  # matplotlib's turn of every level label: by no angle
COMMAND = re.compile(r"([A-Za-z]) ?([^A-Za-z]*)")  # of a path, with its numbers


def inline(path: Path, prefix: str, label: str, named: Collection[str] = ()) -> Markup:
    """The SVG element of a figure file for use in HTML.

    Ids that the page refers to (`named`) begin with `prefix`, others with a short digest of it; colours become CSS
    variables, sizes give way to the view box, and `label` is what a screen reader says. What nobody sees goes, more
    than half of the bytes: comments, metadata, indents, groups that only group, ids that neither the figure itself nor
    the page refers to, turns by no angle; and what an element's style says again, its class says.
    """
    root = ElementTree.parse(path).getroot()  # noqa: S314  (drawn by the stage before)
    needed = {*named, *(name for element in root.iter() for name in _referred(element))}
    for element in root.iter():
        if element.get("id") not in needed:
            element.attrib.pop("id", None)
    _thin(root)
    own = f"f{hashlib.sha256(prefix.encode()).hexdigest()[:SHORT]}"
    ids: dict[str, str] = {name: f"{prefix}-{name}" for name in named}

    def renamed(name: str) -> str:
        return ids.setdefault(name, f"{own}-{len(ids)}")

    for element in root.iter():
        attributes = {key: _attribute(key, value, renamed) for key, value in element.items()}
        element.attrib.clear()
        for key, value in attributes.items():
            if value:
                element.set("href" if key == HREF else key, value)  # in HTML a reference needs no namespace
    width, height = (float(value) for value in root.get("viewBox", "0 0 1 1").split()[2:])
    for key in ("width", "height", "version"):
        root.attrib.pop(key, None)
    _classify(root, own)
    root.set("id", own)
    root.set("role", "img")
    root.set("aria-label", label)
    root.set("style", f"stroke-linejoin:round;max-width:{width * 1.5:.0f}px;aspect-ratio:{width:.0f}/{height:.0f}")
    return Markup(ElementTree.tostring(root, encoding="unicode"))  # noqa: S704  (serialised, so escaped)


def _classify(root: ElementTree.Element, own: str) -> None:
    """Give the elements that share a style a class in its place, which holds inside of the element `own` alone."""
    counts = Counter(element.get("style") for element in root.iter())
    repeated = [style for style, count in counts.items() if style and count > 1]
    classes = {style: f"s{place}" for place, style in enumerate(repeated)}
    for element in root.iter():
        if element.get("style") in classes:
            element.set("class", classes[element.attrib.pop("style")])
    rules = ElementTree.Element(f"{{{SVG}}}style")
    rules.text = "".join(f"#{own} .{name}{{{style}}}" for style, name in classes.items())
    root.insert(0, rules)


def _referred(element: ElementTree.Element) -> Iterator[str]:
    """The ids that an element refers to."""
    for key, value in element.items():
        if key == HREF and value.startswith("#"):
            yield value[1:]
        yield from REFERENCE.findall(value)


def _thin(parent: ElementTree.Element) -> None:
    """Take metadata and indents out of an element, and put the content of groups without attributes in their place."""
    children: list[ElementTree.Element] = []
    for child in parent:
        if child.tag in (f"{{{SVG}}}metadata", f"{{{SVG}}}style"):  # matplotlib's style is of all elements of the page
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
    if key == HREF and value.startswith("#"):
        return f"#{renamed(value[1:])}"
    if key == "transform":
        value = UNTURNED.sub("", value)
    if key in ("d", "points", "transform", "x", "y"):
        value = " ".join(LONG.sub(_rounded, value).split())
    if key == "d":
        value = _path(value)
    value = REFERENCE.sub(lambda match: f"url(#{renamed(match[1])})", value)
    if key == "style":
        value = FONT.sub("", value)
        value = COLOUR.sub(lambda match: f"var({THEME[match.group()][0]})", value)
        value = value.replace(": ", ":").replace("; ", ";")
    return value


def _path(value: str) -> str:
    """A path's commands, each named once: it holds until another follows, and lines follow a move."""
    text, held = "", ""
    for command, numbers in COMMAND.findall(value):
        text += (" " if command == held and command in "CLQ" else command) + numbers.rstrip()
        held = "L" if command == "M" else command
    return text


def _rounded(number: re.Match) -> str:
    return f"{float(number.group()):.1f}".rstrip("0").rstrip(".")
