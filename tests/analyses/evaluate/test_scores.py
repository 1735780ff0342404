import json

import numpy as np
import pytest
from scipy.special import expit, log_softmax, softmax
from sklearn import metrics

from revisit.analyses.evaluate import scores as ev
from revisit.analyses.evaluate.roc import roc
from revisit.analyses.precision import average_precision_11_point
from revisit.errors import ArtifactError, ConfigError
from revisit.resampling import resamples

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
    assert list(summary) == [
        "accuracy", "accuracy_low", "accuracy_high", "top_k", "mean_average_precision", "mean_average_precision_low",
        "mean_average_precision_high", "mean_average_precision_11_point", "macro_auc", "hardest_class",
        "easiest_class", "micro_auc", "per_class",
    ]  # fmt: skip
    assert list(rows[0])[4:] == list(ev.RANKING)
    assert summary["per_class"] == {row["class"]: {key: row[key] for key in ev.RANKING} for row in rows}


def test_intervals_are_those_of_resampled_images():
    scores, labels = logits()
    summary, rows, _, _ = ev.evaluate(scores, labels, CLASSES, [1], 100, 7)
    odds, onehot = ev.log_odds(scores.astype(np.float64)), np.eye(4)[labels]
    found = []
    for weights in np.concatenate(list(resamples(400, 100, 7))):
        drawn = np.repeat(np.arange(400), weights)
        found.append(metrics.average_precision_score(onehot[drawn], odds[drawn], average=None))
    for row, values in zip(rows, np.transpose(found), strict=True):
        low, high = np.percentile(values, [2.5, 97.5])
        assert row["average_precision_low"] == pytest.approx(low)
        assert row["average_precision_high"] == pytest.approx(high)
        assert low < row["average_precision"] < high
    low, high = np.percentile(np.mean(found, axis=1), [2.5, 97.5])
    assert summary["mean_average_precision_low"] == pytest.approx(low)
    assert summary["mean_average_precision_high"] == pytest.approx(high)
    assert ev.evaluate(scores, labels, CLASSES, [1], 100, 7)[0] == summary


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
    for key in ev.RANKING:
        assert {row[key] for row in rows} == {None}
    assert summary["mean_average_precision_low"] is summary["mean_average_precision_high"] is None
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


def several(count=300, seed=0):
    """Logits and labels 1, -1 and 0 of images that show any number of four classes."""
    rng = np.random.default_rng(seed)
    labels = rng.choice([1, -1, 0], (count, 4), p=[0.25, 0.65, 0.1]).astype(np.int8)
    return (rng.normal(size=labels.shape) + labels - 1).astype(np.float32), labels


def test_several_labels_against_scikit_learn_without_what_is_excluded():
    scores, labels = several()
    summary, rows, matrix, curves = ev.evaluate(scores, labels, CLASSES, [], 100, 0)
    assert matrix is None
    assert list(curves) == [*CLASSES, "micro", "macro"]
    assert not {"accuracy", "accuracy_low", "accuracy_high", "top_k"} & set(summary)
    assert list(rows[0]) == ["class", "support", *ev.RANKING, *ev.SHIFTED]
    assert summary["per_class"] == {row["class"]: {key: row[key] for key in list(row)[2:]} for row in rows}
    for k, row in enumerate(rows):
        kept = labels[:, k] != 0
        relevant, values = labels[kept, k] == 1, scores[kept, k].astype(np.float64)
        assert row["support"] == relevant.sum()
        assert row["average_precision"] == pytest.approx(metrics.average_precision_score(relevant, values))
        assert row["average_precision_11_point"] == average_precision_11_point(relevant, values)
        assert row["auc"] == pytest.approx(metrics.roc_auc_score(relevant, values))
        assert row["average_precision_low"] < row["average_precision"] < row["average_precision_high"]
        assert row["average_precision_shifted"] == pytest.approx(row["average_precision"], abs=1e-3)
        ranks = np.arange(1, relevant.sum() + 1)
        assert row["lowest_average_precision"] == pytest.approx(np.mean(ranks / (ranks + (~relevant).sum())))
    for key, mean in (
        ("average_precision", "mean_average_precision"),
        ("average_precision_shifted", "mean_average_precision_shifted"),
        ("auc", "macro_auc"),
    ):
        assert summary[mean] == pytest.approx(np.mean([row[key] for row in rows]))
    assert summary["micro_auc"] == pytest.approx(metrics.roc_auc_score(labels[labels != 0] == 1, scores[labels != 0]))
    areas = [row["average_precision"] for row in rows]
    assert summary["hardest_class"] == CLASSES[np.argmin(areas)]
    assert summary["easiest_class"] == CLASSES[np.argmax(areas)]
    json.dumps(summary, allow_nan=False)


def test_the_courses_measure_is_ruined_where_a_network_says_nearly_the_same():
    scores, labels = several()
    close = scores * 5e-6 - 1
    _, rows, _, _ = ev.evaluate(close, labels, CLASSES, [], 100, 0)
    assert np.ptp(expit(close)) < 1e-5
    for row in rows:
        # Single precision leaves some ties, which are no worse than their mean.
        assert row["average_precision_shifted"] == pytest.approx(row["lowest_average_precision"], rel=0.02)
        assert row["average_precision_shifted"] < 0.6 * row["average_precision"]


def test_the_shift_is_one_of_probabilities():
    """By hand: around a logit of -10 a probability is 4.5e-5, so that 1e-5 is a lot; around 0 it is nothing."""
    labels = np.full((5, 4), -1, np.int8)
    labels[:2] = 1
    for level, expected in ((-10, (1 / 2 + 2 / 4) / 2), (0, (1 + 2 / 3) / 2)):
        logits = level + np.array([0.2, -0.1, 0.1, -0.2, -2.0])
        if level:  # in units of 1e-5: 5.5 and 4.1 become 4.5 and 3.1, among 5.0, 3.7 and 0.6
            assert (expit(logits) * 1e5).round(1).tolist() == [5.5, 4.1, 5.0, 3.7, 0.6]
        row = ev.evaluate(np.repeat(logits[:, None], 4, axis=1), labels, CLASSES, [], 100, 0)[1][2]
        assert row["average_precision"] == pytest.approx((1 + 2 / 3) / 2)
        assert row["average_precision_shifted"] == pytest.approx(expected)


def test_sigmoid_neither_overflows_nor_loses_small_probabilities():
    scores = np.array([-1e308, -800.0, -30.0, 0.0, 2.5, 40.0, 1e308])
    np.testing.assert_allclose(ev.sigmoid(scores), expit(scores), rtol=1e-14)


def test_one_label_per_image_has_no_shifted_measure():
    scores, labels = logits(40)
    summary, rows, _, _ = ev.evaluate(scores, labels, CLASSES, [1], 100, 0)
    told = {*summary, *rows[0], *summary["per_class"]["a"]}
    assert not told & {*ev.SHIFTED, "mean_average_precision_shifted"}


def test_scores_of_excluded_labels_change_nothing():
    scores, labels = several()
    plain = ev.evaluate(scores, labels, CLASSES, [], 100, 0)
    other = ev.evaluate(np.where(labels == 0, 1000, scores), labels, CLASSES, [], 100, 0)
    assert other[:2] == plain[:2]
    for name, curve in plain[3].items():
        np.testing.assert_array_equal(other[3][name], curve)


def test_each_class_of_several_is_ranked_by_its_own_logits():
    """Not by the log-odds of a softmax, in which the other classes have a say."""
    scores, labels = several()
    moved = scores.copy()
    moved[:, 1:] += np.random.default_rng(1).normal(size=(300, 3)) * 5
    plain, other = (ev.evaluate(s, labels, CLASSES, [], 100, 0)[1] for s in (scores, moved))
    assert plain[0] == other[0]
    assert plain[1] != other[1]


def test_the_mean_is_the_one_that_training_reports():
    from revisit.tasks.multilabel.task import mean_average_precision

    scores, labels = several()
    labels[labels[:, 3] == 1, 3] = 0  # a class without images that count
    summary, rows, _, curves = ev.evaluate(scores, labels, CLASSES, [], 100, 0)
    assert summary["mean_average_precision"] == pytest.approx(mean_average_precision(scores, labels))
    assert {rows[3][key] for key in (*ev.RANKING, *ev.SHIFTED)} == {None}
    assert rows[3]["support"] == 0
    assert summary["per_class"]["d"]["average_precision"] is None
    assert "d" not in curves
    json.dumps(summary, allow_nan=False)


@pytest.mark.parametrize("value", [-1, 0, 1])
def test_labels_without_any_contrast_have_no_ranking(value):
    scores, labels = several(30)
    summary, rows, _, curves = ev.evaluate(scores, np.full_like(labels, value), CLASSES, [], 100, 0)
    assert curves == {}
    assert {row["support"] for row in rows} == {30 if value == 1 else 0}
    assert {value for key, value in summary.items() if key != "per_class"} == {None}


@pytest.mark.parametrize("strength", [0.0, 1.0, 5.0, 50.0])
def test_curves_are_short_and_keep_their_shape(strength):
    scores, labels = logits(6000, strength=strength)
    odds = ev.log_odds(scores.astype(np.float64))
    curves = ev.evaluate(scores, labels, CLASSES, [1], 100, 0)[3]
    for k, name in enumerate(CLASSES):
        x, y = curves[name]
        full_x, full_y, area = roc(labels == k, odds[:, k])
        assert len(x) <= 200
        assert (x[0], y[0], x[-1], y[-1]) == (0, 0, 1, 1)
        assert (np.diff(x) >= 0).all()
        assert (np.diff(y) >= 0).all()
        away = (np.abs(full_x[:, None] - x) + np.abs(full_y[:, None] - y)).min(axis=1)
        assert away.max() <= 2 / 199
        assert metrics.auc(x, y) == pytest.approx(area, abs=0.002)
    x, y = curves["macro"]
    assert metrics.auc(x, y) == pytest.approx(np.mean([roc(labels == k, odds[:, k])[2] for k in range(4)]), abs=0.003)


@pytest.mark.parametrize(
    ("scores", "labels"),
    [
        (np.zeros((5, 3)), np.zeros(5, int)),
        (np.zeros((5, 4)), np.zeros(4, int)),
        (np.zeros((5, 4)), np.full(5, 4)),
        (np.zeros((5, 4)), np.full(5, -1)),
        (np.zeros((5, 4)), np.zeros(5)),
        (np.zeros((0, 4)), np.zeros(0, int)),
        (np.zeros((5, 4)), np.zeros((5, 3), np.int8)),
        (np.zeros((5, 4)), np.full((5, 4), 2, np.int8)),
        (np.zeros((5, 4)), np.zeros((5, 4))),
        (np.zeros((5, 4)), np.zeros((5, 4, 1), np.int8)),
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
    with pytest.raises(ArtifactError, match=r"network\.json.*dvc repro --force train@net"):
        ev.load(folder)
    (folder / "network.json").write_text('{"classes": ["x", "y", "z"]}')
    assert ev.load(folder)[2] == ["x", "y", "z"]
    with pytest.raises(ArtifactError, match=r"net/replicates/1: missing .*dvc repro --force train@net"):
        ev.load(folder / "replicates" / "1")
    np.save(folder / "labels.npy", np.array([{}]), allow_pickle=True)  # a pickle is never loaded
    with pytest.raises(ArtifactError, match="missing or damaged"):
        ev.load(folder)
