import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from revisit.analysis import neighbours, targets
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
    monkeypatch.setattr(neighbours, "_BLOCK_BYTES", block)
    monkeypatch.setattr(neighbours, "_SQUARE_BYTES", square)
    X = (np.random.default_rng(0).normal(size=(150, 20)) + offset).astype(np.float32)
    for found, expected in zip(neighbours.nearest(X, 7), by_all_pairs(X, 7), strict=True):
        np.testing.assert_array_equal(found, expected)


def test_near_ties_below_single_precision_are_told_apart():
    # All distances are nearly 1414.2; their squares differ by less than single precision can tell at 2e6.
    X = 1000 * np.eye(60) + np.random.default_rng(0).normal(size=(60, 60)) * 1e-5
    for found, expected in zip(neighbours.nearest(X, 5), by_all_pairs(X, 5), strict=True):
        np.testing.assert_array_equal(found, expected)


@settings(max_examples=60, deadline=None)
@given(
    hnp.arrays(np.float32, st.tuples(st.integers(3, 12), st.integers(1, 3)), elements=st.sampled_from([0, 0.5, 1, 3]))
)
def test_ties_come_in_the_order_of_their_index(X):
    for found, expected in zip(neighbours.nearest(X, 2), by_all_pairs(X, 2), strict=True):
        np.testing.assert_array_equal(found, expected)


def test_copies_of_the_query_count_but_the_query_does_not():
    indices, distances = neighbours.nearest(np.ones((5, 3), np.float32), 3)
    assert indices.tolist() == [[1, 2, 3], [0, 2, 3], [0, 1, 3], [0, 1, 2], [0, 1, 2]]
    assert not distances.any()


def test_some_queries():
    X = np.random.default_rng(0).normal(size=(30, 4))
    indices, _ = neighbours.nearest(X, 2, np.array([7, 3]))
    np.testing.assert_array_equal(indices, by_all_pairs(X, 2)[0][[7, 3]])


def test_more_neighbours_than_rows_are_refused():
    with pytest.raises(ConfigError, match="5 neighbours of one image among 5 do not exist; at most 4 do"):
        neighbours.nearest(np.zeros((5, 2)), 5)


def test_share_by_hand():
    labels = np.array([0, 0, 1])
    assert neighbours.share_same_class(labels, np.array([[1, 2], [0, 2], [0, 1]])) == pytest.approx(2 / 6)


def test_share_of_neighbours_with_a_common_class_by_hand():
    labels = np.array([[1, 1, -1], [-1, 1, 0], [0, -1, 1], [-1, 0, -1], [1, -1, -1]])
    indices = np.array([[1, 4], [3, 0], [0, 1], [0, 1], [2, 1]])
    # 0 shares with 1 and 4; 1 with 0; 2 with none (excluded labels are not present); 3 shows nothing; 4 with none.
    assert neighbours.share_same_class(labels, indices) == pytest.approx(3 / 8)


def test_queries_go_round_the_classes_while_they_last():
    labels = np.random.default_rng(0).permutation(np.repeat([0, 1, 2, 4], [5, 1, 3, 4]))
    rows = neighbours.spread_queries(labels, 9, 0)
    assert labels[rows].tolist() == [0, 1, 2, 4, 0, 2, 4, 0, 2]
    assert len(set(rows)) == 9
    np.testing.assert_array_equal(rows, neighbours.spread_queries(labels, 9, 0))
    assert (rows != neighbours.spread_queries(labels, 9, 1)).any()
    assert sorted(neighbours.spread_queries(labels, 99, 0)) == list(range(13))


def test_queries_with_several_labels_stand_for_the_first_class_that_they_show():
    labels = np.full((40, 3), -1, np.int8)
    labels[10:20, 2] = 1
    labels[15:30, 1] = 1
    rows = neighbours.spread_queries(labels, 6, 0)
    assert targets.first_present(labels)[rows].tolist() == [1, 2, 1, 2, 1, 2]
    assert set(neighbours.spread_queries(labels, 99, 0)) == set(range(10, 30))


SINGLE = np.random.default_rng(0).integers(0, 3, 50)
SEVERAL = np.where(np.random.default_rng(1).random((50, 3)) < 0.4, 1, -1).astype(np.int8)


@pytest.mark.parametrize("labels", [SINGLE, SEVERAL])
def test_named_queries_show_their_classes_and_differ(labels):
    names = ["cat", "ant", "cat", "bee", "cat"]
    rows = neighbours.choose_queries(labels, ["ant", "bee", "cat"], names, 0, "key")
    assert len(set(rows)) == 5
    for row, name in zip(rows, names, strict=True):
        assert row in targets.showing(labels, ["ant", "bee", "cat"].index(name))
    np.testing.assert_array_equal(rows, neighbours.choose_queries(labels, ["ant", "bee", "cat"], names, 0, "key"))
    assert (rows != neighbours.choose_queries(labels, ["ant", "bee", "cat"], names, 1, "key")).any()


def test_an_image_of_several_classes_is_left_to_the_one_that_has_no_other():
    labels = np.array([[1, 1, 1], [-1, 1, 1], [-1, -1, 1], [0, 0, 0]], np.int8)
    for seed in range(5):
        assert neighbours.choose_queries(labels, ["x", "y", "z"], ["z", "y", "x"], seed, "key").tolist() == [2, 1, 0]
        assert neighbours.choose_queries(labels, ["x", "y", "z"], ["x", "z", "y"], seed, "key").tolist() == [0, 2, 1]


def test_named_queries_are_drawn_evenly():
    labels = np.array([[1, -1], [1, -1], [1, 1], [-1, 1]], np.int8)
    found = [tuple(neighbours.choose_queries(labels, ["x", "y"], ["x", "x"], seed, "key")) for seed in range(300)]
    counts = np.bincount(np.ravel(found), minlength=4)
    assert counts[3] == 0
    assert counts[:3].min() > 160  # of 200 expected


@pytest.mark.parametrize(
    ("names", "message"),
    [
        (["x", "w"], r"^a\.b: 'w' is no class; the classes are: x, y, z$"),
        (["z"], r"^a\.b: 1 query images of 'z' are asked for, 0 of the 3 test images show it"),
        (["x", "x"], r"^a\.b: 2 query images of 'x' are asked for, 1 of the 3 test images show it"),
        (["x", "y", "y"], r"^a\.b: there are no 3 different test images, one for each entry"),
    ],
)
def test_queries_that_cannot_be_had_are_explained(names, message):
    labels = np.array([[1, 1, 0], [-1, 1, -1], [-1, -1, -1]], np.int8)
    with pytest.raises(ConfigError, match=message):
        neighbours.choose_queries(labels, ["x", "y", "z"], names, 0, "a.b")


def test_images_without_any_class_leave_nothing_to_ask_for():
    with pytest.raises(ConfigError, match=r"^a\.b: none of the 4 test images shows a class"):
        neighbours.choose_queries(np.zeros((4, 2), np.int8), ["x", "y"], 3, 0, "a.b")
