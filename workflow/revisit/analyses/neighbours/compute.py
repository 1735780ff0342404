"""Stage `neighbours`: the nearest neighbours of test images in the feature spaces of chosen layers."""

from typing import TYPE_CHECKING, Any

import numpy as np

from revisit import paths
from revisit.analyses import features, sprites, targets
from revisit.analyses.findings import Files
from revisit.analyses.nearest import nearest
from revisit.analyses.neighbours.tables import QUERIES
from revisit.errors import ConfigError

if TYPE_CHECKING:
    from revisit.analyses.neighbours.settings import Settings


def analyse(name: str, settings: "Settings") -> tuple[dict[str, Any], Files]:
    """layer -> the share of neighbours with the query's class over the whole test set, and k; queries and pictures.

    Args:
        name: the experiment.
        settings: `layers`, `k`, `queries` (a number, or the class of each) and `seed`.

    Raises:
        ConfigError: a layer was not extracted, a class is not known, or there are too few images.
        ArtifactError: the features are missing or damaged.
    """
    import pandas as pd

    source = features.load(paths.features(name))
    labels, k = source.labels("test"), settings["k"]
    key = f"analyses.neighbours.{name}.{'queries' if isinstance(settings['queries'], int) else 'classes'}"
    queries = choose_queries(labels, source.classes, settings["queries"], settings["seed"], key)
    shown_classes = np.array(targets.texts(labels), object)
    summary, tables, shown = {}, [], [queries]
    for layer in settings["layers"]:
        indices, distances = nearest(source.matrix(layer, "test"), k)
        summary[layer] = {"share_same_class": share_same_class(labels, indices), "k": k}
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
        tables.append(QUERIES.frame(table))
    pictures = sprites.files(source.thumbnails(), np.unique(np.concatenate(shown)), source.classes)
    return summary, {QUERIES.file: pd.concat(tables), **pictures}


def share_same_class(labels: np.ndarray, indices: np.ndarray) -> float:
    """The share of neighbours that show a class of their query: labels (N,) or (N, K), neighbours of all rows (N, k).

    Over the queries that show a class, of which there is at least one.
    """
    queries = np.flatnonzero(targets.first_present(labels) >= 0)
    shared = sum(targets.share_class(labels, queries, column).sum() for column in indices[queries].T)
    return float(shared / (len(queries) * indices.shape[1]))


def choose_queries(labels: np.ndarray, classes: list[str], wanted: int | list[str], seed: int, key: str) -> np.ndarray:
    """Rows to show the neighbours of, each once: as many as `wanted`, or one for each class that it names.

    Args:
        labels: (N,) or (N, K).
        classes: names of the K classes.
        wanted: how many, spread over the classes (`targets.spread`); or names of classes, any of them repeatedly.
        seed: of the choice.
        key: of `wanted` in params.yaml, for messages.

    Raises:
        ConfigError: a name is no class, or not enough images show it; no image shows a class at all.
    """
    if isinstance(wanted, list):
        return named_queries(labels, classes, wanted, seed, key)
    rows = targets.spread(labels, wanted, seed)
    if not len(rows):
        raise ConfigError(f"{key}: none of the {len(labels)} test images shows a class; extract more of them")
    return rows


def named_queries(labels: np.ndarray, classes: list[str], names: list[str], seed: int, key: str) -> np.ndarray:
    """One random row for each of `names` that shows this class, all of them different; see `choose_queries`.

    Where an image shows several of the classes asked for, it is given to the one that has no other.
    """
    shuffled = np.random.default_rng(seed).permutation(len(labels))
    cost = np.full((len(names), len(labels)), np.inf)  # the place in the shuffled order, infinite for other classes
    for name in dict.fromkeys(names):
        if name not in classes:
            raise ConfigError(f"{key}: {name!r} is no class; the classes are: {', '.join(classes)}")
        places = np.flatnonzero(np.isin(shuffled, targets.showing(labels, classes.index(name))))
        if len(places) < names.count(name):
            raise ConfigError(
                f"{key}: {names.count(name)} query images of {name!r} are asked for, {len(places)} of the "
                f"{len(labels)} test images show it; name it less often, or extract more test images"
            )
        same = np.array([i for i, other in enumerate(names) if other == name])
        cost[np.ix_(same, places)] = places
    from scipy.optimize import linear_sum_assignment

    try:
        _, chosen = linear_sum_assignment(cost)
    except ValueError:  # no assignment without an infinite cost
        raise ConfigError(
            f"{key}: there are no {len(names)} different test images, one for each entry; name fewer classes, "
            "or extract more test images"
        ) from None
    return shuffled[chosen]
