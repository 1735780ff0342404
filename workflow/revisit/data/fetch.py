"""Stage `fetch`: the official files of a data set, drawn here, copied from a mirror or downloaded."""

import hashlib
import json
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np

from revisit import files
from revisit.data import content, garments, idx
from revisit.data.download import download
from revisit.errors import DataError

Drawing = Callable[[int, int, int], tuple[np.ndarray, np.ndarray]]  # count, seed, split -> images, labels

DRAWINGS: dict[str, Drawing] = {"garments": garments.draw}
PACKED = ".gz"
MIRROR_REMEDY = "put the official file there, or in params.yaml point `mirror` elsewhere or set `source: embedded`"


def fetch(settings: dict[str, Any], destination: str | Path, downloads: Path | None = None) -> None:
    """Put the official files of a data set into the folder `destination`, each one verified.

    `settings`: those of `fetch/<dataset>`. `downloads`: where unfinished downloads wait for the next run; by
    default beside the destination. Raises DataError (a mirror's file is missing, damaged or another one) or
    DownloadError (no address had the file).
    """
    destination = Path(destination)
    destination.mkdir(parents=True, exist_ok=True)
    source = settings["source"]
    if source == "embedded":
        _draw(settings, destination)
    elif source == "mirror" and not _is_web(settings["mirror"]):
        for name, known in settings["files"].items():
            _copy(Path(settings["mirror"]).expanduser(), name, known["sha256"], destination)
    else:
        waiting = downloads or destination.parent / "downloads" / settings["dataset"]
        key = hashlib.sha256(json.dumps(settings, sort_keys=True).encode()).hexdigest()[:12]
        for name, known in settings["files"].items():
            if source == "web":
                addresses = [f"{base.rstrip('/')}/{name}" for base in settings["web"]]
            else:  # a mirror may hold plain files
                addresses = [f"{settings['mirror'].rstrip('/')}/{held}" for held in _names(name)]
            _download(addresses, name, known["sha256"], destination, waiting / key)
        files.remove(waiting)


def _names(name: str) -> list[str]:
    """The names under which a mirror may hold an official file: packed or plain."""
    return list(dict.fromkeys([name, name.removesuffix(PACKED)]))


def _is_web(mirror: str) -> bool:
    return "://" in mirror


def _draw(settings: dict[str, Any], destination: Path) -> None:
    """Write a drawing in the official format, so that the same reader runs."""
    embedded = settings["embedded"]
    for number, split in enumerate(("train", "test")):
        images, labels = DRAWINGS[embedded["drawing"]](embedded[split], settings["seed"], number)
        idx.write(destination / idx.IMAGES[split], images)
        idx.write(destination / idx.LABELS[split], labels)


def _copy(folder: Path, name: str, sha256: str | None, destination: Path) -> None:
    """Copy one file of a mirror, packed or plain, under its official name."""
    found = next((folder / held for held in _names(name) if (folder / held).is_file()), None)
    if found is None:
        raise DataError(
            f"{folder}: expected the file {' or '.join(_names(name))}, found "
            f"{'a folder without it' if folder.is_dir() else 'no such folder'}: {MIRROR_REMEDY}"
        )
    _, digest = idx.check(found)
    if sha256 is not None and digest != sha256:
        raise DataError(
            f"{found}: expected the published content (SHA-256 {sha256}), found another (SHA-256 {digest}): "
            f"{MIRROR_REMEDY}"
        )
    _adopt(found, destination / name)


def _download(addresses: list[str], name: str, sha256: str | None, destination: Path, waiting: Path) -> None:
    """Download one file; finished ones wait too, so that a kill during the next file does not cost this one."""
    finished = waiting / name
    if not finished.is_file():
        download(addresses, finished, sha256, idx.check, idx.LIMIT + 1024)
    _adopt(finished, destination / name)


def _adopt(found: Path, destination: Path) -> None:
    """Copy a verified file under its official name: as it is, or packed where only the plain one was there."""
    with open(found, "rb") as stream:
        packed = stream.read(2) == content.GZIP_MAGIC
    if packed or destination.suffix != PACKED:
        shutil.copyfile(found, destination)
        return
    with open(found, "rb") as stream:
        content.pack(stream, destination)
