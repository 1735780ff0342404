"""Dice: fixed streams, right ranges."""

from collections import Counter

import numpy as np

from revisit_drawing.parts.dice import Dice


def test_stream_is_fixed():
    dice = Dice(1, 2, 3)
    drawn = [dice.uniform(0, 1), dice.integer(0, 1000), dice.permutation(5), dice.bytes(3).tolist()]
    assert drawn == [0.854191505970653, 466, [4, 1, 0, 2, 3], [155, 55, 146]]


def test_keys_give_different_streams():
    assert len({Dice(*key).uniform(0, 1) for key in [(0, 0), (0, 1), (1, 0), (1, 1), (5, 7)]}) == 5


def test_ranges_are_covered_evenly():
    dice = Dice(0)
    integers = Counter(dice.integer(-1, 2) for _ in range(4000))
    assert sorted(integers) == [-1, 0, 1, 2]
    assert min(integers.values()) > 850
    floats = [dice.uniform(3, 5) for _ in range(4000)]
    assert 3 <= min(floats) < 3.01
    assert 4.99 < max(floats) < 5
    assert 1100 < sum(dice.chance(0.3) for _ in range(4000)) < 1300
    assert {tuple(dice.permutation(3)) for _ in range(200)} == {
        (0, 1, 2), (0, 2, 1), (1, 0, 2), (1, 2, 0), (2, 0, 1), (2, 1, 0),
    }  # fmt: skip
    assert abs(dice.bytes(40_000).mean() - 127.5) < 2
    assert dice.bytes(5).dtype == np.uint8
