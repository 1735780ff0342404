"""Put a network together: the layers of one, the last layer of another."""

from typing import TYPE_CHECKING
import argparse

import _command  # first: library path, threads, errors
from revisit import config, files, paths

if TYPE_CHECKING:
    from revisit.training.settings import Graft


def main(argv: list[str] | None = None) -> None:
    """Write results/models/<graft>/."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("name", help="a graft of params.yaml")
    name = parser.parse_args(argv).name
    settings: Graft = config.settings("graft", name)

    from revisit.models.weights import graft  # PyTorch: not for --help or a mistyped name

    trunk, head = settings["trunk"], settings["head"]
    with files.replacing(paths.model(name)) as model:
        fitted = graft(paths.model(trunk), paths.model(head), model, name, settings["seed"])
    if not fitted:
        print(f"note: the last layer of {head} does not fit {trunk}, which has other widths; it is drawn afresh")


if __name__ == "__main__":
    _command.run(main)
