"""Formats by name, each loaded only where it is needed."""

import importlib
from pathlib import Path
from typing import TYPE_CHECKING

from revisit.data.formats.facts import Facts

if TYPE_CHECKING:
    from collections.abc import Callable

    from revisit.data.formats.split import Split
    from revisit.data.settings import Prepare

_FOLDER = Path(__file__).parent


def available() -> list[str]:
    """The names of all formats, sorted, found without importing any of them."""
    return sorted(path.parent.name for path in _FOLDER.glob("*/facts.py"))


def module(name: str, part: str) -> str:
    """The name of the module `facts` or `reader` of a format."""
    return f"{__package__}.{name}.{part}"


def facts(name: str) -> Facts:
    """What the format `name`, one of `available()`, is."""
    return importlib.import_module(module(name, "facts")).FACTS


def reader(name: str) -> "Callable[[Path, Prepare], dict[str, Split]]":
    """What reads files of the format `name`, from their folder and the settings of stage `prepare`."""
    return importlib.import_module(module(name, "reader")).read
