"""Fit linear probes on the features of chosen layers."""

import argparse

import _command  # first: library path, threads, errors
from revisit import config, files, paths
from revisit.analysis import features
from revisit.analysis.probe import probe, published_rows


def main(argv: list[str] | None = None) -> None:
    """Write the findings probe.json and probe/probe.csv: one row per layer and protocol.

    With several labels per image also probe/per_class.csv.
    """
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("name", help="an experiment of params.yaml with a probe analysis")
    name = parser.parse_args(argv).name
    settings = config.settings("probe", name)

    import pandas as pd

    source = features.load(paths.features(name))
    labels, test_labels = source.labels("train"), source.labels("test")
    metric = "map" if source.multi_label else "accuracy"
    rows, by_class, summary = [], [], {}
    for layer in settings["layers"]:
        X = source.matrix(layer, "test")
        for protocol in settings["protocols"]:
            if protocol == "published":
                fitted, scored = published_rows(len(X), settings["seed"])
                sets = X[fitted], test_labels[fitted], X[scored], test_labels[scored]
            else:
                sets = source.matrix(layer, "train"), labels, X, test_labels
            found = probe(*sets, len(source.classes), settings["C"], settings["folds"], settings["seed"])
            summary.setdefault(layer, {})[protocol] = {metric: found.score, "C": found.C}
            rows.append(
                {
                    "layer": layer,
                    "protocol": protocol,
                    "dimensions": X.shape[1],
                    "C": found.C,
                    metric: found.score,
                    "train_size": found.train_size,
                    "test_size": found.test_size,
                }
            )
            if source.multi_label:
                by_class += [
                    {"layer": layer, "protocol": protocol, "class": label, "average_precision": area}
                    for label, area in zip(source.classes, found.average_precision, strict=True)
                ]
    with files.replacing(paths.findings(name, "probe")) as folder:
        folder.mkdir()
        files.write_csv(folder / "probe.csv", pd.DataFrame(rows))
        if source.multi_label:
            files.write_csv(folder / "per_class.csv", pd.DataFrame(by_class))
    files.write_json(paths.findings(name, "probe.json"), summary)


if __name__ == "__main__":
    _command.run(main)
