"""Find the nearest neighbours of test images in the feature spaces of chosen layers."""

import argparse

import _command  # first: library path, threads, errors
from revisit import config, files, paths
from revisit.analysis import features, neighbours, sprites


def main(argv: list[str] | None = None) -> None:
    """Write the findings neighbours.json and neighbours/: queries.csv, thumbnails.png and sprite.json."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("name", help="an experiment of params.yaml with a neighbours analysis")
    name = parser.parse_args(argv).name
    settings = config.settings("neighbours", name)

    import numpy as np
    import pandas as pd

    source = features.load(paths.features(name))
    labels, k = source.labels("test"), settings["k"]
    queries = neighbours.spread_queries(labels, settings["queries"], settings["seed"])
    summary, tables, shown = {}, [], [queries]
    for layer in settings["layers"]:
        indices, distances = neighbours.nearest(source.matrix(layer, "test"), k)
        summary[layer] = {"share_same_class": neighbours.share_same_class(labels, indices), "k": k}
        found = indices[queries].ravel()
        shown.append(found)
        table = {
            "layer": layer,
            "query": queries.repeat(k),
            "query_label": labels[queries].repeat(k),
            "rank": np.tile(np.arange(1, k + 1), len(queries)),
            "neighbour": found,
            "neighbour_label": labels[found],
            "distance": distances[queries].ravel(),
        }
        tables.append(pd.DataFrame(table))
    with files.replacing(paths.findings(name, "neighbours")) as folder:
        folder.mkdir()
        files.write_csv(folder / "queries.csv", pd.concat(tables))
        sprites.write(folder, source.thumbnails(), np.unique(np.concatenate(shown)), source.classes)
    files.write_json(paths.findings(name, "neighbours.json"), summary)


if __name__ == "__main__":
    _command.run(main)
