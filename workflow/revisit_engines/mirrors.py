"""Files that were added to a mirror's folder, replaced in it or taken out of it, noticed by both engines.

The record of a stage that reads a folder has the digest of what the folder held (`revisit.data.listing`). No stage can
depend on the folder itself, which may lie anywhere and be absent. So the engines look before a run: a record that no
longer holds is removed, which makes `configure` stale, and its new content the stage.
"""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from revisit import paths
from revisit.data import listing

STAGES = ("fetch", "pretrain")


def listed(record: Path, settings: dict[str, Any]) -> dict[str, Any]:
    """`settings` of a stage with the digest of the mirror's files that it reads, if it reads such.

    Where the folder is not there, as on a machine that got the results from another one, it is that of `record`.
    """
    if record.parent.name not in STAGES or settings["source"] != "mirror":
        return settings
    found = listing.of(settings)
    if found is None and (kept := _settings(record)) and {**kept, listing.KEY: None} == {**settings, listing.KEY: None}:
        found = kept.get(listing.KEY)
    return settings if found is None else {**settings, listing.KEY: found}


def changed() -> Iterator[Path]:
    """The records of stages that have read other files than lie in the mirror's folder now."""
    for stage in STAGES:
        for record in sorted((paths.CONFIG / stage).glob("*.json")):
            settings = _settings(record)
            if settings and listing.of(settings) not in (None, settings.get(listing.KEY)):
                yield record


def forget_changed() -> None:
    """Remove these records, so that the next run reads the files: under the engine lock."""
    for record in changed():
        record.unlink()


def _settings(record: Path) -> dict[str, Any] | None:
    """The settings in a record; None where it is missing or damaged, which DVC notices."""
    try:
        found = json.loads(record.read_bytes())["settings"]
    except (OSError, ValueError, LookupError, TypeError):
        return None
    return found if isinstance(found, dict) else None
