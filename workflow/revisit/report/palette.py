"""Colours of the figures, and what each becomes on a dark page. No drawing library is needed to know them.

Figures are drawn for white paper. The page replaces each colour by a CSS variable of the same name, so that an
inlined figure follows the theme; as a file of its own a figure stays as drawn.
"""

from collections.abc import Sequence

INK = "#1f2328"  # text, axes
MUTED = "#6e7781"  # secondary text, boundaries
GRID = "#d8dde3"
PAPER = "#ffffff"
BLUE = "#1f5f99"
RUST = "#b5481d"
GREEN = "#2f7d4f"
PURPLE = "#7a4b9b"
OCHRE = "#a97a00"
TEAL = "#1191a3"

SERIES = (BLUE, RUST, GREEN, PURPLE, OCHRE, TEAL)

THEME = {  # colour as drawn -> (CSS variable, colour on a dark page)
    INK: ("--ink", "#e6e8eb"),
    MUTED: ("--muted", "#9aa4af"),
    GRID: ("--grid", "#343b44"),
    PAPER: ("--paper", "#14171b"),
    BLUE: ("--blue", "#79b4ea"),
    RUST: ("--rust", "#f0946a"),
    GREEN: ("--green", "#79c795"),
    PURPLE: ("--purple", "#c4a0e2"),
    OCHRE: ("--ochre", "#e0b64c"),
    TEAL: ("--teal", "#62cfdd"),
}

TONES = {  # of a badge -> its text on a light and on a dark page; the sign before it says the same without colour
    "agrees": (GREEN, "#79c795"),
    "exceeds": ("#0f7684", "#62cfdd"),
    "direction": (BLUE, "#79b4ea"),
    "undecided": ("#856100", "#e0b64c"),
    "failed": (RUST, "#f0946a"),
    "error": (PURPLE, "#c4a0e2"),
    "impossible": ("#b0235f", "#f48fb1"),
    "untestable": (MUTED, "#9aa4af"),
}

# Ten hues that stay apart on white and on black, after Paul Tol's qualitative schemes (SRON/EPS/TN/09-002), and ten
# lighter or darker ones between them.
CLASSES = (
    "#4477aa",
    "#dd5566",
    "#2e9e50",
    "#c9a227",
    "#3fb0d9",
    "#aa3f86",
    "#8c6248",
    "#e0762e",
    "#6f5bd0",
    "#8f9a2b",
    "#8fb4e3",
    "#a3323f",
    "#8fd4a0",
    "#8a6a0f",
    "#157f9c",
    "#e49ac9",
    "#c9ab96",
    "#f2b184",
    "#b3a6f0",
    "#5c6b14",
)
NONE = "#a3a9b1"  # of a point without a class


def class_colour(index: int) -> str:
    """The colour of a class; after twenty classes the colours come again."""
    return CLASSES[index % len(CLASSES)]


def blend(indices: Sequence[int]) -> str:
    """The mean colour of some classes; grey without any."""
    if not indices:
        return NONE
    colours = [bytes.fromhex(class_colour(index)[1:]) for index in indices]
    return "#" + bytes(round(sum(channel) / len(colours)) for channel in zip(*colours, strict=True)).hex()


def of_label(label: str) -> str:
    """The colour of an image from its classes as tables hold them: numbers joined by spaces, none where it is empty."""
    return blend([int(number) for number in label.split()])
