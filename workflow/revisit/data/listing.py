"""What a mirror's folder holds, told cheaply: a digest of the names, sizes and times of its files.

It stands in the settings of the stage that reads the files, so that files which are added, replaced or removed make the
stage stale. No content is read: that would take as long as the stage.
"""

import hashlib
import os
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any

from revisit.errors import DataError

KEY = "listing"  # in the settings of a stage
PACKED = ".gz"


def names(name: str) -> list[str]:
    """The names under which a mirror may hold a published file: packed or plain."""
    return list(dict.fromkeys([name, name.removesuffix(PACKED)]))


def hidden(path: str) -> bool:
    """Whether a file, or a folder above it, is hidden or one of macOS's extras: no data of anyone."""
    return any(part.startswith(".") or part == "__MACOSX" for part in path.split("/"))


def of(settings: Mapping[str, Any]) -> str | None:
    """The digest of the files that a stage with these settings may read from a folder; None where there are none.

    `settings`: those of `fetch` or `pretrain`. There are no such files with another source, at an address, and where
    the folder is not there: then what was read of it last goes on counting. Of a folder with all the published files it
    is about those alone, since no others are read; else about every file that is not hidden.
    """
    place = settings.get("mirror") or settings.get("file")
    if settings.get("source") != "mirror" or not isinstance(place, str) or "://" in place:
        return None
    try:
        path = Path(place).expanduser()
        if not path.exists():
            return None
        found = sorted(_entries(path, settings.get("files", {})))
    except (OSError, ValueError, RuntimeError):  # the stage says what is wrong with it
        return None
    return hashlib.sha256("\n".join(found).encode("utf-8", "surrogateescape")).hexdigest()


def insist(settings: Mapping[str, Any]) -> None:
    """Raise DataError if the files are no longer those of which the settings have the digest.

    What is made of them would pass for the outcome of older ones. Settings without one, of a script run by hand, are
    taken as they are.
    """
    if KEY in settings and of(settings) not in (None, settings[KEY]):
        place = settings.get("mirror") or settings.get("file")
        raise DataError(f"{place}: its files have changed since this run began: run again, and they count")


def _entries(place: Path, known: Iterable[str]) -> Iterator[str]:
    """A line for each file: its name, size in bytes and time of its last change in nanoseconds."""
    if place.is_file():
        yield _entry(place.name, place)
        return
    published = [next((place / held for held in names(name) if (place / held).is_file()), None) for name in known]
    if published and all(published):
        for path in filter(None, published):
            yield _entry(path.name, path)
        return
    for folder, _, files in os.walk(place):
        for name in files:
            path = Path(folder, name)
            if not hidden(text := path.relative_to(place).as_posix()):
                yield _entry(text, path)


def _entry(name: str, path: Path) -> str:
    try:
        state = path.stat()
    except OSError:  # a link to nothing
        return f"{name}\0-"
    return f"{name}\0{state.st_size}\0{state.st_mtime_ns}"
