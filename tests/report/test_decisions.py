"""The decisions against Student's interval as SciPy and tables have it, and against cases worked out by hand."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import stats

from revisit.report.decisions import Outcome, compare, estimate, near, weakest
from revisit.report.rules import Comparison

AGREES, DIRECTION, UNDECIDED, FAILED = Outcome.AGREES, Outcome.DIRECTION, Outcome.UNDECIDED, Outcome.FAILED
numbers = st.floats(-1e3, 1e3)


def outcome(first, second, **form):
    """What a comparison of `a` with `b` comes to: numbers of each for every seed."""
    comparison = Comparison.model_validate(form)
    values = {"run.a": first, "run.b": second}
    return compare(comparison, lambda side: values[side] if isinstance(side, str) else [side] * len(first)).outcome


def more(first, second, **size):
    return outcome(first, second, more="run.a", than="run.b", **size)


def test_the_interval_by_hand():
    # mean 2, standard deviation 1, Student's 97.5% quantile at 2 degrees of freedom 4.302653 (any table)
    found = estimate([1, 2, 3])
    assert (found.mean, found.seeds) == (2, 3)
    assert found.bounds == pytest.approx((2 - 4.302653 / 3**0.5, 2 + 4.302653 / 3**0.5), abs=1e-6)


@given(st.lists(numbers, min_size=2, max_size=8).filter(lambda values: np.ptp(values) > 1e-6))
def test_the_interval_is_students(values):
    low, high = stats.t.interval(0.95, len(values) - 1, np.mean(values), stats.sem(values))
    assert estimate(values).bounds == pytest.approx((low, high), rel=1e-6, abs=1e-6)


def test_a_single_seed_has_no_interval():
    found = estimate([0.5])
    assert (found.low, found.high, found.bounds) == (None, None, (0.5, 0.5))


def test_equal_numbers_have_an_interval_without_width():
    assert estimate([0.5, 0.5, 0.5]).bounds == (0.5, 0.5)


@pytest.mark.parametrize(
    ("first", "second", "expected"),
    [
        ([5, 6, 7], [1, 2, 3], AGREES),  # 4 in every seed
        ([1, 2, 3], [5, 6, 7], FAILED),
        ([1, 2, 3], [1, 2, 3], FAILED),  # 0 in every seed: not more
        ([1.0, 1.1, 1.2], [1.1, 1.0, 1.0], UNDECIDED),  # -0.1, 0.1, 0.2
        ([10, 20, 30], [9, 19, 29], AGREES),  # seeds differ by far more than the pairs do
        ([10, 20, 30], [29, 9, 19], UNDECIDED),  # the same numbers, other pairs: -19, 11, 11
        ([5], [4], AGREES),
        ([4], [5], FAILED),
        ([5], [5], FAILED),
    ],
)
def test_more_of_pairs(first, second, expected):
    assert more(first, second) == expected
    assert outcome(second, first, less="run.a", than="run.b") == expected  # b is less than a


@pytest.mark.parametrize(
    ("first", "size", "expected"),
    [
        # the second is 1, 1, 1; the reach of three differences that are d - 0.1, d, d + 0.1 is 0.2484
        ([1.9, 2.0, 2.1], {"by": 1}, AGREES),  # as large as claimed on average
        ([1.8, 1.9, 2.0], {"by": 1}, DIRECTION),  # certainly more, on average less than 1 more
        ([1.3, 1.4, 1.5], {"by": 1}, DIRECTION),  # certainly less than 1 more, but certainly more
        ([1.1, 1.2, 1.3], {"by": 0.1}, UNDECIDED),  # -0.05 to 0.45 more, which may be 0 as well as 0.1
        ([1.1, 1.2, 1.3], {"by": 1}, FAILED),  # perhaps none, and certainly not 1
        ([0.5, 0.6, 0.7], {"by": 1}, FAILED),
        ([2.9, 3.0, 3.1], {"times": 3}, AGREES),
        ([2.8, 2.9, 3.0], {"times": 3}, DIRECTION),
        ([2.0], {"by": 1}, AGREES),
        ([1.9], {"by": 1}, DIRECTION),
        ([0.9], {"by": 1}, FAILED),
        ([2.0], {"times": 2}, AGREES),
        ([1.9], {"times": 2}, DIRECTION),
    ],
)
def test_how_much_more(first, size, expected):
    second = [1.0] * len(first)
    assert more(first, second, **size) == expected
    assert outcome(second, first, less="run.a", than="run.b", **size) == expected


def test_a_fixed_number_on_either_side():
    form = {"more": "run.a", "than": 0.98}
    assert outcome([0.985, 0.986, 0.984], None, **form) == AGREES
    assert outcome([0.97, 0.971, 0.972], None, **form) == FAILED
    assert outcome([0.97, 0.98, 0.991], None, **form) == UNDECIDED
    assert outcome([1.52, 1.55, 1.6], None, more="run.a", than=1, by=0.5) == AGREES


@pytest.mark.parametrize(
    ("first", "expected"),
    [
        # the second is 1, 1, 1 and the tolerance 0.5
        ([1.0, 1.1, 1.2], AGREES),  # -0.15 to 0.35
        ([1.25, 1.35, 1.45], UNDECIDED),  # 0.10 to 0.60
        ([1.4, 1.5, 1.6], UNDECIDED),
        ([1.7, 1.8, 1.9], FAILED),  # 0.55 to 1.05
        ([0.1, 0.2, 0.3], FAILED),
        ([0.55, 0.65, 0.75], UNDECIDED),
        ([1.5], AGREES),
        ([0.5], AGREES),
        ([1.51], FAILED),
    ],
)
def test_equal(first, expected):
    assert outcome(first, [1.0] * len(first), equal="run.a", to="run.b", within=0.5) == expected


@pytest.mark.parametrize(
    ("side", "value", "low", "high", "expected"),
    [
        ("more", 0.2, 0.1, 0.3, Outcome.AGREES),
        ("more", 0.2, -0.1, 0.3, Outcome.UNDECIDED),
        ("more", -0.2, -0.5, 0.1, Outcome.UNDECIDED),
        ("more", -0.2, -0.3, -0.1, Outcome.FAILED),
        ("less", -0.2, -0.3, -0.1, Outcome.AGREES),
        ("less", -0.2, -0.3, 0.1, Outcome.UNDECIDED),
        ("less", 0.2, 0.1, 0.3, Outcome.FAILED),
    ],
)
def test_an_interval_of_its_own_decides_about_a_single_seed(side, value, low, high, expected):
    comparison = Comparison.model_validate({side: "a.b.c", "than": 0, "interval": ["a.b.low", "a.b.high"]})
    numbers = {"a.b.c": [value], "a.b.low": [low], "a.b.high": [high], 0: [0.0]}
    found = compare(comparison, numbers.__getitem__)
    assert found.outcome is expected
    assert (found.first.mean, found.first.bounds) == (value, (low, high))


def test_several_seeds_have_students_interval_whatever_theirs_are():
    comparison = Comparison.model_validate({"more": "a.b.c", "than": 0, "interval": ["a.b.low", "a.b.high"]})
    numbers = {"a.b.c": [0.2, 0.21, 0.2], "a.b.low": [-1.0] * 3, "a.b.high": [1.0] * 3, 0: [0.0] * 3}
    assert compare(comparison, numbers.__getitem__).outcome is Outcome.AGREES


@pytest.mark.parametrize("other", [{"than": 1}, {"by": 0.1}, {"times": 2}, {"than": "a.b.d"}])
def test_an_interval_of_its_own_is_that_of_a_direction(other):
    with pytest.raises(ValueError, match="with an 'interval'"):
        Comparison.model_validate({"more": "a.b.c", "than": 0, "interval": ["a.b.low", "a.b.high"]} | other)


@given(st.lists(st.floats(-1, 1), min_size=3, max_size=6).filter(lambda values: np.ptp(values) > 1e-3))
def test_equal_is_two_one_sided_tests(differences):
    """At 2.5% each: Schuirmann 1987."""
    below = stats.ttest_1samp(differences, -0.3, alternative="greater").pvalue
    above = stats.ttest_1samp(differences, 0.3, alternative="less").pvalue
    found = outcome(differences, [0.0] * len(differences), equal="run.a", to="run.b", within=0.3)
    assert (found == AGREES) == (max(below, above) < 0.025)


@given(st.lists(st.floats(-1, 1), min_size=3, max_size=6).filter(lambda values: np.ptp(values) > 1e-3))
def test_more_is_a_paired_test(differences):
    """At 2.5% on either side."""
    second = np.arange(len(differences))
    first = second + differences
    p = stats.ttest_rel(first, second, alternative="greater").pvalue
    expected = AGREES if p < 0.025 else FAILED if p > 0.975 else UNDECIDED
    assert more(first, second) == expected


@given(st.lists(numbers, min_size=1, max_size=5), st.lists(numbers, min_size=5, max_size=5))
def test_two_opposite_comparisons_never_both_agree(first, second):
    second = second[: len(first)]
    assert {more(first, second), more(second, first)} != {AGREES}


@pytest.mark.parametrize(
    ("values", "expected"),
    [
        # published 1, tolerance 0.1; the reach of d - s, d, d + s is 2.484 s
        ([1.0, 1.0, 1.0], AGREES),
        ([1.1, 1.1, 1.1], AGREES),
        ([1.11, 1.11, 1.11], FAILED),
        ([0.89, 0.89, 0.89], FAILED),
        ([1.06, 1.09, 1.12], AGREES),  # 1.02 to 1.16
        ([1.1, 1.2, 1.3], UNDECIDED),  # 0.95 to 1.45
        ([1.3, 1.4, 1.5], FAILED),  # 1.15 to 1.65, widened to 1.05
        ([0.96, 1.0, 1.04], AGREES),  # half as wide as the tolerance: 0.099
        ([0.95, 1.0, 1.05], UNDECIDED),  # 0.124: holds 1, and so much else
        ([0.0, 1.0, 2.0], UNDECIDED),
        ([1.05], AGREES),
        ([1.2], FAILED),
    ],
)
def test_near(values, expected):
    assert near(estimate(values), 1.0, 0.1 + 1e-12) == expected


def test_the_weakest_of_several():
    assert weakest([AGREES, DIRECTION, AGREES]) == DIRECTION
    assert weakest([DIRECTION, UNDECIDED]) == UNDECIDED
    assert weakest([UNDECIDED, FAILED, AGREES]) == FAILED
    assert weakest([AGREES]) == AGREES


def test_what_is_reported_of_a_comparison():
    comparison = Comparison(less="run.a", than="run.b")
    found = compare(comparison, {"run.a": [1, 2, 3], "run.b": [5, 6, 8]}.__getitem__)
    assert (found.first.mean, found.second.mean) == (2, pytest.approx(19 / 3))
    assert found.difference.mean == pytest.approx(13 / 3)  # the larger one less the smaller one, as claimed
    assert found.outcome == AGREES


INF = float("inf")


@pytest.mark.parametrize(
    ("first", "expected"),
    [
        # the second is 1, 1, 1; a loss of a run that diverged is above any number
        ([INF, INF, INF], AGREES),
        ([INF], AGREES),
        ([3.0, 3.1, INF], AGREES),  # more in every seed: 2.0 to 2.1, whose interval is 1.4 to 2.7
        ([1.1, 2.0, INF], UNDECIDED),  # 0.1 and 1.0: their interval holds 0
        ([0.5, INF, INF], UNDECIDED),  # one run is no more
        ([0.1, 0.2, INF], UNDECIDED),
    ],
)
def test_a_loss_that_diverged_is_more_than_any(first, expected):
    second = [1.0] * len(first)
    assert more(first, second) == expected
    assert outcome(second, first, less="run.a", than="run.b") == expected
    turned = FAILED if expected == AGREES else UNDECIDED
    assert more(second, first) == turned
    assert outcome(first, second, equal="run.a", to="run.b", within=0.5) == (FAILED if turned == FAILED else UNDECIDED)


def test_of_two_losses_that_diverged_none_is_more():
    assert more([INF, INF], [INF, INF]) == UNDECIDED
    assert more([3.0, INF], [1.0, INF]) == UNDECIDED
    assert outcome([INF], [INF], equal="run.a", to="run.b", within=1) == UNDECIDED


def test_a_number_that_diverged_is_near_none():
    assert near(estimate([INF, INF]), 2.0, 0.5) == FAILED
    assert near(estimate([2.0, 2.1, INF]), 2.0, 0.5) == UNDECIDED
    assert near(estimate([3.0, 3.01, INF]), 2.0, 0.5) == FAILED
    assert estimate([INF, -INF]).bounds == (-INF, INF)
    assert estimate([-INF, 1.0, 1.0]).bounds == (-INF, 1.0)
