"""Content of files that may be wrapped in gzip, read without ever holding more than a piece of it."""

import gzip
import hashlib
import zlib
from pathlib import Path
from typing import IO

from revisit.errors import DataError

GZIP_MAGIC = b"\x1f\x8b"


def sha256(path: Path, limit: int) -> str:
    """The SHA-256 of a file's content, unpacked where it is gzip (known by its first bytes).

    Raises DataError when the gzip stream is damaged or unpacks to more than `limit` bytes.
    """
    digest, size = hashlib.sha256(), 0
    with open(path, "rb") as raw:
        packed = raw.read(2) == GZIP_MAGIC
        raw.seek(0)
        stream = gzip.GzipFile(fileobj=raw) if packed else raw
        try:
            while chunk := stream.read(1 << 20):
                size += len(chunk)
                if size > limit:
                    raise DataError(f"{path}: unpacks to more than the {limit} bytes allowed")
                digest.update(chunk)
        except (EOFError, gzip.BadGzipFile, zlib.error) as error:
            raise DataError(f"{path}: a damaged gzip file ({error})") from None
    return digest.hexdigest()


def mismatch(path: Path, checksum: str | None, limit: int) -> str | None:
    """How a file differs from what was published, as found and expected; None where it does not.

    `checksum`: 64 hex digits, the SHA-256 of the content unpacked from gzip; or `md5:` and 32 hex digits, of the file
    as published, where that is what the publisher gives; None accepts any intact content.
    Raises DataError as `sha256` does.
    """
    kind, _, expected = (checksum or "").rpartition(":")
    if kind == "md5":
        with open(path, "rb") as file:
            found, kind = hashlib.file_digest(file, lambda: hashlib.md5(usedforsecurity=False)).hexdigest(), "MD5"
    else:
        found, kind = sha256(path, limit), "SHA-256"
    return f"{kind} {found}, expected {expected}" if expected and found != expected.lower() else None


def pack(source: IO[bytes], destination: str | Path) -> None:
    """Write what is left of a binary stream as a gzip file of stored (uncompressed) blocks.

    Compressed bytes differ between versions of zlib and of Python; stored ones are the same on every machine.
    The container is that of RFC 1952 without time and name, the blocks those of RFC 1951, section 3.2.4.
    """
    checksum, size = 0, 0
    with open(destination, "wb") as packed:
        packed.write(GZIP_MAGIC + b"\x08" + bytes(6) + b"\xff")  # deflate, no flags, no time, system unknown
        block = source.read(0xFFFF)
        while True:
            following = source.read(0xFFFF)
            length = len(block).to_bytes(2, "little")
            packed.write(bytes([not following]) + length + bytes(byte ^ 0xFF for byte in length) + block)
            checksum, size = zlib.crc32(block, checksum), size + len(block)
            if not following:
                break
            block = following
        packed.write(checksum.to_bytes(4, "little") + (size % 2**32).to_bytes(4, "little"))
