"""Files of one's own that no reader takes: how many of which kind, folder by folder."""

from collections import Counter
from collections.abc import Iterable, Mapping
from pathlib import PurePosixPath
from typing import Any

from revisit.data.listing import hidden

NO_KIND = "without an ending"
TOP = "."  # the folder above all others
FOLDERS = 20  # named in a line
# Files of images that are not read: Pillow has no decoder for them, or none that should see a stranger's bytes.
PICTURES = (
    ".heic", ".heif", ".hif", ".jxl", ".jp2", ".j2k", ".jpx", ".tga", ".psd", ".svg", ".ico", ".raw", ".dng", ".cr2",
    ".cr3", ".nef", ".arw", ".orf", ".rw2", ".raf", ".mpo",
)  # fmt: skip

Counts = dict[str, dict[str, int]]  # folder -> ending -> files


def count(names: Iterable[str]) -> Counts:
    """How many files of which kind are among these, none of which is read, by folder; hidden ones do not count."""
    counts: dict[str, Counter[str]] = {}
    for name in names:
        if not hidden(name):
            path = PurePosixPath(name)
            counts.setdefault(path.parent.as_posix(), Counter())[path.suffix.lower() or NO_KIND] += 1
    return {folder: dict(sorted(counts[folder].items())) for folder in sorted(counts)}


def text(counts: Counts) -> str:
    """The counts in words, as `cats: 3 .heic, 1 .txt; dogs: 2 .heic`; of folders beyond `FOLDERS` the sum."""
    named = [
        f"{'beside the folders' if folder == TOP else folder}: {kinds(counts[folder])}"
        for folder in list(counts)[:FOLDERS]
    ]
    if more := list(counts)[FOLDERS:]:
        named.append(f"{len(more)} more folders: {kinds(sum((Counter(counts[folder]) for folder in more), Counter()))}")
    return "; ".join(named)


def kinds(found: Mapping[str, int]) -> str:
    """The counts of one folder, as `3 .heic, 1 .txt`."""
    return ", ".join(f"{number} {kind}" for kind, number in sorted(found.items()))


def checked(value: Any) -> Counts:
    """`value`, if it is such counts. Raises ValueError for anything else."""
    if isinstance(value, dict) and all(
        isinstance(found, dict) and all(isinstance(number, int) and number > 0 for number in found.values())
        for found in value.values()
    ):
        return value
    raise ValueError("what was left out is a number for each kind of file, folder by folder")
