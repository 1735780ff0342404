"""Get the official files of a data set: drawn here, copied from a mirror or downloaded."""

import argparse

import _command  # first: library path, threads, errors

from revisit import config, files, paths
from revisit.data.fetch import fetch


def main(argv: list[str] | None = None) -> None:
    """Write `data/raw/<dataset>/`."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("dataset", help="a data set of params.yaml")
    dataset = parser.parse_args(argv).dataset
    with files.replacing(paths.raw(dataset)) as folder:
        fetch(config.settings("fetch", dataset), folder)


if __name__ == "__main__":
    _command.run(main)
