"""Members of .tar, .tar.gz (.tgz) and .zip archives, read in place: nothing is ever unpacked to disk.

Archives come from strangers, so reading trusts nothing. Only regular files and folders with plain relative names
are accepted; links, devices and sparse files, names that lead elsewhere and names that occur twice are refused.
Counts, sizes and the ratio of unpacked to packed bytes are bounded before memory or time is spent on them.
"""

import gzip
import io
import os
import stat
import struct
import tarfile
import zipfile
import zlib
from collections.abc import Callable, Collection, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import BinaryIO, NamedTuple

from revisit.data.content import GZIP_MAGIC
from revisit.errors import DataError

SUFFIXES = (".tar", ".tar.gz", ".tgz", ".zip")
COUNT = 1 << 20  # members; the largest image folder in use (ImageNet, Russakovsky et al. 2015) has 1.3 million files
MEMBER = 1 << 28  # bytes of one member: it is read as a whole
TOTAL = 1 << 36  # bytes of all members
RATIO = 100  # unpacked to packed; images hardly shrink, deflate reaches 1,032
FREE = 1 << 24  # bytes that may be unpacked whatever the ratio: small archives of text shrink well
HEADERS = 1 << 16  # bytes of tar headers before one member; also bounds how deep tarfile recurses into them
DIRECTORY = 128 * COUNT  # bytes of a zip's directory, which zipfile takes as a whole
LOCAL_HEADER = 30  # bytes before the name of a zip's member
PIECE = 1 << 20
REMEDY = "get the archive again, or pack its files anew"
DAMAGE = (
    tarfile.TarError, zipfile.BadZipFile, zlib.error, struct.error, EOFError, OSError, ValueError, IndexError,
    OverflowError, NotImplementedError, RuntimeError,
)  # fmt: skip  # what the library raises on damaged files


class _Entry(NamedTuple):
    name: str
    size: int
    read: Callable[[], bytes] | None  # None: a folder


def held(folder: Path) -> list[Path]:
    """The archives that lie in a folder, by name."""
    if not folder.is_dir():
        return []
    return sorted(p for p in folder.iterdir() if p.is_file() and p.name.endswith(SUFFIXES) and p.name[0] != ".")


def index(path: str | Path) -> dict[str, int]:
    """Names and sizes in bytes of an archive's files, in its order; the kind is known by the first bytes.

    A leading `./` is dropped from names. Raises DataError naming the archive, the member and the remedy when the
    archive is missing, damaged, truncated or empty, or when a member is not acceptable (see the module).
    """
    found = {entry.name: entry.size for entry in _entries(Path(path), whole=True)}
    if not found:
        raise DataError(f"{path}: expected an archive with files, found none in it: {REMEDY}")
    return found


def read(path: str | Path, names: Collection[str]) -> Iterator[tuple[str, bytes]]:
    """The content of the named members, in the archive's order, in one pass with one member in memory.

    Raises DataError as `index` does, and when a name is not in the archive.
    """
    left = set(names)
    if not left:
        return
    for entry in _entries(Path(path), whole=False):
        if entry.name in left and entry.read:
            left.discard(entry.name)
            with _intact(Path(path)):
                data = entry.read()
            yield entry.name, data
            if not left:
                return
    raise DataError(f"{path}: expected the member {min(left)!r}, found none of that name: {REMEDY}")


def _entries(path: Path, whole: bool) -> Iterator[_Entry]:
    """The regular files of an archive, each one checked. `whole`: also read what follows the last one."""
    seen: set[str] = set()
    total = 0
    with _intact(path), open(path, "rb") as file:
        start = file.read(2)
        file.seek(0)
        entries = _zip(file, path) if start == b"PK" else _tar(file, path, start == GZIP_MAGIC, whole)
        for number, entry in enumerate(entries, 1):
            name = _plain(path, entry.name)
            total += entry.size
            if number > COUNT or total > TOTAL:
                raise _refusal(path, name, f"more than {COUNT} members or {TOTAL} bytes up to here")
            if entry.read is None:
                continue
            if name in seen or not name:
                raise _refusal(path, name, "the second member of this name" if name else "one without a name")
            if not 0 <= entry.size <= MEMBER:
                raise _refusal(path, name, f"a member of {entry.size} bytes (at most {MEMBER} are allowed)")
            seen.add(name)
            yield entry._replace(name=name)


@contextmanager
def _intact(path: Path) -> Iterator[None]:
    """Whatever a library raises on a damaged file becomes one DataError."""
    try:
        yield
    except FileNotFoundError:
        raise DataError(f"{path}: expected an archive, found no such file: {REMEDY}") from None
    except DAMAGE as error:
        raise DataError(
            f"{path}: expected an intact archive ({', '.join(SUFFIXES)}), "
            f"found a damaged or truncated one, or none ({str(error) or type(error).__name__}): {REMEDY}"
        ) from None


def _plain(path: Path, name: str) -> str:
    """A member's name without `./`, if it stays below the archive's top on every system."""
    parts = [part for part in name.split("/") if part not in ("", ".")]
    try:
        name.encode()
    except UnicodeEncodeError:
        raise _refusal(path, name, "a name that is not UTF-8") from None
    if name.startswith("/") or ".." in parts or "\0" in name or "\\" in name or name[1:2] == ":":
        raise _refusal(path, name, "a name that leads out of the archive")
    return "/".join(parts)


def _refusal(path: Path, name: str, found: str) -> DataError:
    return DataError(f"{path}: {name[:200]!r}: expected plain files and folders, found {found}: {REMEDY}")


def _tar(file: BinaryIO, path: Path, packed: bool, whole: bool) -> Iterator[_Entry]:
    size = os.fstat(file.fileno()).st_size
    if packed:
        stream = _Bounded(gzip.GzipFile(fileobj=file), path, min(TOTAL, max(FREE, RATIO * size)))
    else:
        stream = _Bounded(file, path, TOTAL)
    stream.budget = HEADERS
    tar = tarfile.TarFile(fileobj=stream)
    while (member := tar.next()) is not None:
        tar.members.clear()  # type: ignore[attr-defined]  # tarfile keeps every header otherwise
        if member.issparse() or not (member.isreg() or member.isdir()) or len(tar.pax_headers) > 100:
            raise _refusal(path, member.name, "a link, a device, a pipe or a sparse file")
        stream.budget = None

        def content(member: tarfile.TarInfo = member) -> bytes:
            stream.seek(member.offset_data)
            return stream.exactly(member.size)

        yield _Entry(member.name, member.size, content if member.isreg() else None)
        stream.budget = HEADERS
    if stream.last != bytes(tarfile.BLOCKSIZE):  # tarfile takes a damaged header, or none, for the end
        raise EOFError("no end mark")
    stream.budget = None
    while whole and packed and stream.read(PIECE):  # up to the checksum of gzip
        pass


def _zip(file: BinaryIO, path: Path) -> Iterator[_Entry]:
    size = os.fstat(file.fileno()).st_size
    stream = _Bounded(file, path, size)
    stream.budget = DIRECTORY
    with zipfile.ZipFile(stream) as archive:
        stream.budget = None
        end = unpacked = 0
        for info in sorted(archive.infolist(), key=lambda info: info.header_offset):
            name, mode = info.orig_filename, info.external_attr >> 16
            if stat.S_IFMT(mode) not in (0, stat.S_IFREG, stat.S_IFDIR):
                raise _refusal(path, name, "a link, a device or a pipe")
            if info.flag_bits & 1 or info.compress_type not in (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED):
                raise _refusal(path, name, "an encrypted member, or one packed by another method than deflate")
            unpacked += info.file_size
            if info.header_offset < end or unpacked > max(FREE, RATIO * size):
                raise _refusal(path, name, f"members that share bytes, or unpack to more than {RATIO} times their size")
            end = info.header_offset + LOCAL_HEADER + info.compress_size
            if end > size:
                raise EOFError("the end is missing")

            def content(info: zipfile.ZipInfo = info) -> bytes:
                with archive.open(info) as member:
                    data = member.read(info.file_size)
                    if len(data) != info.file_size or member.read(1):  # the second read compares the checksum
                        raise EOFError(f"the size of {info.filename!r} is not as announced")
                return data

            yield _Entry(name, info.file_size, None if info.is_dir() else content)


class _Bounded(io.RawIOBase):
    """A stream that never goes beyond `limit` bytes, nor reads more than `budget` bytes in a row where one is set."""

    def __init__(self, stream: BinaryIO | gzip.GzipFile, path: Path, limit: int) -> None:
        self._stream, self._path, self._limit = stream, path, limit
        self.budget: int | None = None
        self.last = b""  # what the last read gave

    def read(self, size: int | None = -1) -> bytes:
        if size is None or size < 0:
            size = max(self._limit - self.tell(), 0)
        if self.budget is not None:
            self.budget -= size
            if self.budget < 0:
                raise DataError(f"{self._path}: expected short headers, found one of {size} bytes or many: {REMEDY}")
        self.last = self._stream.read(min(size, self._limit - self.tell() + 1))
        if self.tell() > self._limit:
            raise DataError(
                f"{self._path}: expected at most {self._limit} unpacked bytes ({RATIO} times the packed ones, "
                f"at least {FREE}, at most {TOTAL}), found more: {REMEDY}"
            )
        return self.last

    def exactly(self, size: int) -> bytes:
        found = bytearray()
        while len(found) < size and (piece := self.read(min(PIECE, size - len(found)))):
            found += piece
        if len(found) < size:
            raise EOFError("the end is missing")
        return bytes(found)

    def seek(self, offset: int, whence: int = os.SEEK_SET) -> int:
        if whence == os.SEEK_SET:
            offset = min(offset, self._limit + 1)  # no time is spent on unpacking what the next read refuses
        return self._stream.seek(offset, whence)

    def tell(self) -> int:
        return self._stream.tell()

    def seekable(self) -> bool:
        return True

    def readable(self) -> bool:
        return True
