"""Train the network of one experiment."""

import argparse

import _command  # first: library path, threads, errors
from revisit import config, files, paths


def main(argv: list[str] | None = None) -> None:
    """Write results/models/<experiment>/ and the findings train.json, history.csv and evaluations.csv."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("name", help="an experiment of params.yaml")
    name = parser.parse_args(argv).name
    settings = config.settings("train", name)

    from revisit.training.train import train  # PyTorch: not for --help or a mistyped name

    with files.replacing(paths.model(name)) as model:
        outcome = train(settings, paths.prepared(settings["dataset"]), model, paths.resume(name))
    for table, rows in (("history.csv", outcome.steps), ("evaluations.csv", outcome.evaluations)):
        with files.replacing(paths.findings(name, table)) as partial:
            files.write_csv(partial, rows)
    files.write_json(paths.findings(name, "train.json"), outcome.findings)
    files.remove(paths.resume(name))  # not before everything is in place


if __name__ == "__main__":
    _command.run(main)
