"""Get the official files of a data set: drawn here, copied from a mirror or downloaded."""

from typing import TYPE_CHECKING
import argparse

import _command  # first: library path, threads, errors

from revisit import config, files, paths
from revisit.data.fetch import fetch, waiting

if TYPE_CHECKING:
    from revisit.data.settings import Fetch


def main(argv: list[str] | None = None) -> None:
    """Write `data/raw/<name>/`."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("raw", help="an entry of `raw` in params.yaml")
    raw = parser.parse_args(argv).raw
    settings: Fetch = config.settings("fetch", raw)
    with files.replacing(paths.raw(raw)) as folder:
        fetch(settings, folder)
    files.remove(waiting(folder, raw))  # not before everything is in place


if __name__ == "__main__":
    _command.run(main)
