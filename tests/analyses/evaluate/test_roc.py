import numpy as np
import pytest
from sklearn import metrics

from revisit.analyses.evaluate import roc as curves


def test_roc_is_that_of_scikit_learn_and_undefined_without_both_kinds():
    rng = np.random.default_rng(0)
    relevant, scores = rng.random(50) < 0.4, rng.integers(0, 9, 50)
    x, y, area = curves.roc(relevant, scores)
    assert (x[0], y[0], x[-1], y[-1]) == (0, 0, 1, 1)
    assert area == pytest.approx(metrics.roc_auc_score(relevant, scores))
    assert curves.roc(relevant & False, scores) is curves.roc(relevant | True, scores) is None


def test_short_curves_stay_whole():
    x, y = np.array([0, 0, 0.5, 1]), np.array([0, 0.5, 1, 1])
    assert [c.tolist() for c in curves.decimate(x, y)] == [x.tolist(), y.tolist()]


def test_macro_curve_by_hand():
    left = (np.array([0, 0, 1]), np.array([0, 1, 1]), 1.0)
    middle = (np.array([0, 0.5, 1]), np.array([0, 0.5, 1]), 0.5)
    x, y = curves.macro_roc([left, middle])
    assert x.tolist() == [0, 0, 0.5, 1]
    assert y.tolist() == [0, 0.5, 0.75, 1]
