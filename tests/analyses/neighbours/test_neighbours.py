import numpy as np
import pytest

from revisit.analyses import targets
from revisit.analyses.neighbours import compute as neighbours
from revisit.errors import ConfigError


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
    rows = targets.spread(labels, 9, 0)
    assert labels[rows].tolist() == [0, 1, 2, 4, 0, 2, 4, 0, 2]
    assert len(set(rows)) == 9
    np.testing.assert_array_equal(rows, targets.spread(labels, 9, 0))
    assert (rows != targets.spread(labels, 9, 1)).any()
    assert sorted(targets.spread(labels, 99, 0)) == list(range(13))


def test_queries_with_several_labels_stand_for_the_first_class_that_they_show():
    labels = np.full((40, 3), -1, np.int8)
    labels[10:20, 2] = 1
    labels[15:30, 1] = 1
    rows = targets.spread(labels, 6, 0)
    assert targets.first_present(labels)[rows].tolist() == [1, 2, 1, 2, 1, 2]
    assert set(targets.spread(labels, 99, 0)) == set(range(10, 30))


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
