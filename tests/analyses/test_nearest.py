import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from revisit.analyses import nearest
from revisit.errors import ConfigError


def by_all_pairs(X, k):
    X = X.astype(np.float64)
    squared = ((X[:, None] - X[None]) ** 2).sum(axis=2)
    np.fill_diagonal(squared, np.inf)
    indices = np.argsort(squared, axis=1, kind="stable")[:, :k]
    return indices, np.sqrt(np.take_along_axis(squared, indices, axis=1))


@pytest.mark.parametrize("offset", [0, 1e4])  # far from the origin, where single precision cancels
@pytest.mark.parametrize("block", [2**26, 2000])
@pytest.mark.parametrize("square", [2**28, 0])
def test_equals_the_comparison_of_all_pairs(offset, block, square, monkeypatch):
    monkeypatch.setattr(nearest, "_BLOCK_BYTES", block)
    monkeypatch.setattr(nearest, "_SQUARE_BYTES", square)
    X = (np.random.default_rng(0).normal(size=(150, 20)) + offset).astype(np.float32)
    for found, expected in zip(nearest.nearest(X, 7), by_all_pairs(X, 7), strict=True):
        np.testing.assert_array_equal(found, expected)


def test_near_ties_below_single_precision_are_told_apart():
    # All distances are nearly 1414.2; their squares differ by less than single precision can tell at 2e6.
    X = 1000 * np.eye(60) + np.random.default_rng(0).normal(size=(60, 60)) * 1e-5
    for found, expected in zip(nearest.nearest(X, 5), by_all_pairs(X, 5), strict=True):
        np.testing.assert_array_equal(found, expected)


@settings(max_examples=60, deadline=None)
@given(
    hnp.arrays(np.float32, st.tuples(st.integers(3, 12), st.integers(1, 3)), elements=st.sampled_from([0, 0.5, 1, 3]))
)
def test_ties_come_in_the_order_of_their_index(X):
    for found, expected in zip(nearest.nearest(X, 2), by_all_pairs(X, 2), strict=True):
        np.testing.assert_array_equal(found, expected)


def test_copies_of_the_query_count_but_the_query_does_not():
    indices, distances = nearest.nearest(np.ones((5, 3), np.float32), 3)
    assert indices.tolist() == [[1, 2, 3], [0, 2, 3], [0, 1, 3], [0, 1, 2], [0, 1, 2]]
    assert not distances.any()


def test_some_queries():
    X = np.random.default_rng(0).normal(size=(30, 4))
    indices, _ = nearest.nearest(X, 2, np.array([7, 3]))
    np.testing.assert_array_equal(indices, by_all_pairs(X, 2)[0][[7, 3]])


def test_more_neighbours_than_rows_are_refused():
    with pytest.raises(ConfigError, match="5 neighbours of one image among 5 do not exist; at most 4 do"):
        nearest.nearest(np.zeros((5, 2)), 5)
