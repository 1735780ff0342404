"""Tables as a whole, against SciPy and an enumeration of all orders."""

import math
from itertools import permutations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.stats import spearmanr

from revisit.report import judgements
from revisit.report.claims import Claim
from revisit.report.seeds import Seeds
from revisit.report.tables import LEVEL, PERMUTATIONS, agreement
from revisit.report.verdicts import Conditions

columns = st.lists(st.tuples(st.integers(0, 9), st.integers(0, 9)), min_size=3, max_size=12)


@given(columns.filter(lambda rows: all(len(set(column)) > 1 for column in zip(*rows, strict=True))))
def test_the_correlation_is_spearmans(rows):
    """Ties among the numbers share their ranks."""
    published, ours = zip(*rows, strict=True)
    assert agreement(published, ours).correlation == pytest.approx(spearmanr(published, ours).statistic)


@pytest.mark.parametrize(
    "ours", [[1, 2, 3, 4, 5], [2, 1, 3, 5, 4], [5, 4, 3, 2, 1], [3, 1, 2, 5, 4], [1, 1, 2, 2, 3], [3, 3, 1, 3, 3]]
)
def test_p_is_the_share_of_orders_that_do_as_well(ours):
    published = [0.6743, 0.8441, 0.8461, 0.8505, 0.8510]
    found = spearmanr(published, ours).statistic
    all_orders = [spearmanr(published, order).statistic for order in permutations(ours)]
    exact = np.mean([value >= found - 1e-9 for value in all_orders])
    error = math.sqrt(exact * (1 - exact) / PERMUTATIONS)
    assert agreement(published, ours).p == pytest.approx(exact, abs=4 * error + 1 / PERMUTATIONS)


def test_five_numbers_pass_with_one_neighbouring_pair_exchanged_and_no_more():
    """Of the 120 orders of five numbers 1 is right, and 4 exchange neighbours: 5/120 is less than the level."""
    assert agreement(range(5), [1, 0, 2, 3, 4]).p < LEVEL < agreement(range(5), [1, 0, 3, 2, 4]).p


def test_the_mean_absolute_difference():
    assert agreement([1, 2, 4], [2, 1, 4.5]).difference == pytest.approx(2.5 / 3)


@pytest.mark.parametrize(("published", "ours"), [([1, 2, 3, 4], [0.3] * 4), ([0.3] * 4, [1, 2, 3, 4])])
def test_a_column_of_equal_numbers_has_no_order(published, ours):
    found = agreement(published, ours)
    assert (found.correlation, found.p) == (0, 1)
    assert found.difference == pytest.approx(2.2)


def test_the_same_table_has_the_same_p_again():
    rng = np.random.default_rng(1)
    published, ours = rng.random((2, 20))
    assert agreement(published, ours) == agreement(published, ours)


# The rule of a table as a whole

PAPER = Conditions("paper", {})
PUBLISHED = [0.67, 0.70, 0.75, 0.80, 0.84, 0.86]


def claim(name, rule, **changes):
    entry = {"id": f"s_{name}", "study": "s", "source": "S0", "place": "Table 1", "statement": "It is so."}
    return Claim.model_validate(entry | {"published": None, "rule": rule} | changes)


def table(ours, conditions=PAPER, difference=0.02, **changes):
    """The row of a table as a whole; `ours`: for every number its seeds."""
    near = {"kind": "near", "absolute": 0.01}
    members = [
        claim(n, near, group="g", published=number, ours=f"a{n}.x", **changes) for n, number in enumerate(PUBLISHED)
    ]
    other = claim("other", near, group="h", published=0.5, ours="a0.x")
    whole = claim("table", {"kind": "table", "group": "g", "difference": difference})
    seeds = Seeds({f"a{n}": [{"x": value} for value in of_seeds] for n, of_seeds in enumerate(ours)})
    return judgements.judge_all([other, *members, whole], "s", seeds, conditions)[-1]


def shifted(by):
    return [[number + by, number + by + 0.002] for number in PUBLISHED]


@pytest.mark.parametrize(
    ("ours", "expected"),
    [
        (shifted(0.01), "agrees"),
        (shifted(0.05), "same direction"),
        (shifted(0.05)[::-1], "not reproduced"),
        ([[0.77, 0.77]] * 6, "not reproduced"),  # a constant, however near
        ([[number] for number in (0.75, 0.77, 0.72, 0.80, 0.70, 0.76)], "not reproduced"),
    ],
)
def test_tables_as_a_whole(ours, expected):
    assert table(ours, difference=0.03)["verdict"] == expected


def test_what_is_shown_of_a_table():
    row = table(shifted(0.01))
    assert [shown["label"] for shown in row["values"]] == [
        "rank correlation",
        "p by permutation",
        "mean absolute difference",
    ]
    correlation, p, difference = (shown["value"] for shown in row["values"])
    assert correlation == 1
    assert p == pytest.approx(1 / 720, abs=0.001)
    assert difference == pytest.approx(0.011)
    assert (row["seeds"], row["data"], row["reason"]) == (2, "published", "")


def test_a_table_needs_what_its_numbers_need():
    row = table(shifted(0), Conditions("paper", {"a3": "drawn"}))
    assert (row["verdict"], row["data"]) == ("not testable at this scale", "drawn")
    assert "stand-ins" in row["reason"]
    assert table(shifted(0), Conditions("demo", {}))["reason"].startswith("needs scale")
    assert table([*shifted(0)[:-1], [None]])["verdict"] == "not testable at this scale"
    assert table(shifted(0)[:-1])["reason"] == "this run has no a5"
    assert table(shifted(0), Conditions("paper", {"a1": "copy"}))["data"] == "copy"


def test_an_impossible_number_stays_in_its_table():
    assert table(shifted(0), possible={"share_of": 3})["verdict"] == "agrees"


def test_at_laptop_scale_a_table_has_an_order_and_no_numbers():
    laptop = Conditions("laptop", {}, "a day")
    row = table(shifted(0.3), laptop)
    assert (row["verdict"], row["scale"]) == ("same direction", "laptop")
    assert row["reason"] == "at laptop scale only the order counts"
    assert table(shifted(0), laptop)["verdict"] == "same direction"  # at best
    row = table(shifted(0)[::-1], laptop)
    assert (row["verdict"], row["reason"]) == ("not testable at this scale", "needs scale: paper (a day)")
    assert table(shifted(0), Conditions("laptop", {"a3": "drawn"}))["reason"].endswith("and the published data")
    assert table(shifted(0)[:-1], laptop)["reason"] == "this run has no a5"
    demo = Conditions("laptop", {}, scales={"a2": "demo"})
    assert (table(shifted(0), demo)["scale"], table(shifted(0), demo)["verdict"]) == ("demo", row["verdict"])
    mixed = Conditions("paper", {}, scales={"a2": "laptop"})
    assert table(shifted(0), mixed)["verdict"] == "same direction"
