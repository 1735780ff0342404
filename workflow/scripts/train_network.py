"""Train the networks of one experiment, or of one finetuning."""

from typing import TYPE_CHECKING
import argparse

import _command  # first: library path, threads, errors
from revisit import config, files, paths

if TYPE_CHECKING:
    from revisit.training.settings import Train


def main(argv: list[str] | None = None) -> None:
    """Write results/models/<name>/ and the findings train.json, history.csv, evaluations.csv and runs/.

    Beside the tables of all runs, runs/ holds what is left of the kept run's event file (`revisit.events`).
    """
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("name", help="an experiment of params.yaml")
    parser.add_argument("--finetune", action="store_true", help="the name is that of a finetuning of params.yaml")
    arguments = parser.parse_args(argv)
    name = arguments.name
    stage = "finetune" if arguments.finetune else "train"
    settings: Train = config.settings(stage, name)
    start = paths.model(settings["weights"]) if settings["weights"] else None

    from revisit.training.train import train  # PyTorch: not for --help or a mistyped name

    with files.replacing(paths.model(name)) as model:
        outcome = train(
            settings, paths.prepared(settings["dataset"]), model, paths.resume(name), config.code(stage, name), start
        )
    for table, rows in (("history.csv", outcome.steps), ("evaluations.csv", outcome.evaluations)):
        with files.replacing(paths.findings(name, table)) as partial:
            files.write_csv(partial, rows)
    with files.replacing(paths.findings(name, "runs")) as folder:
        folder.mkdir()
        for table, rows in outcome.runs.items():
            files.write_csv(folder / f"{table}.csv", rows)
        for file, content in outcome.events.items():
            write = files.write_csv if file.endswith(".csv") else files.write_array
            write(folder / file, content)
    files.write_json(paths.findings(name, "train.json"), outcome.findings)
    files.remove(paths.resume(name))  # not before everything is in place


if __name__ == "__main__":
    _command.run(main)
