import numpy as np
import pytest
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler
from sklearn.svm import LinearSVC

from revisit.analysis import probe as module
from revisit.analysis.probe import (
    cross_validate,
    probe,
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
    assert found.accuracy == pytest.approx(reference, abs=1 / 200)
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
    assert wrong.accuracy < found.accuracy


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
