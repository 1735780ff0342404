"""DVC's cache, looked at before it is believed, and its notes on files, kept with the project."""

import os
from pathlib import Path


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
