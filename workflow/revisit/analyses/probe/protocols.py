"""What each protocol of a probe fits, and on which rows.

- `published`: as the report has it (S2): its classifier, fitted on 80% of a random half of the test rows and scored on
  the other 20%, since a one-vs-rest SVM was too slow for all of them.
- `split`: the sound classifier on those very rows. `published` and `split` differ by the classifier, `split` and
  `sound` by the rows.
- `sound`: the sound classifier, fitted on training rows and scored on all test rows.
"""

from typing import TYPE_CHECKING, Any

from revisit.analyses.features import Features
from revisit.analyses.probe.classifiers import Probe, probe, published_probe, published_rows

if TYPE_CHECKING:
    from revisit.analyses.probe.settings import Settings


def probes(source: Features, settings: "Settings") -> tuple[dict, list[dict], list[dict]]:
    """The probes that `settings` (those of stage `probe`) ask for.

    Args:
        source: the features.
        settings: `layers`, `protocols`, `C`, `folds`, `seed`.

    Returns:
        The summary, layer -> protocol -> {accuracy | map, C}; one row per layer and protocol (probe.csv); and with
        several labels per image one per layer, protocol and class (per_class.csv), else none.

    Raises:
        ConfigError: a layer was not extracted, or there are too few rows.
        ArtifactError: the features are damaged.
    """
    metric = "map" if source.multi_label else "accuracy"
    summary: dict[str, Any] = {}
    rows, by_class = [], []
    for layer in settings["layers"]:
        summary[layer] = {}
        for protocol in settings["protocols"]:
            found = fitted(source, layer, protocol, settings)
            summary[layer][protocol] = {metric: found.score, "C": found.C}
            rows.append(
                {
                    "layer": layer,
                    "protocol": protocol,
                    "dimensions": source.layers[layer]["dimensions"],
                    "C": found.C,
                    metric: found.score,
                    "train_size": found.train_size,
                    "test_size": found.test_size,
                }
            )
            by_class += [
                {"layer": layer, "protocol": protocol, "class": label, "average_precision": area}
                for label, area in zip(source.classes, found.average_precision or [], strict=source.multi_label)
            ]
    return summary, rows, by_class


def fitted(source: Features, layer: str, protocol: str, settings: "Settings") -> Probe:
    """The probe of one layer by one protocol; arguments and errors as in `probes`."""
    X, labels = source.matrix(layer, "test"), source.labels("test")
    classes = len(source.classes)
    if protocol == "sound":
        sets = source.matrix(layer, "train"), source.labels("train"), X, labels
    else:
        fit, score = published_rows(len(X), settings["seed"])
        sets = X[fit], labels[fit], X[score], labels[score]
    if protocol == "published":
        return published_probe(*sets, classes)
    return probe(*sets, classes, settings["C"], settings["folds"], settings["seed"])
