"""Drawings by name: the module `revisit_drawing/<name>.py` draws the data set `<name>` as files of its format.

A drawing is imported when it is drawn, and by its name: neither a download nor another drawing depends on its code.
The files are laid out as the publishers' are, so that the same readers run.
"""

import importlib
from pathlib import Path
from typing import TYPE_CHECKING, Protocol

from revisit.errors import DataError

if TYPE_CHECKING:
    from revisit.data.settings import Drawn, FetchDrawn

_FOLDER = Path(__file__).parents[2] / "revisit_drawing"
REMEDY = "name in params.yaml what the drawing has, or take these data from a mirror or the web"


class Drawing(Protocol):
    """What the module of a drawing has."""

    FORMAT: str  # of what it writes: idx, cifar, voc or folder
    CLASSES: tuple[str, ...]
    NAMED: bool  # whether paths in its archives hold the names of the classes; otherwise only their number counts

    def write(self, embedded: "Drawn", seed: int, destination: Path) -> None:
        """Write the official files of the data set into the folder `destination`, which exists.

        `embedded`: `train`, `test` (numbers of pictures) and, where the drawing has them, `size` (pixels) and `splits`
        (names of the image sets). The same arguments give the same bytes.
        """


def available() -> list[str]:
    """The names of all drawings, sorted, found without importing any of them."""
    return sorted(path.stem for path in _FOLDER.glob("*.py") if path.stem != "__init__")


def draw(settings: "FetchDrawn", destination: Path) -> None:
    """Write the official files of a drawn data set into the folder `destination`, which exists.

    `settings`: those of `fetch/<raw>` with `source` embedded: `embedded` holds `drawing` and what `Drawing.write`
    takes; `seed`. Raises DataError when there is no such drawing, or when it has another format or other classes than
    the settings say.
    """
    name = settings["embedded"]["drawing"]
    if name not in available():
        raise DataError(
            f"{_place(settings)}: expected one of the drawings {', '.join(available())}, found {name!r}: {REMEDY}"
        )
    drawing: Drawing = importlib.import_module(f"revisit_drawing.{name}")
    asked = settings["format"]
    if asked != drawing.FORMAT:
        raise DataError(
            f"{_place(settings)}: {name!r} is drawn in the format {drawing.FORMAT}, found {asked!r}: {REMEDY}"
        )
    classes = settings["classes"]
    if classes is not None and not _fits(drawing, classes):
        raise DataError(
            f"{_place(settings)}: {name!r} has the {len(drawing.CLASSES)} classes {', '.join(drawing.CLASSES)}, "
            f"found {', '.join(map(str, classes))}: {REMEDY}"
        )
    drawing.write(settings["embedded"], settings["seed"], destination)


def _place(settings: "FetchDrawn") -> str:
    return f"raw data {settings['raw']!r}"


def _fits(drawing: Drawing, classes: list[str]) -> bool:
    """Files with names must hold every class asked for; in the others only the number of classes counts."""
    return set(classes) <= set(drawing.CLASSES) if drawing.NAMED else len(classes) == len(drawing.CLASSES)
