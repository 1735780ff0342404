"""Evaluate the scores that a trained network gives the test set."""

import argparse

import _command  # first: library path, threads, errors
from revisit import config, files, paths
from revisit.analysis import evaluate


def main(argv: list[str] | None = None) -> None:
    """Write the findings evaluate.json and evaluate/: per_class.csv, confusion.csv and roc.csv."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("name", help="an experiment of params.yaml with an evaluate analysis")
    name = parser.parse_args(argv).name
    settings = config.settings("evaluate", name)

    import pandas as pd

    scores, labels, classes = evaluate.load(paths.model(name))
    summary, per_class, confusion, curves = evaluate.evaluate(
        scores, labels, classes, settings["top_k"], settings["bootstrap"], settings["seed"]
    )
    cells = {
        "actual": [actual for actual in classes for _ in classes],
        "predicted": classes * len(classes),
        "count": confusion.ravel(),
    }
    roc = [
        pd.DataFrame({"class": curve, "false_positive_rate": x, "true_positive_rate": y})
        for curve, (x, y) in curves.items()
    ]
    with files.replacing(paths.findings(name, "evaluate")) as folder:
        folder.mkdir()
        files.write_csv(folder / "per_class.csv", pd.DataFrame(per_class))
        files.write_csv(folder / "confusion.csv", pd.DataFrame(cells))
        files.write_csv(folder / "roc.csv", pd.concat(roc))
    files.write_json(paths.findings(name, "evaluate.json"), summary)


if __name__ == "__main__":
    _command.run(main)
