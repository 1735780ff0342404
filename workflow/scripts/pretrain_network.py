"""Get weights trained elsewhere, or train a stand-in for them here."""

from typing import TYPE_CHECKING
import argparse

import _command  # first: library path, threads, errors
from revisit import config, files, paths

if TYPE_CHECKING:
    from revisit.training.settings import Pretrain


def main(argv: list[str] | None = None) -> None:
    """Write results/models/<pretrained>/."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("name", help="pretrained weights of params.yaml")
    name = parser.parse_args(argv).name
    settings: Pretrain = config.settings("pretrain", name)

    from revisit.data import listing, mirror
    from revisit.models import weights  # PyTorch: not for --help or a mistyped name
    from revisit.training.train import train

    with files.replacing(paths.model(name)) as model:
        if settings["source"] == "embedded":
            training = settings["training"]
            data, code = paths.prepared(training["dataset"]), config.code("pretrain", name)
            train(training, data, model, paths.resume(name), code)
            weights.stand_in(model)
        elif settings["source"] == "mirror":
            with mirror.one_file(settings["file"], paths.WORK / "weights" / name) as file:
                weights.from_file(file, settings["model"], model, name)
            listing.insist(settings)
        else:
            weights.from_torchvision(settings["model"], model, name)
    files.remove(paths.resume(name))  # not before everything is in place


if __name__ == "__main__":
    _command.run(main)
