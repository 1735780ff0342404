"""A folder of new images: which files they are, and their pixels as a data set would store them."""

import os
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import NamedTuple

import numpy as np
from PIL import Image

from revisit.data import images
from revisit.errors import DataError

BYTES = 1 << 28  # of an image file
NAMED = 20  # files in a message


class Picture(NamedTuple):
    """An image file, decoded."""

    name: str  # its path below the folder, as text
    pixels: np.ndarray  # (H, W, 3) uint8, turned as its EXIF orientation says
    stored: np.ndarray  # (h, w, C) uint8, as the data set of the network stores images


def find(folder: Path) -> list[Path]:
    """The files below `folder`, or that one file, in the order of their paths; hidden ones and macOS's extras left out.

    Raises:
        DataError: there is no such folder, or no file in it.
    """
    if folder.is_file():
        return [folder]
    if not folder.is_dir():
        raise DataError(f"{folder}: there is no such folder or image; give the folder of the images to look at")
    found = sorted(
        path
        for path in folder.rglob("*")
        if path.is_file() and not any(part.startswith(".") or part == "__MACOSX" for part in below(folder, path).parts)
    )
    if not found:
        raise DataError(f"{folder}: an empty folder; put the images there that the network is to look at")
    return found


def below(folder: Path, path: Path) -> Path:
    """`path` as it lies below `folder`; its name where that is the file itself."""
    return Path(path.name) if path == folder else path.relative_to(folder)


def read(folder: Path, paths: Sequence[Path], shape: tuple[int, int, int], skip: bool) -> Iterator[Picture]:
    """Decode the files one by one; `shape` is that of stored images, (h, w, C) with C of 1 or 3.

    Images are resampled to it as `prepare` does: as a whole, whatever their proportions. With `skip`, files that are no
    images are left out.

    Raises:
        DataError: without `skip`, after the last file, where some are no images: it names them. With it, where none is.
    """
    wrong: list[str] = []
    for path in paths:
        name = text(below(folder, path))
        try:
            pixels = _decoded(path)
        except (DataError, OSError):
            wrong.append(name)
            continue
        if not wrong or skip:  # else nothing will come of it
            yield Picture(name, pixels, stored(pixels, shape))
    if wrong and (not skip or len(wrong) == len(paths)):
        what = "is no intact image" if len(wrong) == 1 else f"{len(wrong)} files are no intact images"
        more = f" and {len(wrong) - NAMED} more" if len(wrong) > NAMED else ""
        raise DataError(
            f"{folder}: {what} ({', '.join(images.FORMATS)}): {', '.join(wrong[:NAMED])}{more}; "
            f"{'remove them, or leave them out with --skip' if len(wrong) < len(paths) else 'give images'}"
        )


def stored(pixels: np.ndarray, shape: tuple[int, int, int]) -> np.ndarray:
    """(H, W, 3) uint8 at the size and with the channels of `shape`."""
    height, width, channels = shape
    if channels == 1:
        pixels = np.asarray(Image.fromarray(pixels).convert("L"))[..., None]
    return images.resized(pixels, height, width)


def text(path: Path) -> str:
    """A path as UTF-8 text: bytes of a name that are none are shown as \\x.."""
    return os.fsencode(path.as_posix()).decode("utf-8", "backslashreplace")


def _decoded(path: Path) -> np.ndarray:
    if path.stat().st_size > BYTES:
        raise DataError(f"{path}: more than {BYTES} bytes")
    return images.decode(path.read_bytes(), None, str(path))
