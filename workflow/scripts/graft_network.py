"""Put a network together: the layers of one, the last layer of another."""

import argparse

import _command  # first: library path, threads, errors
from revisit import config, files, paths


def main(argv: list[str] | None = None) -> None:
    """Write results/models/<graft>/."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("name", help="a graft of params.yaml")
    name = parser.parse_args(argv).name
    settings = config.settings("graft", name)

    from revisit.models.weights import graft  # PyTorch: not for --help or a mistyped name

    with files.replacing(paths.model(name)) as model:
        graft(paths.model(settings["trunk"]), paths.model(settings["head"]), model, name)


if __name__ == "__main__":
    _command.run(main)
