"""The running mean of the minibatches of a sweep."""

import numpy as np
import pytest

from revisit.report.panels.minibatches import smoothed


def columns(step, loss):
    return {"step": np.array(step, float), "loss": np.array(loss, float)}


def test_a_window_stands_at_the_middle_of_its_steps():
    x, y = smoothed(columns([1, 2, 3, 4], [4, 2, 0, 1]), "loss", 3)
    assert (x.tolist(), y.tolist()) == ([2, 3], [2, 1])


def test_rows_that_are_means_of_several_steps_count_as_many():
    x, y = smoothed(columns([3, 6, 9, 12], [1, 2, 3, 4]), "loss", 6)  # steps 1 to 3, 4 to 6, ...
    assert x.tolist() == pytest.approx([3.5, 6.5, 9.5])  # the first window: steps 1 to 6
    assert y.tolist() == pytest.approx([1.5, 2.5, 3.5])


def test_a_row_of_more_steps_than_the_window_is_left_as_it_is():
    assert smoothed(columns([8, 16], [1, 3]), "loss", 5)[1].tolist() == [1, 3]


@pytest.mark.parametrize(("loss", "wanted"), [([], ([], [])), ([2, 4], ([1.5], [3]))])
def test_runs_shorter_than_the_window(loss, wanted):
    x, y = smoothed(columns(range(1, len(loss) + 1), loss), "loss", 5)
    assert (x.tolist(), y.tolist()) == wanted
