"""Random subsets: in proportion, without repetition, the same everywhere."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st

from revisit.data.sampling import simple, stratified


@given(st.lists(st.integers(0, 4), min_size=1, max_size=80), st.data())
@hypothesis_settings(max_examples=100, deadline=None)
def test_stratified_subset_keeps_the_proportions(labels, data):
    labels = np.array(labels)
    count = data.draw(st.integers(1, len(labels)))
    rows = stratified(labels, count, 5, np.random.SeedSequence(data.draw(st.integers(0, 99))))
    assert len(rows) == len(set(rows.tolist())) == count
    assert (np.diff(rows) > 0).all()
    exact = np.bincount(labels, minlength=5) * count / len(labels)
    assert (np.abs(np.bincount(labels[rows], minlength=5) - exact) < 1).all()


def test_stratified_subset_is_fixed_on_every_machine():
    rows = stratified(np.arange(20) % 2, 6, 2, np.random.SeedSequence([0, 0]))
    assert rows.tolist() == [2, 3, 8, 11, 13, 18]


@pytest.mark.parametrize("count", [None, 1, 7, 20])
def test_simple_subset(count):
    rows = simple(20, count, np.random.SeedSequence([0, 0]))
    assert len(rows) == (count or 20)
    assert (np.diff(rows) > 0).all()
    assert 0 <= rows.min() <= rows.max() < 20


def test_simple_subset_is_fixed_on_every_machine_and_another_with_another_seed():
    assert (
        simple(20, 5, np.random.SeedSequence([0, 0])).tolist() == simple(20, 5, np.random.SeedSequence([0, 0])).tolist()
    )
    drawn = {tuple(simple(20, 5, np.random.SeedSequence([seed, 0])).tolist()) for seed in range(20)}
    assert len(drawn) == 20


def test_every_row_is_drawn_about_equally_often():
    counts = np.bincount(np.concatenate([simple(10, 5, np.random.SeedSequence(s)) for s in range(400)]))
    assert abs(counts - 200).max() < 50  # five standard deviations of a binomial(400, 1/2)
