"""Image files in archives, for the readers of every format that holds such."""

from collections import defaultdict
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import NamedTuple

import numpy as np

from revisit import stages
from revisit.data import archives, images
from revisit.data.formats.split import Blocks
from revisit.errors import DataError

Decoder = Callable[[bytes, int | None, str, tuple[int, int] | None], np.ndarray]
Found = dict[str, Path]  # member -> its archive
NAMED = 20  # images that a message names


def members(folder: Path) -> Found:
    """Every file of every archive in a folder. Raises DataError where there is no archive, or one is damaged."""
    held = archives.held(folder)
    if not held:
        raise DataError(
            f"{folder}: expected an archive ({', '.join(archives.SUFFIXES)}), found none: "
            f"get it again with {stages.again(f'fetch@{folder.name}')}"
        )
    found: Found = {}
    for path in held:
        for name in archives.index(path):
            if found.setdefault(name, path) != path:
                raise DataError(
                    f"{folder}: expected each file once, found {name!r} in {found[name].name} and in {path.name}: "
                    "keep one of the two archives"
                )
    return found


def contents(found: Found, names: Iterable[str]) -> dict[str, tuple[str, bytes]]:
    """Where each of the named files is, for messages, and its bytes: archive by archive, each in one pass."""
    wanted: dict[Path, list[str]] = defaultdict(list)
    for name in names:
        wanted[found[name]].append(name)
    return {
        name: (f"{archive}: {name!r}", data)
        for archive, members in wanted.items()
        for name, data in archives.read(archive, members)
    }


class Picture(NamedTuple):
    """An image file."""

    archive: Path
    name: str
    size: tuple[int, int] | None = None  # height and width that it must have, where something else depends on them


def read(pictures: list[Picture], rows: np.ndarray, size: int | None, decode: Decoder = images.decode) -> Blocks:
    """The images of the rows, as `Split.images` gives them: archive by archive, each in one pass.

    `decode` makes an array of a file. Raises DataError for an image that cannot be decoded, that has not the size
    which it must have, or another one than the others where no `size` is given: one message for all of them, after the
    last image.
    """
    wanted: dict[Path, dict[str, int]] = defaultdict(dict)
    chosen = rows.tolist()
    for position, row in enumerate(chosen):
        wanted[pictures[row].archive][pictures[row].name] = position
    positions: list[int] = []
    block: list[np.ndarray] = []
    shape = None
    refused: list[str] = []
    for archive, names in wanted.items():
        for name, data in archives.read(archive, names):
            try:
                image = decode(data, size, f"{archive}: {name!r}", pictures[chosen[names[name]]].size)
            except DataError as error:
                refused.append(str(error) if not refused else f"{archive.name}: {name!r}")
                continue
            if refused:  # nothing will come of it: the others are looked at to be named
                continue
            shape = shape or image.shape
            if image.shape != shape:
                raise DataError(
                    f"{archive}: {name!r}: expected {shape[1]} x {shape[0]} pixels as the other images have, found "
                    f"{image.shape[1]} x {image.shape[0]}: set `size` of the data set in params.yaml"
                )
            positions.append(names[name])
            block.append(image)
            if len(block) * image.nbytes >= images.BLOCK:
                yield np.array(positions), np.stack(block)
                positions, block = [], []
    if refused:
        raise DataError(_all_refused(refused))
    if block:
        yield np.array(positions), np.stack(block)


def _all_refused(refused: list[str]) -> str:
    """The message of the first image that was refused, and the names of the others."""
    first, others = refused[0], refused[1:]
    if not others:
        return first
    named = ", ".join(others[: NAMED - 1])
    more = f" and {len(others) - NAMED + 1} more" if len(others) >= NAMED else ""
    return f"{len(refused)} images are refused. The first: {first}. The others: {named}{more}"
