"""The IDX format of MNIST and its successors (LeCun, Cortes and Burges, "THE MNIST DATABASE of handwritten digits").

A file is two zero bytes, a byte for the type, a byte for the number of dimensions, one big-endian uint32
per dimension, then the values, big-endian, the last dimension fastest. It may be wrapped in gzip.

Files come from strangers, so reading trusts nothing: type, dimensions and size are checked before memory is
taken, at most `LIMIT` bytes are read, a gzip stream is never unpacked beyond the size its header announces,
and missing or left-over bytes are an error.
"""

import gzip
import hashlib
import io
import math
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import IO

import numpy as np

from revisit import stages
from revisit.data import content
from revisit.data.formats.idx.facts import LIMIT
from revisit.errors import DataError

DIMENSIONS = 8
Stream = IO[bytes] | gzip.GzipFile
BLOCK = 1 << 22  # bytes read at a time
REMEDY = f"get it again with {stages.again('fetch@<data set>')}, or mend the mirror that it came from"


TYPES = {0x08: ">u1", 0x09: ">i1", 0x0B: ">i2", 0x0C: ">i4", 0x0D: ">f4", 0x0E: ">f8"}
CODES = {np.dtype(name): code for code, name in TYPES.items()}


@dataclass(frozen=True)
class Header:
    """What the first bytes of a file announce."""

    dtype: np.dtype
    shape: tuple[int, ...]

    @property
    def bytes(self) -> int:
        """Size of the values."""
        return math.prod(self.shape) * self.dtype.itemsize

    def __str__(self) -> str:
        return f"{' x '.join(map(str, self.shape))} values of type {self.dtype.newbyteorder('=').name}"


def read_header(path: str | Path) -> Header:
    """Type and shape of a file. Raises DataError when it is missing, unreadable or not IDX."""
    with _opened(path) as stream:
        return _header(stream, Path(path))


def read(path: str | Path) -> np.ndarray:
    """All values of a file, in the machine's byte order. Raises DataError unless it is whole and nothing more."""
    values = bytearray()
    with _opened(path) as stream:
        header = _header(stream, Path(path))
        for chunk in _values(stream, header, Path(path), BLOCK):
            values += chunk
    return np.frombuffer(values, header.dtype).reshape(header.shape).astype(header.dtype.newbyteorder("="), copy=False)


def blocks(path: str | Path) -> Iterator[np.ndarray]:
    """The values of a file in turn, about `BLOCK` bytes at a time: arrays (rows, *shape[1:]).

    Raises DataError as `read` does; a missing or left-over end shows when the last block is asked for.
    """
    with _opened(path) as stream:
        header = _header(stream, Path(path))
        row = math.prod(header.shape[1:]) * header.dtype.itemsize
        if row == 0:
            return
        for chunk in _values(stream, header, Path(path), max(BLOCK // row, 1) * row):
            yield np.frombuffer(chunk, header.dtype).reshape(-1, *header.shape[1:])


def check(path: str | Path) -> tuple[Header, str]:
    """Read a file to its end without keeping it: its header and the SHA-256 of its uncompressed content."""
    with _opened(path) as stream:
        header = _header(stream, Path(path))
        digest = hashlib.sha256(_header_bytes(header))
        for chunk in _values(stream, header, Path(path), BLOCK):
            digest.update(chunk)
    return header, digest.hexdigest()


def write(path: str | Path, values: np.ndarray) -> None:
    """Write an array as IDX; in gzip when the name ends in `.gz`. The same array gives the same bytes.

    Arrays that the format has no code for raise ValueError.
    """
    values = np.asarray(values)
    dtype = values.dtype.newbyteorder(">")
    if dtype not in CODES or values.ndim > DIMENSIONS or values.ndim == 0:
        raise ValueError(f"IDX has no place for {values.ndim} dimensions of {values.dtype}")
    whole = _header_bytes(Header(dtype, values.shape)) + np.ascontiguousarray(values, dtype).tobytes()
    if str(path).endswith(".gz"):
        content.pack(io.BytesIO(whole), path)
    else:
        Path(path).write_bytes(whole)


def _header_bytes(header: Header) -> bytes:
    start = bytes([0, 0, CODES[header.dtype], len(header.shape)])
    return start + b"".join(size.to_bytes(4, "big") for size in header.shape)


@contextmanager
def _opened(path: str | Path) -> Iterator[Stream]:
    """Open a file, unpacking gzip (known by its first bytes, whatever its name); reading errors become DataError."""
    path = Path(path)
    try:
        with open(path, "rb") as raw:
            packed = raw.read(2) == content.GZIP_MAGIC
            raw.seek(0)
            if not packed:
                yield raw
                return
            with gzip.GzipFile(fileobj=raw) as stream:
                yield stream
    except (FileNotFoundError, IsADirectoryError, NotADirectoryError):
        raise DataError(f"{path}: expected an IDX file, found none: {REMEDY}") from None
    except (EOFError, gzip.BadGzipFile, zlib.error) as error:
        raise DataError(f"{path}: expected an intact gzip file, found a damaged one ({error}): {REMEDY}") from None


def _header(stream: Stream, path: Path) -> Header:
    magic = _exactly(stream, 4, path)
    if magic[:2] != b"\0\0" or magic[2] not in TYPES or not 1 <= magic[3] <= DIMENSIONS:
        raise DataError(
            f"{path}: expected an IDX file (two zero bytes, a type, 1 to {DIMENSIONS} dimensions), "
            f"found one that starts with {magic.hex(' ')}: {REMEDY}"
        )
    sizes = _exactly(stream, 4 * magic[3], path)
    shape = tuple(int.from_bytes(sizes[i : i + 4], "big") for i in range(0, len(sizes), 4))
    header = Header(np.dtype(TYPES[magic[2]]), shape)
    # NumPy multiplies the sizes other than zero even where one of them is zero
    if math.prod(size for size in shape if size) * header.dtype.itemsize > LIMIT:
        raise DataError(f"{path}: expected at most {LIMIT} bytes of values, found a header of {header}: {REMEDY}")
    return header


def _exactly(stream: Stream, size: int, path: Path) -> bytes:
    found = stream.read(size)
    if len(found) < size:
        raise DataError(f"{path}: expected an IDX header, found the end of the file: {REMEDY}")
    return found


def _up_to(stream: Stream, size: int) -> bytes:
    """Read in pieces: a damaged header may announce far more than there is, and read() takes all memory first."""
    found = bytearray()
    while len(found) < size and (piece := stream.read(min(BLOCK, size - len(found)))):
        found += piece
    return bytes(found)


def _values(stream: Stream, header: Header, path: Path, size: int) -> Iterator[bytes]:
    """Chunks of `size` bytes (the last one shorter), together exactly what the header announces."""
    left = header.bytes
    while left:
        chunk = _up_to(stream, min(size, left))
        left -= len(chunk)
        if len(chunk) < size and left:
            found = header.bytes - left
            raise DataError(f"{path}: expected {header.bytes} bytes of values ({header}), found {found}: {REMEDY}")
        yield chunk
    if stream.read(1):  # also makes gzip compare its checksum
        raise DataError(f"{path}: expected {header.bytes} bytes of values ({header}), found more: {REMEDY}")
