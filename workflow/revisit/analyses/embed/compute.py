"""Stage `embed`: the features of chosen layers in the plane, by t-SNE."""

from typing import TYPE_CHECKING, Any

from revisit import paths
from revisit.analyses import features, sprites, targets
from revisit.analyses.embed import tsne
from revisit.analyses.embed.tables import POINTS
from revisit.analyses.findings import Files

if TYPE_CHECKING:
    from revisit.analyses.embed.settings import Settings


def analyse(name: str, settings: "Settings") -> tuple[dict[str, Any], Files]:
    """Of each layer and number of iterations how good its map is; the points of all maps, and their pictures.

    Args:
        name: the experiment.
        settings: `layers`, `points`, `pca`, `perplexity`, `iterations` and `seed`.

    Raises:
        ConfigError: a layer was not extracted, or the perplexity is too large for the points.
        ArtifactError: the features are missing, damaged or all the same.
    """
    import pandas as pd

    source = features.load(paths.features(name))
    rows = tsne.choose_rows(source.test, settings["points"], settings["seed"])
    classes = source.labels("test")[rows]
    labels = targets.texts(classes)
    summary: dict[str, Any] = {"points": len(rows), "perplexity": settings["perplexity"], "pca": {}, "layers": {}}
    tables = []
    for layer in settings["layers"]:
        X = source.matrix(layer, "test")[rows]
        components = tsne.principal_components(X, settings["pca"])
        summary["pca"][layer] = components.shape[1]
        what = f"features {layer}"
        maps = tsne.tsne(components, settings["perplexity"], settings["iterations"], settings["seed"], what)
        for iterations, found in maps.items():
            summary["layers"].setdefault(layer, {})[f"iterations_{iterations}"] = {
                "kl_divergence": found.kl_divergence,
                "neighbourhood_preservation": tsne.neighbourhood_preservation(X, found.points),
                "same_class": tsne.same_class(found.points, classes),
            }
            x, y = found.points.T
            table = {"layer": layer, "row": rows, "label": labels, "iterations": iterations, "x": x, "y": y}
            tables.append(POINTS.frame(table))
    pictures = sprites.files(source.thumbnails(), sprites.thinned(rows), source.classes)
    return summary, {POINTS.file: pd.concat(tables), **pictures}
