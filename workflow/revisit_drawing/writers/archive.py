"""Tar archives that are the same on every machine: no times, no owners, entries in the order given."""

import io
import tarfile
from collections.abc import Iterable
from typing import IO

Member = tuple[str, bytes]  # path inside the archive, content


def write(stream: IO[bytes], members: Iterable[Member]) -> None:
    """Write members as an uncompressed POSIX (ustar) archive to a binary stream."""
    with tarfile.open(fileobj=stream, mode="w", format=tarfile.USTAR_FORMAT) as archive:
        for name, content in members:
            entry = tarfile.TarInfo(name)  # time and owner are 0 and nameless by default
            entry.size = len(content)
            archive.addfile(entry, io.BytesIO(content))
