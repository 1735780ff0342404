"""Find the nearest neighbours of test images in the feature spaces of chosen layers."""

import argparse

import _command  # first: library path, threads, errors
from revisit import config, files, paths
from revisit.analysis import features, neighbours, sprites, targets


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
    key = f"analyses.neighbours.{name}.{'queries' if isinstance(settings['queries'], int) else 'classes'}"
    queries = neighbours.choose_queries(labels, source.classes, settings["queries"], settings["seed"], key)
    shown_classes = np.array(targets.texts(labels), object)
    summary, tables, shown = {}, [], [queries]
    for layer in settings["layers"]:
        indices, distances = neighbours.nearest(source.matrix(layer, "test"), k)
        summary[layer] = {"share_same_class": neighbours.share_same_class(labels, indices), "k": k}
        found, asking = indices[queries].ravel(), queries.repeat(k)
        shown.append(found)
        table = {
            "layer": layer,
            "query": asking,
            "query_label": shown_classes[asking],
            "rank": np.tile(np.arange(1, k + 1), len(queries)),
            "neighbour": found,
            "neighbour_label": shown_classes[found],
            "distance": distances[queries].ravel(),
            "same_class": np.where(targets.share_class(labels, asking, found), "true", "false"),
        }
        tables.append(pd.DataFrame(table))
    with files.replacing(paths.findings(name, "neighbours")) as folder:
        folder.mkdir()
        files.write_csv(folder / "queries.csv", pd.concat(tables))
        sprites.write(folder, source.thumbnails(), np.unique(np.concatenate(shown)), source.classes)
    files.write_json(paths.findings(name, "neighbours.json"), summary)


if __name__ == "__main__":
    _command.run(main)
