"""What no run can give, against enumeration and scikit-learn."""

from fractions import Fraction

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError
from sklearn.metrics import average_precision_score

from revisit.report.possible import bound
from revisit.report.rules import Possible


def share(count, published):
    return bound(Possible(share_of=count), published)


def precision(positives, images, published):
    return bound(Possible.model_validate({"average_precision": {"positives": positives, "images": images}}), published)


@pytest.mark.parametrize(
    ("count", "published", "holds"),
    [
        (880, 0.972727, True),  # 856 of 880
        (880, 0.972728, False),
        (880, 0.97, True),  # 0.9705 is printed like that
        (1000, 0.6305, False),
        (1000, 0.7685, False),
        (1000, 0.59, True),
        (10000, 0.752, True),
        (10000, 0.75205, False),
        (150, 0.9333, True),  # 140 of 150
        (150, 0.9334, False),
        (3, 0.3, True),  # a third
        (3, 0.33333, True),
        (3, 0.34, False),
        (7, 0.0, True),
        (7, 1.0, True),
        (7, 1.3, False),
        (7, 2.0, False),
        (7, -1.0, False),
        (10**6, 0.00001, True),
        (10**4, 0.00001, False),
    ],
)
def test_shares_of_so_many_images(count, published, holds):
    assert share(count, published).holds == holds


@given(st.integers(1, 400), st.integers(0, 1000), st.sampled_from([1, 2, 3]))
def test_a_share_is_possible_if_some_count_is_printed_like_that(count, number, digits):
    published = number / 10**digits
    printed = len(repr(published).partition(".")[2])  # 0.590 is told from 0.59 by nobody
    width = Fraction(1, 2 * 10**printed)
    theirs = Fraction(repr(published))
    possible = any(abs(Fraction(shown, count) - theirs) <= width for shown in range(count + 1))
    assert share(count, published).holds == possible


def test_why_a_share_is_impossible_in_words():
    assert share(880, 0.972727).text == "856 of 880"
    assert share(1000, 0.6305).text == "no share of 1,000 images: 630 are 0.6300, 631 are 0.6310"
    assert share(10, 1.5).text == "a share lies between 0 and 1"


@pytest.mark.parametrize(("published", "holds"), [(11264, False), (10250, True), (1025, True), (0, True), (1, False)])
def test_multiples(published, holds):
    assert bound(Possible(multiple_of=1025), published).holds == holds


def test_why_a_count_is_impossible_in_words():
    assert bound(Possible(multiple_of=1025), 11264).text == "it must be a multiple of 1,025, such as 11,275"
    assert bound(Possible(multiple_of=26), 832).text == "it is a multiple of 26, such as 832"
    assert bound(Possible(multiple_of=1025), 3).text == "it must be a multiple of 1,025, such as 1,025"


def test_person_from_scratch_lies_below_the_worst_ranking_that_there_is():
    found = precision(2007, 4952, 0.20138)
    assert not found.holds
    assert "0.2375" in found.text
    assert precision(2007, 4952, 0.2375).holds
    assert precision(2007, 4952, 0.59465).holds


@given(st.integers(1, 12), st.integers(1, 12), st.integers(0, 2**32 - 1))
def test_no_ranking_has_less_than_the_bound(positives, others, seed):
    relevant = np.array([False] * others + [True] * positives)
    worst = average_precision_score(relevant, -np.arange(len(relevant)))
    found = average_precision_score(relevant, np.random.default_rng(seed).permutation(len(relevant)))
    assert precision(positives, len(relevant), round(found, 6)).holds
    assert precision(positives, len(relevant), round(worst, 6)).holds
    assert not precision(positives, len(relevant), round(worst - 0.06, 6)).holds  # whatever the digits printed


def test_the_bound_allows_for_the_digits_that_are_printed():
    # of 1 positive among 3 images the worst ranking has 1/3
    assert precision(1, 3, 0.33).holds  # 0.3333 is printed like that
    assert not precision(1, 3, 0.3332).holds
    assert not precision(1, 3, 0.32).holds


@pytest.mark.parametrize(
    "kinds",
    [
        {},
        {"share_of": 10, "multiple_of": 10},
        {"share_of": 0},
        {"multiple_of": 1},
        {"average_precision": {"positives": 3, "images": 3}},
        {"average_precision": {"positives": 0, "images": 3}},
    ],
)
def test_a_bound_is_one_of_three_kinds(kinds):
    with pytest.raises(ValidationError):
        Possible.model_validate(kinds)
