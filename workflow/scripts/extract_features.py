"""Extract the features of chosen layers of a trained network."""

from typing import TYPE_CHECKING
import argparse

import _command  # first: library path, threads, errors
from revisit import config, files, paths

if TYPE_CHECKING:
    from revisit.analyses.extract.settings import Settings


def main(argv: list[str] | None = None) -> None:
    """Write results/features/<experiment>/, with the features of replicates in folders of their own."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("name", help="an experiment of params.yaml with an extract analysis")
    name = parser.parse_args(argv).name
    settings: Settings = config.settings("extract", name)

    from revisit import device  # PyTorch: not for --help or a mistyped name
    from revisit.analyses.extract.extract import extract
    from revisit.data import arrays
    from revisit.models import registry

    data = arrays.load(paths.prepared(settings["dataset"]))
    place = device.choose(settings["device"])
    rows = {"train": settings["train"], "test": settings["test"]}
    remedy = "extract fewer or smaller layers (analyses.extract in params.yaml)"
    with device.deterministic(), device.memory_errors(place, remedy), files.replacing(paths.features(name)) as folder:
        for number, trained in enumerate(registry.replicates(paths.model(name))):
            network, info = registry.load(trained, place)
            target = registry.replicate(folder, number)
            extract(network, info, data, settings["layers"], rows, target, place, pictures=number == 0)


if __name__ == "__main__":
    _command.run(main)
