"""A mirror: a folder of one's own with the published files, with other archives, or with folders of images."""

import os
import shutil
import tarfile
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path, PurePosixPath
from typing import Any, NamedTuple, NoReturn
from urllib.parse import urlsplit

from revisit import files, progress
from revisit.data import archives, content, provenance
from revisit.data.download import download
from revisit.data.formats.facts import Facts
from revisit.data.listing import PACKED, names
from revisit.errors import DataError

PLAIN = "images.tar"  # what a mirror's plain folders become
REMEDY = "or in params.yaml point `mirror` elsewhere or set `source: embedded`"


class Taken(NamedTuple):
    """What was taken of a mirror: whose it is, and every name that was met: of files, or of members of archives."""

    provenance: str
    names: list[str]


def copy(folder: Path, known: dict[str, Any], destination: Path, facts: Facts) -> Taken:
    """Put what a mirror's folder holds of a data set into the folder `destination`, each file verified.

    `known`: checksums of the published files, by name. Those are taken, packed or plain, where all are there;
    else, if the format `facts` allows it, every archive in the folder, or its folders of images as one archive.

    Raises DataError when the folder has none of this, or both archives and folders of images, or a file is damaged or
    has another content than published.
    """
    held = {name: next((folder / n for n in names(name) if (folder / n).is_file()), None) for name in known}
    if not (known and all(held.values())) and facts.others:
        others = {path.name: path for path in archives.held(folder) if path not in held.values()}
        held = {**{name: path for name, path in held.items() if path}, **others}
        if not held:
            if not folder.is_dir():
                raise _missing(folder, "data files", known)
            met = pack(folder, destination / PLAIN, known, facts)
            facts.check(destination / PLAIN)
            return Taken(provenance.COPY, met)
        _insist_on_one(folder, held, facts)
    met = []
    for name, path in held.items():
        if path is None:
            raise _missing(folder, f"the file {' or '.join(names(name))}", known)
        met += list(facts.check(path) or ())
        checksum = known.get(name, {}).get("checksum")
        difference = content.mismatch(path, checksum, facts.limit) if checksum else None
        if difference:
            raise DataError(
                f"{path}: expected the published content, found another ({difference}): put the published file "
                f"there (or give yours another name), {REMEDY}"
            )
        adopt(path, destination / name)
    return Taken(of_files(known) if held.keys() == known.keys() else provenance.COPY, met)


def _insist_on_one(folder: Path, archived: dict[str, Any], facts: Facts) -> None:
    """Raise DataError where folders of images lie beside archives: nothing says which of them are meant."""
    if plain := next((name for name in _files(folder) if "/" in name and _is_data(name, facts)), None):
        raise DataError(
            f"{folder}: expected archives or folders of images, found both ({', '.join(sorted(archived)[:3])} and "
            f"{plain.split('/')[0]}/): leave there what is meant, and move the other elsewhere"
        )


def of_files(known: dict[str, Any]) -> str:
    """The provenance of a mirror's files of these names, each verified where it has a checksum."""
    verified = known and all(entry["checksum"] for entry in known.values())
    return provenance.PUBLISHED if verified else provenance.COPY


def from_user(text: str) -> Path:
    """The path that `mirror` in params.yaml gives, with the home folder for `~`; nothing need lie there.

    Raises DataError for what is no path on this system.
    """
    try:
        path = Path(text).expanduser()
        with suppress(FileNotFoundError, NotADirectoryError, PermissionError):  # for whoever reads it
            path.stat()
    except (RuntimeError, ValueError, OSError) as error:
        reason = (isinstance(error, OSError) and error.strerror) or error
        raise DataError(f"{text!r}: expected a path, found none ({reason}): correct `mirror` in params.yaml") from None
    return path


@contextmanager
def one_file(place: str, downloads: Path) -> Iterator[Path]:
    """The path of a file of the mirror, for a block that reads it.

    `place`: its path, or its http(s) address; then it is kept in the folder `downloads`, unless the block finds it
    damaged (DataError). Raises DataError for what is no path, DownloadError when the file could not be downloaded.
    """
    if "://" not in place:
        yield from_user(place)
        return
    path = downloads / PurePosixPath(urlsplit(place).path).name
    if not path.is_file():
        download([place], path)
    try:
        yield path
    except DataError:
        files.remove(path)
        raise


def adopt(found: Path, destination: Path, move: bool = False) -> None:
    """Copy a verified file under its name: as it is, or packed where only the plain one was there.

    `move`: the other file is done with, so the two may share their bytes on disk.
    """
    with open(found, "rb") as stream:
        packed = stream.read(2) == content.GZIP_MAGIC
        if not packed and destination.suffix == PACKED:
            stream.seek(0)
            content.pack(stream, destination)
            return
    if move:
        try:
            os.link(found, destination)
            return
        except OSError:  # a file system without links
            pass
    shutil.copyfile(found, destination)


def pack(folder: Path, destination: Path, known: dict[str, Any], facts: Facts) -> list[str]:
    """Pack the files of a data set that lie plain below a folder into a tar with the same bytes on every machine.

    Taken are images, what the format has beside them, VOC's lists of images and CIFAR-10's batches; hidden files and
    all others are left out. Returns the names of all files that were met. Raises DataError where none is taken, or
    where folders are linked.
    """
    met = sorted(_files(folder))
    chosen = [name for name in met if _is_data(name, facts)]
    for name in chosen:
        if not (folder / name).is_file():  # a pipe would be waited for, for ever
            raise DataError(f"{folder / name}: expected a file, found a broken link or a device: remove it")
    if not chosen:
        raise _missing(folder, "data files", known)
    with (
        tarfile.open(destination, "w", format=tarfile.PAX_FORMAT) as tar,
        progress.bar(len(chosen), destination.name, " files") as bar,
    ):
        for name in chosen:
            path = folder / name
            member = tarfile.TarInfo(name)  # of nobody, at no time
            member.size, member.mode = path.stat().st_size, 0o644
            with open(path, "rb") as stream:
                tar.addfile(member, stream)
            bar.update()
    return met


def _files(folder: Path) -> Iterator[str]:
    """Every file below a folder, hidden ones too, with `/` between folders."""
    for place, below, found in os.walk(folder, onerror=_unreadable):
        for name in below:
            if (Path(place) / name).is_symlink():
                raise DataError(f"{Path(place) / name}: expected a folder, found a link to one: put the folder there")
        for name in found:
            yield (Path(place) / name).relative_to(folder).as_posix()


def _is_data(name: str, facts: Facts) -> bool:
    """Whether a plain file belongs to a data set of this format."""
    path = PurePosixPath(name)
    listed = path.parts[-3:-2] == ("ImageSets",) and path.suffix == ".txt"
    batch = len(path.parts) > 1 and path.parts[-2].startswith("cifar-10-batches-")
    return facts.takes(name) or ((listed or batch) and not path.name.startswith("."))


def _unreadable(error: OSError) -> NoReturn:
    """What cannot be looked into is not left out silently."""
    raise error


def _missing(folder: Path, what: str, known: dict[str, Any]) -> DataError:
    accepted = f"the published files ({', '.join(known)})" if known else ""
    if what == "data files":
        what = " or ".join(filter(None, [accepted, f"archives ({', '.join(archives.SUFFIXES)})", "folders of images"]))
    return DataError(
        f"{folder}: expected {what}, found {'a folder without' if folder.is_dir() else 'no such folder'}: "
        f"put the files there, {REMEDY}"
    )
