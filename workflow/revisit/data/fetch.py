"""Stage `fetch`: the official files of a data set, drawn here, copied from a mirror or downloaded."""

import hashlib
import json
import sys
from pathlib import Path
from typing import TYPE_CHECKING

from revisit.data import embedded, left_out, listing, mirror, provenance
from revisit.data.download import download
from revisit.data.formats import registry
from revisit.errors import DataError

if TYPE_CHECKING:
    from revisit.data.settings import Fetch, FetchMirror, FetchWeb


def fetch(settings: "Fetch", destination: str | Path, downloads: Path | None = None) -> None:
    """Put the official files of a data set into the folder `destination`, each one verified, and their provenance.

    `settings`: those of `fetch/<raw>`. `downloads`: where downloads wait for the next run, also whole ones until the
    destination is in its place; by default beside the destination (`waiting`). Archives stay packed. Raises DataError
    (a mirror's file is missing, damaged, not acceptable or another one, or has changed since the settings were made) or
    DownloadError (no address had the file).
    """
    destination = Path(destination)
    destination.mkdir(parents=True, exist_ok=True)
    without: left_out.Counts = {}
    if settings["source"] == "embedded":
        embedded.draw(settings, destination)
        found = provenance.DRAWN
    elif settings["source"] == "mirror" and "://" not in settings["mirror"]:
        known = registry.facts(settings["format"])
        listing.insist(settings)
        taken = mirror.copy(mirror.from_user(settings["mirror"]), settings["files"], destination, known)
        listing.insist(settings)
        found = taken.provenance
        if known.names_classes and found == provenance.COPY:
            without = left_out.count(name for name in taken.names if not known.takes(name))
        if without:
            print(f"left out, as nothing that is read: {left_out.text(without)}", file=sys.stderr, flush=True)
    else:
        _download(settings, destination, downloads or waiting(destination, settings["raw"]))
        found = provenance.PUBLISHED if settings["source"] == "web" else mirror.of_files(settings["files"])
    provenance.write(destination, found, without)


def _download(settings: "FetchMirror | FetchWeb", destination: Path, downloads: Path) -> None:
    """Put the files that `settings` name into the folder `destination`, from the web or from a mirror's address."""
    known = registry.facts(settings["format"])
    if not settings["files"]:
        raise DataError(
            f"{settings['raw']}: expected the names of files to download, found none: list them in params.yaml "
            "(`files`), or set `mirror` to a folder that holds them"
        )
    key = hashlib.sha256(json.dumps(settings, sort_keys=True).encode()).hexdigest()[:12]
    for name, entry in settings["files"].items():
        if settings["source"] == "web":
            addresses = [f"{base.rstrip('/')}/{name}" for base in settings["web"]]
        else:
            addresses = [f"{settings['mirror'].rstrip('/')}/{held}" for held in listing.names(name)]
        finished = downloads / key / name  # waits too, so that a kill during the next file does not cost this one
        if not finished.is_file():
            download(addresses, finished, entry["checksum"], known.check, known.limit)
        mirror.adopt(finished, destination / name, move=True)


def waiting(destination: Path, raw: str) -> Path:
    """Where the downloads for `fetch` wait by default; to be removed once the destination is in its place."""
    return destination.parent / "downloads" / raw
