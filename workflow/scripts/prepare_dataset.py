"""Turn the official files of a data set into memory-mappable arrays."""

from typing import TYPE_CHECKING
import argparse

import _command  # first: library path, threads, errors

from revisit import config, files, paths
from revisit.data.prepare import prepare

if TYPE_CHECKING:
    from revisit.data.settings import Prepare


def main(argv: list[str] | None = None) -> None:
    """Read `data/raw/<raw>/`, write `data/prepared/<dataset>/`."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("dataset", help="a data set of params.yaml")
    dataset = parser.parse_args(argv).dataset
    settings: Prepare = config.settings("prepare", dataset)
    with files.replacing(paths.prepared(dataset)) as folder:
        prepare(settings, paths.raw(settings["raw"]), folder)


if __name__ == "__main__":
    _command.run(main)
