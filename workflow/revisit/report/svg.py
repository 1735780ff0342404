"""SVG figures inlined into the page: colours of the page's theme, ids that cannot meet, an accessible name."""

import re
from pathlib import Path
from xml.etree import ElementTree

from markupsafe import Markup

from revisit.report.palette import THEME

SVG, XLINK = "http://www.w3.org/2000/svg", "http://www.w3.org/1999/xlink"
ElementTree.register_namespace("", SVG)
ElementTree.register_namespace("xlink", XLINK)
COLOUR = re.compile("|".join(THEME))
REFERENCE = re.compile(r"url\(#([^)]+)\)")
LONG = re.compile(r"-?\d+\.\d{3,}")  # finer than a hundredth of a point: seen by nobody, half of a figure's bytes
FONT = re.compile(r"font-family: [^;]*; ?")  # the page's own


def inline(path: Path, prefix: str, label: str) -> Markup:
    """The SVG element of a figure file for use in HTML.

    Each id begins with `prefix`, colours become CSS variables, sizes give way to the view box, comments and metadata
    go, and `label` is what a screen reader says.
    """
    root = ElementTree.parse(path).getroot()  # noqa: S314  (drawn by the stage before)
    for parent in root.iter():
        for child in [child for child in parent if child.tag == f"{{{SVG}}}metadata"]:
            parent.remove(child)
    for element in root.iter():
        for key, value in element.items():
            element.set(key, _attribute(key, value, prefix))
    width, height = (float(value) for value in root.get("viewBox", "0 0 1 1").split()[2:])
    for key in ("width", "height", "version"):
        root.attrib.pop(key, None)
    root.set("role", "img")
    root.set("aria-label", label)
    root.set("style", f"max-width:{width * 1.5:.0f}px;aspect-ratio:{width:.0f}/{height:.0f}")
    return Markup(ElementTree.tostring(root, encoding="unicode"))  # noqa: S704  (serialised, so escaped)


def _attribute(key: str, value: str, prefix: str) -> str:
    if key == "id":
        return f"{prefix}-{value}"
    if key == f"{{{XLINK}}}href" and value.startswith("#"):
        return f"#{prefix}-{value[1:]}"
    if key in ("d", "points", "transform", "x", "y"):
        value = " ".join(LONG.sub(_rounded, value).split())
    value = REFERENCE.sub(rf"url(#{prefix}-\1)", value)
    if key == "style":
        value = FONT.sub("", value)
        value = COLOUR.sub(lambda match: f"var({THEME[match.group()][0]})", value)
    return value


def _rounded(number: re.Match) -> str:
    return f"{float(number.group()):.2f}".rstrip("0").rstrip(".")
