import numpy as np
import pytest
from sklearn.metrics import average_precision_score
from sklearn.multiclass import OneVsRestClassifier
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler
from sklearn.svm import SVC, LinearSVC

from revisit.analyses import svm, targets
from revisit.analyses.probe import classifiers as module
from revisit.analyses.probe.classifiers import (
    cross_validate,
    probe,
    published_probe,
    published_rows,
    standard,
    standardised,
    stratified_folds,
)
from revisit.errors import ConfigError


def clouds(count, seed):
    rng = np.random.default_rng(seed)
    labels = rng.integers(0, 3, count)
    X = np.random.default_rng(9).normal(size=(3, 12))[labels] * 0.6 + rng.normal(size=(count, 12))
    X[:, 3] = 7.5  # says nothing
    X[:, 4] *= 1000  # another unit
    return X.astype(np.float32), labels


def test_scores_as_scikit_learn_on_standardised_features():
    (X, y), (T, t) = clouds(300, 0), clouds(200, 1)
    found = probe(X, y, T, t, 3, [0.01], 3, 0)
    reference = make_pipeline(StandardScaler(), LinearSVC(dual=False, C=0.01, tol=1e-8)).fit(X, y).score(T, t)
    assert 0.5 < reference < 0.95
    assert found.score == pytest.approx(reference, abs=1 / 200)
    assert (found.C, found.cross_validation, found.train_size, found.test_size) == (0.01, {}, 300, 200)


def test_the_penalty_comes_from_the_cross_validation_and_not_from_the_test_rows():
    (X, y), (T, t) = clouds(300, 0), clouds(200, 1)
    grid = [10.0, 1e-5, 0.01]
    found = probe(X, y, T, t, 3, grid, 4, 0)
    assert list(found.cross_validation) == sorted(grid)
    assert found.cross_validation[found.C] == max(found.cross_validation.values())
    wrong = probe(X, y, T, (t + 1) % 3, 3, grid, 4, 0)
    assert wrong.cross_validation == found.cross_validation
    assert wrong.C == found.C
    assert wrong.score < found.score


def test_the_smallest_of_equally_good_penalties_wins():
    X, y = clouds(90, 0)
    X = X * 0 + 100 * np.eye(12, dtype=np.float32)[y]  # any C is right
    assert probe(X, y, X, y, 3, [1.0, 0.1, 10.0], 3, 0).C == 0.1


def test_cross_validation_never_scores_rows_it_was_fitted_on():
    rng = np.random.default_rng(0)
    X, y = rng.normal(size=(60, 200)), rng.integers(0, 3, 60)  # noise that can be learnt by heart
    signs = np.where(y[:, None] == np.arange(3), 1, -1)
    assert cross_validate(X, y, signs, [1.0], 3, 0)[1.0] < 0.6


def test_folds_are_stratified_seeded_and_even():
    y = np.random.default_rng(0).permutation(np.repeat([0, 1, 2], [31, 7, 2]))
    fold = stratified_folds(y, 3, 5)
    sizes = np.array([[np.sum((fold == f) & (y == c)) for f in range(3)] for c in range(3)])
    assert (np.ptp(sizes, axis=1) <= 1).all()
    assert np.ptp(sizes.sum(axis=0)) <= 1
    np.testing.assert_array_equal(fold, stratified_folds(y, 3, 5))
    assert (fold != stratified_folds(y, 3, 6)).any()


def test_published_rows_are_an_80_20_split_of_half():
    fitted, scored = published_rows(1000, 0)
    assert (len(fitted), len(scored)) == (400, 100)
    assert len(set(fitted) | set(scored)) == 500
    assert max(fitted) > 900
    np.testing.assert_array_equal(fitted, published_rows(1000, 0)[0])
    assert (fitted != published_rows(1000, 1)[0]).any()


def test_too_few_rows_are_named():
    X, y = clouds(4, 0)
    with pytest.raises(ConfigError, match=r"2 rows to fit on in 3 folds and 4 to score are too few.*analyses\.extract"):
        probe(X[:2], y[:2], X, y, 3, [1.0], 3, 0)
    for fitted, scored in ((0, 4), (4, 0)):
        with pytest.raises(ConfigError, match=rf"{fitted} rows to fit on and {scored} to score are too few"):
            published_probe(X[:fitted], y[:fitted], X[:scored], y[:scored], 3)


def test_standardised_rows_are_those_of_scikit_learn_and_end_with_a_one(monkeypatch):
    monkeypatch.setattr(module, "_ROWS", 37)
    (X, _), (T, _) = clouds(100, 0), clouds(50, 1)
    X[:, 3] = T[:, 3] = 0.1  # whose mean is not exactly 0.1
    found = standardised(T, *standard(X))
    assert found.dtype == np.float32
    np.testing.assert_allclose(
        np.delete(found[:, :-1], 3, 1), np.delete(StandardScaler().fit(X).transform(T), 3, 1), 1e-3, 1e-4
    )
    assert not found[:, 3].any()
    assert (found[:, -1] == 1).all()


def several(count, seed):
    """Features and labels 1, -1 and 0 of rows that show any number of three classes, the second hardly ever."""
    rng = np.random.default_rng(seed)
    shown = rng.random((count, 3)) < [0.4, 0.08, 0.2]
    X = shown @ np.random.default_rng(9).normal(size=(3, 12)) + rng.normal(size=(count, 12)) * 1.5
    labels = np.where(shown, 1, -1)
    labels[rng.random(labels.shape) < 0.1] = 0
    return X.astype(np.float32), labels.astype(np.int8)


def reference(X, y, T, C):
    """Scores of one LinearSVC per class, on rows that count for it."""
    scaler, scores = StandardScaler().fit(X), []
    for k in range(y.shape[1]):
        kept = y[:, k] != 0
        classifier = LinearSVC(dual=False, C=C, tol=1e-8).fit(scaler.transform(X[kept]), y[kept, k])
        scores.append(classifier.decision_function(scaler.transform(T)))
    return np.transpose(scores)


def test_several_labels_as_scikit_learn_one_class_at_a_time():
    (X, y), (T, t) = several(400, 0), several(300, 1)
    found = probe(X, y, T, t, 3, [0.01], 3, 0)
    scores = reference(X, y, T, 0.01)
    expected = []
    for k in range(3):
        kept = t[:, k] != 0
        expected.append(average_precision_score(t[kept, k] == 1, scores[kept, k]))
    np.testing.assert_allclose(found.average_precision, expected, atol=2e-3)
    assert found.score == pytest.approx(np.mean(found.average_precision))
    assert 0.3 < found.score < 0.95
    assert (found.C, found.train_size, found.test_size) == (0.01, 400, 300)


def test_the_penalty_for_several_labels_has_the_best_mean_average_precision():
    X, y = several(240, 0)
    rows = standardised(X, *standard(X))
    grid, fold = [1e-5, 0.003, 3.0], stratified_folds(targets.first_present(y), 3, 5)
    found = cross_validate(rows, y, y.astype(np.float32), grid, 3, 5)
    for C in grid:
        expected = []
        for out in (fold == f for f in range(3)):
            W = svm.fit(rows[~out], y[~out], C)
            areas = [
                average_precision_score(y[kept, k] == 1, rows[kept] @ W[:, k])
                for k in range(3)
                for kept in [out & (y[:, k] != 0)]
            ]
            expected.append(np.mean(areas))
        assert found[C] == pytest.approx(np.mean(expected), abs=3e-3)
    assert len({round(value, 3) for value in found.values()}) == 3
    chosen = probe(X, y, X, y, 3, grid, 3, 5).C
    assert chosen == max(found, key=found.get)


def test_the_published_probe_is_the_reports_own_code():
    (X, y), (T, t) = clouds(200, 0), clouds(150, 1)
    X[:, 4] /= 300  # raw features: an unit counts, but libsvm shall end
    T[:, 4] /= 300
    found = published_probe(X, y, T, t, 3)
    reference = OneVsRestClassifier(SVC(kernel="linear")).fit(X, y)
    assert found.score == reference.score(T, t)
    assert 0.4 < found.score < 0.95
    assert (found.C, found.cross_validation, found.average_precision) == (1.0, {}, None)
    assert (found.train_size, found.test_size) == (200, 150)


def test_the_published_probe_does_not_standardise():
    (X, y), (T, t) = clouds(200, 0), clouds(150, 1)
    X[:, 4], T[:, 4] = X[:, 4] / 1000, T[:, 4] / 1000
    small = np.ones(12, np.float32)
    small[5] = 0.01
    plain, squeezed = (published_probe(X * by, y, T * by, t, 3) for by in (1, small))
    assert plain.score != squeezed.score
    sound, same = (probe(X * by, y, T * by, t, 3, [0.01], 3, 0) for by in (1, small))
    assert sound.score == pytest.approx(same.score, abs=0.01)


def test_the_published_probe_never_predicts_a_class_it_has_not_seen():
    X, y = clouds(120, 0)
    X[:, 4] = 0
    T, t = X[y == 2], y[y == 2]
    found = published_probe(X[y < 2], y[y < 2], T, t, 3)
    assert found.score == 0  # though both classes it knows say no to most of these rows
    only = published_probe(X[y == 1], y[y == 1], X, y, 3)
    assert only.score == np.mean(y == 1)


def test_the_published_probe_of_several_labels_one_class_at_a_time():
    (X, y), (T, t) = several(300, 0), several(200, 1)
    y[:, 2] = -1  # nothing to learn: all rows are one tie
    found = published_probe(X, y, T, t, 3)
    expected = []
    for k in range(3):
        kept, counted = y[:, k] != 0, t[:, k] != 0
        scores = np.zeros(len(T)) if k == 2 else SVC(kernel="linear").fit(X[kept], y[kept, k]).decision_function(T)
        expected.append(average_precision_score(t[counted, k] == 1, scores[counted]))
    np.testing.assert_allclose(found.average_precision, expected, atol=1e-9)
    assert found.score == pytest.approx(np.mean(expected))
    assert found.average_precision[2] == pytest.approx(np.mean(t[t[:, 2] != 0, 2] == 1))


def test_excluded_test_labels_do_not_count():
    (X, y), (T, t) = several(200, 0), several(100, 1)
    found = probe(X, y, T, t, 3, [0.01], 3, 0)
    T[:50], t[:50] = 100, 0
    half = probe(X, y, T[50:], t[50:], 3, [0.01], 3, 0)
    assert probe(X, y, T, t, 3, [0.01], 3, 0).average_precision == half.average_precision != found.average_precision


def test_classes_that_nothing_shows_are_left_out():
    (X, y), (T, t) = several(120, 0), several(100, 1)
    t[t[:, 1] == 1, 1] = 0
    y[:, 2] = -1  # never shown in what it is fitted on: it ranks badly, but it ranks
    found = probe(X, y, T, t, 3, [0.01, 1.0], 3, 0)
    assert found.average_precision[1] is None
    assert found.score == pytest.approx((found.average_precision[0] + found.average_precision[2]) / 2)
    nothing = probe(X, y * 0, T, t * 0, 3, [1.0, 0.01], 3, 0)
    assert (nothing.score, nothing.average_precision, nothing.C) == (None, [None] * 3, 0.01)


def test_scores_are_the_same_in_blocks_of_rows(monkeypatch):
    (X, y), (T, t) = several(120, 0), several(100, 1)
    whole = probe(X, y, T, t, 3, [0.01], 3, 0)
    monkeypatch.setattr(module, "_ROWS", 33)
    np.testing.assert_allclose(probe(X, y, T, t, 3, [0.01], 3, 0).average_precision, whole.average_precision, 1e-2)
