"""Writing artifacts: whole or not at all, and the same bytes for the same input."""

import errno
import fcntl
import hashlib
import json
import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from revisit.errors import BusyError

PARTIAL = ".partial"  # unfinished writes, near the artifacts so that a rename stays on one file system


@contextmanager
def replacing(path: str | Path) -> Iterator[Path]:
    """Yield a path to write a file or a folder to; put it in the place of `path` when the block succeeds.

    Readers see the old artifact or the new one, never a part of it; between an old folder and the new one there is an
    instant with none. What is written lies in a folder `.partial` until it is complete and on disk. After a failure
    the old artifact is in its place and nothing else is left; what a killed process leaves, the next writer removes.

    Raises BusyError when another process writes the same artifact.
    """
    path = Path(path)
    partial = _partial(path)
    old = partial.with_name(f"{partial.name}.old")
    partial.parent.mkdir(parents=True, exist_ok=True)
    with _alone(path, partial.with_name(f"{partial.name}.lock")):
        remove(partial)
        remove(old)
        try:
            yield partial
            _to_disk(partial)
            path.parent.mkdir(parents=True, exist_ok=True)
            if os.path.lexists(path) and (path.is_dir() or partial.is_dir()):  # no rename replaces a folder
                os.rename(path, old)
            os.replace(partial, path)
        except BaseException:
            if os.path.lexists(old) and not os.path.lexists(path):
                os.rename(old, path)
            raise
        finally:
            remove(partial)
            remove(old)


def _partial(path: Path) -> Path:
    """Where to write what becomes `path`: below its first folder, or below the last one where that is a volume."""
    top = path.parent if path.is_absolute() else Path(path.parts[0])
    last = next(folder for folder in path.parents if folder.exists())
    if top.exists() and not _renames(top, last):
        top = last
    return top / PARTIAL / "+".join(path.parts[-4:])


def _renames(source: Path, target: Path) -> bool:
    """Whether files of one folder can be renamed into the other: both on one file system, and none a volume."""
    try:
        os.rename(f"{source}/.", f"{target}/.")  # always refused, and first of all for another mount
    except OSError as error:
        return error.errno != errno.EXDEV and source.stat().st_dev == target.stat().st_dev
    return True


@contextmanager
def _alone(path: Path, lock: Path) -> Iterator[None]:
    """Hold the lock of the only process that writes `path`; the kernel drops that of a killed one."""
    while True:
        with open(lock, "ab") as stream:
            try:
                fcntl.flock(stream, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                raise BusyError(f"{path} is being written by another process; wait until it ends, or stop it") from None
            if os.fstat(stream.fileno()).st_nlink:  # else its last holder has just removed it
                try:
                    yield
                finally:
                    lock.unlink(missing_ok=True)
                return


def remove(path: Path) -> None:
    """Remove a file, a link or a whole folder, if it is there."""
    if path.is_dir() and not path.is_symlink():
        shutil.rmtree(path)
    else:
        path.unlink(missing_ok=True)


def copy(source: Path, target: Path) -> None:
    """Copy a file, or all files below a folder: their content, as rights and times are no part of an artifact.

    Empty folders are not copied.

    Raises OSError that says when the disk is full, which that of `shutil.copytree` does not.
    """
    for file in sorted(source.rglob("*")) if source.is_dir() else [source]:
        if file.is_file():
            place = target / file.relative_to(source)
            place.parent.mkdir(parents=True, exist_ok=True)
            shutil.copyfile(file, place)


def _to_disk(path: Path) -> None:
    for file in [path] if path.is_file() else [p for p in path.rglob("*") if p.is_file()]:
        with open(file, "rb") as stream:
            os.fsync(stream.fileno())


def json_bytes(value: Any) -> bytes:
    """`value` as UTF-8 JSON: keys in the given order, two spaces of indent, no NaN, a final newline."""
    return (json.dumps(value, indent=2, ensure_ascii=False, allow_nan=False) + "\n").encode()


def write_json(path: str | Path, value: Any) -> None:
    """Write `value` as JSON, whole or not at all."""
    with replacing(path) as partial:
        partial.write_bytes(json_bytes(value))


def write_csv(path: str | Path, frame: Any) -> None:
    """Write a pandas frame as CSV (no index, nine significant digits, LF line ends)."""
    frame.to_csv(path, index=False, float_format="%.9g", lineterminator="\n")


def csv_cell(value: Any) -> Any:
    """A value for a CSV file, its number as in `write_csv`; a count that became a float, whole: 832, not 832.0."""
    if not isinstance(value, float):
        return value
    return str(int(value)) if value.is_integer() else f"{value:.9g}"


def new_array(path: str | Path, dtype: Any, shape: tuple[int, ...]) -> Any:
    """A new .npy file of zeros, memory-mapped for writing; all its room on disk is taken here.

    A full disk would otherwise kill the process (SIGBUS) when a page of the map is first written. Raises OSError.
    """
    import numpy as np

    array = np.lib.format.open_memmap(path, "w+", dtype, shape)
    if hasattr(os, "posix_fallocate"):  # not on macOS
        with open(path, "r+b") as stream:
            try:
                os.posix_fallocate(stream.fileno(), 0, os.fstat(stream.fileno()).st_size)
            except OSError as error:
                raise OSError(error.errno, error.strerror, str(path)) from None
    return array


def write_array(path: str | Path, values: Any) -> None:
    """Write an array as .npy. The errors of `numpy.save` do not say that the disk is full; these do."""
    array = new_array(path, values.dtype, values.shape)
    array[...] = values
    array.flush()


def sha256(path: str | Path) -> str:
    """The SHA-256 of a file's content, as 64 hex digits."""
    with open(path, "rb") as stream:
        return hashlib.file_digest(stream, "sha256").hexdigest()
