from revisit.analyses import features
from revisit.analyses.probe.classifiers import probe, published_probe, published_rows
from revisit.analyses.probe.protocols import probes

SETTINGS = {"layers": ["fc", "pool"], "protocols": ["published", "split", "sound"], "C": [0.01, 0.1], "folds": 3}
SETTINGS["seed"] = 4


def test_each_protocol_has_its_classifier_and_its_rows(features_folder):
    source = features.load(features_folder)
    summary, rows, by_class = probes(source, SETTINGS)
    assert by_class == []
    fit, score = published_rows(90, 4)
    labels = source.labels("test")
    for layer in ("fc", "pool"):
        X = source.matrix(layer, "test")
        split = X[fit], labels[fit], X[score], labels[score]
        whole = source.matrix(layer, "train"), source.labels("train"), X, labels
        expected = {
            "published": published_probe(*split, 3),
            "split": probe(*split, 3, [0.01, 0.1], 3, 4),
            "sound": probe(*whole, 3, [0.01, 0.1], 3, 4),
        }
        assert summary[layer] == {name: {"accuracy": p.score, "C": p.C} for name, p in expected.items()}
        assert list(summary[layer]) == SETTINGS["protocols"]
    assert list(summary) == ["fc", "pool"]
    assert [(row["train_size"], row["test_size"]) for row in rows] == [(36, 9), (36, 9), (120, 90)] * 2
    assert list(rows[0]) == ["layer", "protocol", "dimensions", "C", "accuracy", "train_size", "test_size"]
    assert rows[0] == {
        "layer": "fc", "protocol": "published", "dimensions": 8, "C": 1.0,
        "accuracy": summary["fc"]["published"]["accuracy"], "train_size": 36, "test_size": 9,
    }  # fmt: skip


def test_several_labels_have_a_row_for_each_class(multi_features_folder):
    source = features.load(multi_features_folder)
    summary, rows, by_class = probes(source, SETTINGS | {"layers": ["features.30"]})
    assert [(row["protocol"], row["class"]) for row in by_class] == [
        (protocol, label) for protocol in SETTINGS["protocols"] for label in ("ant", "bee", "cat")
    ]
    for row in rows:
        areas = [found["average_precision"] for found in by_class if found["protocol"] == row["protocol"]]
        assert row["map"] == summary["features.30"][row["protocol"]]["map"] == sum(areas) / 3
