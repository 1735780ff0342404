"""Sparsity of codes, against Hoyer's definition and counts by hand."""

import numpy as np
import pytest

from revisit.analyses.code.sparsity import sparsity


def test_one_active_unit_is_all_sparse_and_equal_ones_not_at_all():
    assert sparsity(np.eye(5, dtype=np.float32))["hoyer"] == pytest.approx(1)
    assert sparsity(np.full((3, 5), -2.0, np.float32))["hoyer"] == pytest.approx(0)


def test_hoyer_by_hand_and_whatever_the_scale():
    code = np.array([[3.0, 4.0, 0.0, 0.0]], np.float32)
    expected = (2 - 7 / 5) / (2 - 1)  # (root of 4 less the sum over the length) over (root of 4 less 1)
    assert sparsity(code)["hoyer"] == pytest.approx(expected)
    assert sparsity(-100 * code)["hoyer"] == pytest.approx(expected)


def test_images_without_any_activation_have_no_sparsity():
    code = np.zeros((2, 4), np.float32)
    assert sparsity(code)["hoyer"] is None
    code[0, 1] = 1
    assert sparsity(code)["hoyer"] == pytest.approx(1)


def test_active_and_dead_units_are_counted():
    code = np.array([[10.0, 0.5, 5.0, 0.0], [0.0, -2.0, 5.0, 0.001]], np.float32)
    found = sparsity(code)
    assert found["active"] == 4 / 8  # 10, 5, 2 and 5; a tenth of the largest is 1
    assert found["dead"] == 2  # the third never changes, the fourth by a ten thousandth of the first
