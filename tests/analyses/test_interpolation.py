import numpy as np
import pytest

import devkit
from revisit import interpolation
from revisit.objects import average_precision


def test_the_tenths_are_those_of_the_evaluation_of_faster_r_cnn():
    assert interpolation.TENTHS.tolist() == devkit.TENTHS
    assert average_precision._RECALLS["eleven"] is interpolation.TENTHS


def test_where_tenths_are_not_reached_as_the_docstring_says():
    missed = {
        (point, positives)
        for positives in range(1, 301)
        for point in range(11)
        if point * positives % 10 == 0 and point * positives // 10 / positives < interpolation.TENTHS[point]
    }
    fives, tens = range(5, 301, 5), range(10, 301, 10)
    assert missed == {(6, n) for n in fives} | {(point, n) for point in (3, 7) for n in tens}


def test_the_best_precision_at_a_recall_or_more():
    rng = np.random.default_rng(0)
    hits = rng.random((5, 40)) < 0.4
    recall, precision = hits.cumsum(axis=1) / 20, hits.cumsum(axis=1) / np.arange(1, 41)
    found = interpolation.precisions(recall, precision, interpolation.TENTHS)
    for row, values in enumerate(found):
        for recall_at, value in zip(interpolation.TENTHS, values, strict=True):
            assert value == max(precision[row][recall[row] >= recall_at], default=0)
    assert found.shape == (5, 11)
    assert (found[:, -1] == 0).all()  # 40 rows do not find 20


def test_an_empty_curve_reaches_nothing():
    nothing = np.zeros((1, 0))
    assert interpolation.precisions(nothing, nothing, interpolation.TENTHS).tolist() == [[0] * 11]
    assert interpolation.precisions(np.ones((1, 1)), np.ones((1, 1)), np.ones(1)) == pytest.approx(1)
