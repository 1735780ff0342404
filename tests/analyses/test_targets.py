import numpy as np
import pytest

from revisit.analyses import targets

SEVERAL = np.array([[-1, 1, 0], [1, -1, 1], [0, -1, 0], [-1, -1, 1]], np.int8)
SINGLE = np.array([1, 0, 2, 1])


def test_the_first_present_class():
    found = targets.first_present(SEVERAL)
    assert found.dtype == np.int64
    assert found.tolist() == [1, 0, -1, 2]  # what is excluded does not count as present
    np.testing.assert_array_equal(targets.first_present(SINGLE), SINGLE)


def test_texts_hold_what_is_present():
    assert targets.texts(SEVERAL) == ["1", "0 2", "", "2"]
    assert targets.texts(SINGLE) == ["1", "0", "2", "1"]


@pytest.mark.parametrize(("labels", "expected"), [(SEVERAL, [[1], [0], [1, 3]]), (SINGLE, [[1], [0, 3], [2]])])
def test_images_that_show_a_class(labels, expected):
    assert [targets.showing(labels, number).tolist() for number in range(3)] == expected


def test_a_common_class():
    pairs = np.array([1, 3]), np.array([3, 2])
    assert targets.share_class(SEVERAL, *pairs).tolist() == [True, False]
    assert not targets.share_class(SEVERAL, np.array([0]), np.array([2]))[0]  # 0 is excluded, not present
    assert targets.share_class(SINGLE, np.array([[0], [1]]), np.array([[3, 2], [1, 3]])).tolist() == [
        [True, False], [True, False],
    ]  # fmt: skip
    assert targets.share_class(SEVERAL, np.array([[1], [1]]), np.array([[3, 2], [1, 0]])).tolist() == [
        [True, False], [True, False],
    ]  # fmt: skip
