"""Fit linear probes on the features of chosen layers."""

import argparse

import _command  # first: library path, threads, errors
from revisit import config, files, paths
from revisit.analysis import features, protocols, replicates


def main(argv: list[str] | None = None) -> None:
    """Write the findings probe.json and probe/probe.csv: one row per layer and protocol.

    With several labels per image also probe/per_class.csv. The tables are of replicate 0, probe.json has the summaries
    of all of them.
    """
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("name", help="an experiment of params.yaml with a probe analysis")
    name = parser.parse_args(argv).name
    settings = config.settings("probe", name)

    import pandas as pd

    found = [protocols.probes(source, settings) for source in features.load_all(paths.features(name))]
    _, rows, by_class = found[0]
    with files.replacing(paths.findings(name, "probe")) as folder:
        folder.mkdir()
        files.write_csv(folder / "probe.csv", pd.DataFrame(rows))
        if by_class:
            files.write_csv(folder / "per_class.csv", pd.DataFrame(by_class))
    files.write_json(paths.findings(name, "probe.json"), replicates.summary([summary for summary, *_ in found]))


if __name__ == "__main__":
    _command.run(main)
