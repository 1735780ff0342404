"""Evaluate the scores that a trained network gives the test set."""

import argparse

import _command  # first: library path, threads, errors
from revisit import config, files, paths
from revisit.analysis import evaluate, replicates
from revisit.models import registry


def main(argv: list[str] | None = None) -> None:
    """Write the findings evaluate.json and evaluate/: per_class.csv, roc.csv, and confusion.csv of single labels.

    The tables are of replicate 0, evaluate.json has the summaries of all of them.
    """
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("name", help="an experiment of params.yaml with an evaluate analysis")
    name = parser.parse_args(argv).name
    settings = config.settings("evaluate", name)

    import pandas as pd

    asked = settings["top_k"], settings["bootstrap"], settings["seed"]
    predictions = [evaluate.load(folder) for folder in registry.replicates(paths.model(name))]
    found = [evaluate.evaluate(*predicted, *asked) for predicted in predictions]
    _, per_class, confusion, curves = found[0]
    classes = predictions[0][2]
    roc = {
        "class": [curve for curve, (x, _) in curves.items() for _ in x],
        "false_positive_rate": [value for x, _ in curves.values() for value in x],
        "true_positive_rate": [value for _, y in curves.values() for value in y],
    }
    with files.replacing(paths.findings(name, "evaluate")) as folder:
        folder.mkdir()
        files.write_csv(folder / "per_class.csv", pd.DataFrame(per_class))
        files.write_csv(folder / "roc.csv", pd.DataFrame(roc))
        if confusion is not None:
            cells = {
                "actual": [actual for actual in classes for _ in classes],
                "predicted": classes * len(classes),
                "count": confusion.ravel(),
            }
            files.write_csv(folder / "confusion.csv", pd.DataFrame(cells))
    files.write_json(paths.findings(name, "evaluate.json"), replicates.summary([summary for summary, *_ in found]))


if __name__ == "__main__":
    _command.run(main)
