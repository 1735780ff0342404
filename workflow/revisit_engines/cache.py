"""DVC's cache, looked at before it is believed, and its notes on files, kept with the project."""

import os
from pathlib import Path
from typing import Any


def keep_private(root: Path) -> None:
    """Let DVC, in this process and those that it starts, keep its notes in the project at `root`.

    Otherwise they lie in a folder that all projects of the machine share.
    """
    os.environ["DVC_SITE_CACHE_DIR"] = str(root.absolute() / ".dvc" / "site")


def look_at_contents() -> None:
    """Let DVC, in this process, notice when an object of its cache is no longer what was put there.

    DVC takes a write-protected object for whole without looking at it, and would put a damaged one in the place of an
    artifact. Now it compares size, time and inode with its table of digests, and the content where they differ; a
    damaged object is removed, and its stage runs again.
    """
    from dvc_data.hashfile.db import HashFileDB
    from dvc_data.hashfile.db.local import LocalHashFileDB

    LocalHashFileDB.check = HashFileDB.check  # type: ignore[method-assign]  # that is what it is for


def verify_remotes() -> None:
    """Let DVC, in this process, compare every object that it pulls with its digest, whatever its configuration says.

    By default it believes a remote: a damaged object would become an artifact, and both engines call it up to date.
    Of the run cache, whose entries have their digest for a name, it takes whatever is readable.
    """
    from dvc.data_cloud import Remote
    from dvc.stage.cache import StageCache

    if getattr(Remote, "verifies", False):
        return
    make, load = Remote.__init__, StageCache._load_cache

    def made(self: Any, *arguments: Any, **config: Any) -> None:
        make(self, *arguments, **{**config, "verify": True})

    def loaded(self: Any, key: str, value: str) -> Any:
        from dvc.stage.cache import _get_cache_hash

        found = load(self, key, value)
        if found and _get_cache_hash(found) != value:
            Path(self._get_cache_path(key, value)).unlink(missing_ok=True)
            return None
        return found

    Remote.__init__ = made
    Remote.verifies = True
    StageCache._load_cache = loaded
