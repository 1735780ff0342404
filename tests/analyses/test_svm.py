import numpy as np
import pytest
from sklearn.exceptions import ConvergenceWarning
from sklearn.multiclass import OneVsRestClassifier
from sklearn.svm import SVC, LinearSVC

from revisit.analyses import svm
from revisit.analyses.axes import principal_axes


def problem(count, dimensions, apart=0.4, seed=0):
    """ReLU features: correlated, sparse, classes overlap; the last column is the bias."""
    rng = np.random.default_rng(seed)
    labels = rng.integers(0, 4, count)
    hidden = apart * rng.normal(size=(4, 6))[labels] + rng.normal(size=(count, 6))
    X = np.maximum(hidden @ rng.normal(size=(6, dimensions)) + 0.3 * rng.normal(size=(count, dimensions)), 0)
    return np.column_stack([X, np.ones(count)]), labels, np.where(labels[:, None] == np.arange(4), 1, -1)


@pytest.mark.parametrize("C", [0.001, 0.1, 10.0])
@pytest.mark.parametrize(("count", "dimensions"), [(300, 20), (60, 100)])  # overlapping, separable
def test_objective_is_that_of_liblinear(count, dimensions, C):
    X, labels, signs = problem(count, dimensions)
    reference = LinearSVC(dual=False, C=C, tol=1e-8, fit_intercept=False, max_iter=100_000).fit(X, labels).coef_.T
    minimum = svm.objective(X, signs, reference, C)
    for dtype, gap in ((np.float64, 1.1e-6), (np.float32, 1e-4)):
        W = svm.fit(X.astype(dtype), signs, C)
        assert W.dtype == dtype
        assert (svm.objective(X, signs, W.astype(np.float64), C) <= minimum * (1 + gap)).all()
    np.testing.assert_allclose(svm.fit(X, signs, C), reference, atol=0.02 * np.abs(reference).max())


def test_one_point_by_hand():
    # f(w) = w²/2 + C (1 - w)² has its minimum at 2C / (1 + 2C).
    np.testing.assert_allclose(svm.fit(np.ones((1, 1)), np.ones((1, 1)), 3.0), [[6 / 7]], rtol=1e-6)
    np.testing.assert_allclose(svm.objective(np.ones((1, 1)), np.ones((1, 1)), np.array([[0.5]]), 3.0), [0.125 + 0.75])


def test_axes_and_start_change_nothing_but_the_way():
    X, _, signs = problem(80, 150)
    plain, axes = svm.fit(X, signs, 0.1), principal_axes(X)
    turned = axes @ svm.fit(X @ axes, signs, 0.1)
    started = svm.fit(X, signs, 0.1, start=100 * np.ones_like(plain))
    for other in (turned, started):
        np.testing.assert_allclose(svm.objective(X, signs, other, 0.1), svm.objective(X, signs, plain, 0.1), rtol=2e-6)


def test_classes_are_independent():
    X, _, signs = problem(200, 10)
    together = svm.fit(X, signs, 1.0)
    alone = np.column_stack([svm.fit(X, signs[:, [k]], 1.0) for k in range(4)])
    np.testing.assert_allclose(svm.objective(X, signs, together, 1.0), svm.objective(X, signs, alone, 1.0), rtol=2e-6)


def test_a_class_without_rows_is_turned_away_from_everything():
    X, _, _ = problem(50, 5)
    W = svm.fit(X, -np.ones((50, 1)), 10.0)
    assert (X @ W).max() < -0.5


@pytest.mark.parametrize("dtype", [np.float64, np.float32])
def test_rows_with_sign_0_do_not_count_for_that_class(dtype):
    X, _, signs = problem(200, 10)
    X = X.astype(dtype)
    signs = np.where(np.random.default_rng(1).random(signs.shape) < 0.2, 0, signs)
    together = svm.fit(X, signs, 0.5)
    for k in range(4):
        kept = signs[:, k] != 0
        alone = svm.fit(X[kept], signs[kept][:, [k]], 0.5)
        hinge = np.maximum(0, 1 - signs[kept, k] * (X[kept] @ alone[:, 0]))
        expected = alone[:, 0] @ alone[:, 0] / 2 + 0.5 * hinge @ hinge
        for rows, which in ((X, slice(None)), (X[kept], kept)):
            values = [svm.objective(rows, signs[which][:, [k]], W, 0.5)[0] for W in (together[:, [k]], alone)]
            assert values == pytest.approx([expected] * 2, rel=2e-6 if dtype == np.float64 else 1e-4)
        np.testing.assert_allclose(together[:, k], alone[:, 0], atol=0.01 * np.abs(alone).max())


def test_a_class_of_which_no_row_counts_stays_at_zero():
    X, _, _ = problem(50, 5)
    assert not svm.fit(X, np.zeros((50, 2)), 10.0).any()


@pytest.mark.parametrize("C", [1.0, 0.01])
@pytest.mark.parametrize(("count", "dimensions"), [(300, 20), (60, 100)])  # overlapping, separable
def test_hinge_scores_are_those_of_scikit_learn_one_against_the_rest(count, dimensions, C, monkeypatch):
    monkeypatch.setattr(svm, "_COLUMNS", 7)
    X, labels, signs = problem(count + 200, dimensions)
    X, test_X = np.split(X.astype(np.float32), [count])
    reference = OneVsRestClassifier(SVC(kernel="linear", C=C)).fit(X, labels[:count])
    found = svm.hinge_scores(X, signs[:count], test_X, C)
    np.testing.assert_allclose(found, reference.decision_function(test_X), atol=1e-6)
    np.testing.assert_array_equal(found.argmax(axis=1), reference.predict(test_X))
    assert 0.3 < (found.argmax(axis=1) == labels[count:]).mean() < 1


def test_hinge_scores_of_two_points_by_hand():
    # Rows 1 and 3, apart by 2: the widest margin has w = 1 and b = -2. Twice as far with a C that is too small for it:
    # w = C (3 - 1) = 0.5, and b between the bounds of both rows.
    X, signs = np.array([[3.0], [1.0]]), np.array([[1], [-1]])
    np.testing.assert_allclose(svm.hinge_scores(X, signs, np.array([[2.0], [5.0]]), 10.0), [[0], [3]], atol=1e-9)
    found = svm.hinge_scores(X, signs, np.array([[2.0], [3.0]]), 0.25)
    assert found[1] - found[0] == pytest.approx(0.5)


def test_hinge_scores_leave_out_rows_with_sign_0_and_classes_without_contrast():
    X, _, signs = problem(200, 10)
    test_X = problem(50, 10, seed=1)[0]
    signs = np.where(np.random.default_rng(1).random(signs.shape) < 0.2, 0, signs)
    signs[:, 1], signs[:, 2], signs[:, 3] = -1, np.abs(signs[:, 2]), 0
    found = svm.hinge_scores(X, signs, test_X, 1.0)
    kept = signs[:, 0] != 0
    alone = SVC(kernel="linear").fit(X[kept], signs[kept, 0]).decision_function(test_X)
    np.testing.assert_allclose(found[:, 0], alone, atol=1e-6)
    assert not found[:, 1:].any()


def test_a_hinge_that_never_ends_is_cut_off_with_a_warning(monkeypatch):
    X, _, signs = problem(300, 20)
    monkeypatch.setattr(svm, "HINGE_STEPS", 5)
    with pytest.warns(ConvergenceWarning, match="max_iter=5"):
        svm.hinge_scores(X * 1000, signs[:, :1], X, 1.0)
