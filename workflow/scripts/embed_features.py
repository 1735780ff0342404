"""Map the features of chosen layers into the plane by t-SNE."""

import argparse

import _command  # first: library path, threads, errors
from revisit import config, files, paths
from revisit.analysis import embed, features, sprites, targets


def main(argv: list[str] | None = None) -> None:
    """Write the findings embed.json and embed/: points.csv, thumbnails.png and sprite.json."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("name", help="an experiment of params.yaml with an embed analysis")
    name = parser.parse_args(argv).name
    settings = config.settings("embed", name)

    import pandas as pd

    source = features.load(paths.features(name))
    rows = embed.choose_rows(source.test, settings["points"], settings["seed"])
    classes = source.labels("test")[rows]
    labels = targets.texts(classes)
    summary = {"points": len(rows), "perplexity": settings["perplexity"], "pca": {}, "layers": {}}
    tables = []
    for layer in settings["layers"]:
        X = source.matrix(layer, "test")[rows]
        components = embed.principal_components(X, settings["pca"])
        summary["pca"][layer] = components.shape[1]
        maps = embed.tsne(
            components, settings["perplexity"], settings["iterations"], settings["seed"], f"features {layer}"
        )
        for iterations, found in maps.items():
            summary["layers"].setdefault(layer, {})[f"iterations_{iterations}"] = {
                "kl_divergence": found.kl_divergence,
                "neighbourhood_preservation": embed.neighbourhood_preservation(X, found.points),
                "same_class": embed.same_class(found.points, classes),
            }
            x, y = found.points.T
            table = {"layer": layer, "row": rows, "label": labels, "iterations": iterations, "x": x, "y": y}
            tables.append(pd.DataFrame(table))
    with files.replacing(paths.findings(name, "embed")) as folder:
        folder.mkdir()
        files.write_csv(folder / "points.csv", pd.concat(tables))
        sprites.write(folder, source.thumbnails(), sprites.thinned(rows), source.classes)
    files.write_json(paths.findings(name, "embed.json"), summary)


if __name__ == "__main__":
    _command.run(main)
