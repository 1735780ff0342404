import json

import numpy as np
import pytest
from scipy.special import log_softmax, softmax
from sklearn import metrics

from revisit.analysis import evaluate as ev
from revisit.errors import ArtifactError, ConfigError

CLASSES = ["a", "b", "c", "d"]


def logits(count=400, seed=0, strength=1.0):
    rng = np.random.default_rng(seed)
    labels = rng.integers(0, 4, count)
    return (rng.normal(size=(count, 4)) + strength * np.eye(4)[labels]).astype(np.float32), labels


def test_summary_and_rows_against_scikit_learn():
    scores, labels = logits()
    summary, rows, matrix, curves = ev.evaluate(scores, labels, CLASSES, [1, 3], 500, 0)
    taken, p, onehot = scores.argmax(axis=1), softmax(scores.astype(np.float64), axis=1), np.eye(4)[labels]
    assert summary["accuracy"] == metrics.accuracy_score(labels, taken)
    assert summary["top_k"]["top_3"] == metrics.top_k_accuracy_score(labels, p, k=3)
    assert summary["mean_average_precision"] == pytest.approx(metrics.average_precision_score(onehot, p))
    assert summary["macro_auc"] == pytest.approx(metrics.roc_auc_score(labels, p, multi_class="ovr"))
    assert summary["micro_auc"] == pytest.approx(metrics.roc_auc_score(onehot.ravel(), p.ravel()))
    np.testing.assert_array_equal(matrix, metrics.confusion_matrix(labels, taken))
    precision, recall, _, support = metrics.precision_recall_fscore_support(labels, taken)
    for key, expected in (("precision", precision), ("recall", recall), ("support", support)):
        np.testing.assert_allclose([row[key] for row in rows], expected)
    ap = [row["average_precision"] for row in rows]
    assert summary["hardest_class"] == CLASSES[np.argmin(ap)]
    assert summary["easiest_class"] == CLASSES[np.argmax(ap)]
    assert summary["mean_average_precision_11_point"] == pytest.approx(
        np.mean([row["average_precision_11_point"] for row in rows])
    )
    assert list(curves) == [*CLASSES, "micro", "macro"]


def test_a_constant_added_to_an_images_logits_changes_nothing():
    scores, labels = logits()
    moved = scores + np.random.default_rng(1).integers(-64, 64, (len(labels), 1)) * 1.0
    plain, other = (ev.evaluate(s.astype(np.float64), labels, CLASSES, [1], 100, 0)[0] for s in (scores, moved))
    for key in ("mean_average_precision", "macro_auc", "micro_auc"):
        assert plain[key] == pytest.approx(other[key], abs=1e-3)


def test_log_odds_order_as_probabilities_and_do_not_saturate():
    scores, _ = logits()
    p = softmax(scores.astype(np.float64), axis=1)
    np.testing.assert_allclose(ev.log_odds(scores.astype(np.float64)), np.log(p / (1 - p)), rtol=1e-6, atol=1e-9)
    sure = np.array([[100.0, 0, 0], [101.0, 0, 0], [-1000.0, 0, 0]])
    odds = ev.log_odds(sure)[:, 0]
    assert odds[0] < odds[1]
    assert log_softmax(sure, axis=1)[0, 0] == log_softmax(sure, axis=1)[1, 0]  # what it is for
    assert odds[2] == pytest.approx(-1000 - np.log(2))


def test_11_point_average_precision_by_hand():
    # Ranked: hit, miss, hit, miss, miss, hit. Precision at recall 1/3, 2/3, 1 is 1, 2/3, 1/2.
    relevant = np.array([1, 0, 1, 0, 0, 1], bool)
    scores = np.array([0.9, 0.8, 0.7, 0.6, 0.5, 0.4])
    # Recalls 0 to 0.3 get 1, 0.4 to 0.6 get 2/3, 0.7 to 1 get 1/2.
    assert ev.average_precision_11_point(relevant, scores) == pytest.approx((4 * 1 + 3 * 2 / 3 + 4 / 2) / 11)
    assert ev.average_precision(relevant, scores) == pytest.approx((1 + 2 / 3 + 1 / 2) / 3)


def test_11_point_average_precision_meets_recalls_that_are_tenths():
    relevant = np.repeat([True, False, True], [3, 10, 7])  # recall 3/10 with precision 1, then a long gap
    found = ev.average_precision_11_point(relevant, np.arange(20, 0, -1.0))
    assert found == pytest.approx((4 * 1 + 7 * 10 / 20) / 11)


def test_11_point_average_precision_does_not_depend_on_the_order_of_ties():
    relevant = np.array([True, False, False, True])
    for order in ([0, 1, 2, 3], [3, 2, 1, 0], [1, 2, 0, 3]):
        assert ev.average_precision_11_point(relevant[order], np.zeros(4)) == 0.5


def test_a_class_without_images_is_left_out_of_the_means():
    scores, labels = logits()
    labels = np.where(labels == 3, 0, labels)
    summary, rows, _, curves = ev.evaluate(scores, labels, CLASSES, [1], 100, 0)
    empty = rows[3]
    assert (empty["support"], empty["recall"]) == (0, None)
    for row_key, mean_key in (
        ("average_precision", "mean_average_precision"),
        ("average_precision_11_point", "mean_average_precision_11_point"),
        ("auc", "macro_auc"),
    ):
        assert empty[row_key] is None
        assert summary[mean_key] == pytest.approx(np.mean([row[row_key] for row in rows[:3]]))
    assert "d" not in curves
    assert "d" not in (summary["hardest_class"], summary["easiest_class"])


def test_a_test_set_of_one_class_has_no_ranking_but_an_accuracy():
    scores, _ = logits(20)
    summary, rows, _, curves = ev.evaluate(scores, np.zeros(20, int), CLASSES, [1], 100, 0)
    assert 0 < summary["accuracy"] < 1
    assert summary["macro_auc"] is summary["mean_average_precision"] is summary["hardest_class"] is None
    assert {row["average_precision"] for row in rows} == {row["average_precision_11_point"] for row in rows} == {None}
    assert list(curves) == ["micro"]
    json.dumps(summary, allow_nan=False)


def test_a_diverged_network_is_at_chance():
    _, labels = logits()
    summary, rows, _, _ = ev.evaluate(np.full((400, 4), np.nan, np.float32), labels, CLASSES, [1], 100, 0)
    assert summary["accuracy"] == np.mean(labels == 0)  # equal scores: the first class, as argmax has it
    assert summary["macro_auc"] == summary["micro_auc"] == 0.5
    assert rows[1]["average_precision"] == pytest.approx(np.mean(labels == 1))
    assert rows[1]["precision"] is None  # never predicted


def test_top_k_counts_of_equal_scores_the_first():
    scores = np.array([[1.0, 1, 0], [0, 1, 1]])
    assert [ev.top_k(scores, np.array([1, 2]), k) for k in (1, 2, 3)] == [0, 1, 1]
    with pytest.raises(ConfigError, match="top_k: 5 is more than the 3 classes"):
        ev.top_k(scores, np.array([1, 2]), 5)


def test_bootstrap_interval_is_that_of_resampled_images():
    right = np.arange(200) < 150
    rng = np.random.default_rng(1)
    resampled = [right[rng.integers(0, 200, 200)].mean() for _ in range(4000)]
    found = ev.bootstrap_interval(0.75, 200, 4000, 0)
    np.testing.assert_allclose(found, np.percentile(resampled, [2.5, 97.5]), atol=0.006)
    assert found == ev.bootstrap_interval(0.75, 200, 4000, 0)
    assert ev.bootstrap_interval(1.0, 200, 100, 0) == (1, 1)


@pytest.mark.parametrize("strength", [0.0, 1.0, 5.0, 50.0])
def test_curves_are_short_and_keep_their_shape(strength):
    scores, labels = logits(6000, strength=strength)
    odds = ev.log_odds(scores.astype(np.float64))
    curves = ev.evaluate(scores, labels, CLASSES, [1], 100, 0)[3]
    for k, name in enumerate(CLASSES):
        x, y = curves[name]
        full_x, full_y, area = ev.roc(labels == k, odds[:, k])
        assert len(x) <= 200
        assert (x[0], y[0], x[-1], y[-1]) == (0, 0, 1, 1)
        assert (np.diff(x) >= 0).all()
        assert (np.diff(y) >= 0).all()
        away = (np.abs(full_x[:, None] - x) + np.abs(full_y[:, None] - y)).min(axis=1)
        assert away.max() <= 2 / 199
        assert metrics.auc(x, y) == pytest.approx(area, abs=0.002)
    x, y = curves["macro"]
    assert metrics.auc(x, y) == pytest.approx(
        np.mean([ev.roc(labels == k, odds[:, k])[2] for k in range(4)]), abs=0.003
    )


def test_short_curves_stay_whole():
    x, y = np.array([0, 0, 0.5, 1]), np.array([0, 0.5, 1, 1])
    assert [c.tolist() for c in ev.decimate(x, y)] == [x.tolist(), y.tolist()]


def test_macro_curve_by_hand():
    left = (np.array([0, 0, 1]), np.array([0, 1, 1]), 1.0)
    middle = (np.array([0, 0.5, 1]), np.array([0, 0.5, 1]), 0.5)
    x, y = ev.macro_roc([left, middle])
    assert x.tolist() == [0, 0, 0.5, 1]
    assert y.tolist() == [0, 0.5, 0.75, 1]


@pytest.mark.parametrize(
    ("scores", "labels"),
    [
        (np.zeros((5, 3)), np.zeros(5, int)),
        (np.zeros((5, 4)), np.zeros(4, int)),
        (np.zeros((5, 4)), np.full(5, 4)),
        (np.zeros((5, 4)), np.full(5, -1)),
        (np.zeros((5, 4)), np.zeros(5)),
        (np.zeros((0, 4)), np.zeros(0, int)),
    ],
)
def test_arrays_that_do_not_fit_are_refused(scores, labels):
    with pytest.raises(ArtifactError, match="4 classes do not fit each other"):
        ev.check(scores, labels, CLASSES)


def test_load_names_what_is_missing(tmp_path):
    folder = tmp_path / "net"
    folder.mkdir()
    np.save(folder / "scores.npy", np.zeros((2, 3), np.float32))
    np.save(folder / "labels.npy", np.zeros(2, int))
    with pytest.raises(ArtifactError, match=r"network\.json.*dvc repro -f train@net"):
        ev.load(folder)
    (folder / "network.json").write_text('{"classes": ["x", "y", "z"]}')
    assert ev.load(folder)[2] == ["x", "y", "z"]
    np.save(folder / "labels.npy", np.array([{}]), allow_pickle=True)  # a pickle is never loaded
    with pytest.raises(ArtifactError, match="missing or damaged"):
        ev.load(folder)
