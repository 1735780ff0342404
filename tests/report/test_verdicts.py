"""The verdict of a claim: its rule, and what stands in the way of it."""

import math

import pytest

from revisit.errors import ArtifactError
from revisit.report import judgements
from revisit.report.claims import Claim
from revisit.report.seeds import Seeds
from revisit.report.verdicts import Conditions

ACCURATE = {"a": [0.906, 0.91, 0.914], "b": [0.70, 0.71, 0.72], "c": [0.905, 0.9, 0.925], "d": [0.2, 0.9, 0.5]}
PAPER = Conditions("paper", {})
ENTRY = {"id": "s_c", "study": "s", "source": "S0", "place": "Q 1", "statement": "It is so.", "published": None}


def claim(rule, **changes):
    return Claim.model_validate(ENTRY | {"rule": rule} | changes)


def near(published, ours="a.x", *, size=0.01, direction=(), better=None, **changes):
    rule = {"kind": "near", "absolute": size, "better": better, "direction": list(direction)}
    return claim(rule, published=published, ours=ours, **changes)


def compare(*comparisons, **changes):
    return claim({"kind": "compare", "all": list(comparisons)}, **changes)


def more(first, second, **size):
    return {"more": first, "than": second} | size


def seeds(values=None):
    numbers = ACCURATE if values is None else values
    return Seeds({name: [{"x": value} for value in of_seeds] for name, of_seeds in numbers.items()})


def judge(given, values=None, conditions=PAPER):
    return judgements.judge(given, seeds(values), conditions)


def verdict(given, values=None, conditions=PAPER):
    return judge(given, values, conditions)["verdict"]


ORDERED = [  # at any scale that gives directions
    (compare(more("a.x", "b.x")), "agrees"),
    (compare(more("b.x", "a.x")), "not reproduced"),
    (compare(more("c.x", "a.x")), "undecided"),
    (compare(more("a.x", "b.x", by=0.5)), "same direction"),
]


@pytest.mark.parametrize(
    ("given", "expected"),
    [
        *ORDERED,
        (compare(more("a.x", "b.x"), more("a.x", 0.8)), "agrees"),
        (compare(more("a.x", "b.x"), more("c.x", "a.x")), "undecided"),
        (compare(more("b.x", "a.x"), more("c.x", "a.x")), "not reproduced"),
        (compare(more("a.x", "b.x", by=0.5), more("a.x", "b.x")), "same direction"),
        (compare({"equal": "a.x - b.x", "to": 0.2, "within": 0.02}), "agrees"),
        (compare({"equal": "a.x - b.x", "to": 0.2, "within": 0.01}), "undecided"),
        (near(0.91), "agrees"),
        (near(0.929), "agrees"),  # 0.9001 to 0.9199 and 0.01 more
        (near(0.931), "not reproduced"),
        (near(0.95), "not reproduced"),
        (near(0.95, better="higher"), "not reproduced"),
        (near(0.95, better="lower"), "exceeds"),
        (near(0.85, better="higher"), "exceeds"),
        (near(0.85, better="lower"), "not reproduced"),
        (near(0.85), "not reproduced"),
        (near(0.85, direction=[more("a.x", "b.x")]), "same direction"),
        (near(0.85, direction=[more("b.x", "a.x")]), "not reproduced"),
        (near(0.85, direction=[more("a.x", "b.x", by=0.5)]), "not reproduced"),
        (near(0.85, direction=[more("a.x", "b.x"), more("c.x", "a.x")]), "not reproduced"),
        (near(0.85, direction=[more("a.x", "nowhere.x")]), "not reproduced"),
        (near(0.85, better="higher", direction=[more("a.x", "b.x")]), "exceeds"),
        (near(0.91, direction=[more("b.x", "a.x")]), "agrees"),  # the number itself decides
        (near(0.6, "d.x", size=0.02), "undecided"),
        (near(0.6, "d.x", size=0.02, direction=[more("a.x", "b.x")]), "undecided"),
    ],
)
def test_verdicts(given, expected):
    assert verdict(given) == expected


def test_undecided_says_why():
    assert judge(near(0.6, "d.x"))["reason"] == (
        "the interval over 3 seeds holds the published number, but is too wide to confirm it"
    )
    assert judge(compare(more("c.x", "a.x")))["reason"] == "the interval over 3 seeds excludes neither"


def test_a_relative_tolerance():
    rule = {"kind": "near", "relative": 0.25}
    given = claim(rule, published=-2, ours="a.x")
    assert verdict(given, {"a": [-2.5]}) == "agrees"
    assert verdict(given, {"a": [-2.51]}) == "not reproduced"
    assert verdict(given, {"a": [2]}) == "not reproduced"


@pytest.mark.parametrize(
    ("values", "expected"),
    [([832, 832], "agrees"), ([833, 833], "not reproduced"), ([831, 833], "not reproduced"), ([832], "agrees")],
)
def test_a_count_is_the_published_one_in_every_seed(values, expected):
    assert verdict(claim({"kind": "exact"}, published=832, ours="a.x"), {"a": values}) == expected


def test_a_single_seed_decides_by_its_number():
    assert verdict(near(0.91), {"a": [0.915]}) == "agrees"
    assert verdict(compare(more("a.x", "b.x")), {"a": [0.915], "b": [0.914]}) == "agrees"
    row = judge(compare(more("a.x", "b.x")), {"a": [0.91, 0.9], "b": [0.8]})
    assert (row["seeds"], row["parts"][0]["low"]) == (1, None)


WRONG = {"correct": 10250, "explanation": "1024 × 10 + 10 is 10,250"}


def test_a_known_error_is_the_verdict_only_when_ours_is_the_right_value():
    given = claim({"kind": "exact"}, published=11264, ours="a.x", known_error=WRONG)
    row = judge(given, {"a": [10250, 10250]})
    assert (row["verdict"], row["reason"]) == ("published value in error", WRONG["explanation"])
    assert verdict(given, {"a": [10249]}) == "not reproduced"
    assert verdict(given, {"a": [11264]}) == "agrees"


def test_a_known_error_may_be_what_our_runs_show():
    known = {"when": [{"less": "a.x", "than": 0.95}, more("b.x", 0.5)], "explanation": "It cannot be."}
    given = near(0.97, known_error=known)
    row = judge(given)
    assert (row["verdict"], row["reason"]) == ("published value in error", "It cannot be.")
    assert verdict(given, ACCURATE | {"b": [0.4, 0.4, 0.4]}) == "not reproduced"
    assert verdict(given, {"a": ACCURATE["a"]}) == "not reproduced"  # nothing shows that it is in error
    assert verdict(given, ACCURATE | {"a": [0.97, 0.97, 0.97]}) == "agrees"


def test_an_impossible_number_is_impossible_whatever_ours_is_and_wherever():
    given = claim({"kind": "exact"}, published=11264, ours="a.x", possible={"multiple_of": 1025})
    for values, conditions in [
        ({"a": [11264]}, PAPER),
        ({"a": [10250]}, PAPER),
        ({}, PAPER),
        ({"a": [10250]}, Conditions("demo", {"a": "drawn"})),
    ]:
        row = judge(given, values, conditions)
        assert row["verdict"] == "impossible"
        assert row["reason"] == row["possible"] == "it must be a multiple of 1,025, such as 11,275"


def test_a_possible_number_is_judged_and_its_bound_told():
    row = judge(near(0.972727, size=0.1, possible={"share_of": 880}))
    assert (row["verdict"], row["possible"]) == ("agrees", "856 of 880")
    assert judge(near(0.91))["possible"] is None


DEMO = Conditions("demo", {}, "12 hours")


def test_the_scale_stands_in_the_way_and_says_what_it_takes():
    row = judge(near(0.91), conditions=DEMO)
    assert (row["verdict"], row["reason"]) == ("not testable at this scale", "needs scale: paper (12 hours)")
    assert row["ours"] == pytest.approx(0.91)  # shown all the same
    assert verdict(near(0.91, comparable=["demo", "paper"]), conditions=DEMO) == "agrees"
    assert verdict(near(0.91, comparable=["demo"])) == "not testable at this scale"


def drawn(*names, scale="paper"):
    return Conditions(scale, dict.fromkeys(names, "drawn"))


def test_stand_ins_block_what_the_rule_itself_compares():
    needs = "needs the published data and weights; this run had stand-ins"
    assert judge(near(0.91), conditions=drawn("a"))["reason"] == needs
    assert judge(compare(more("a.x", "b.x")), conditions=drawn("b"))["reason"] == needs
    assert judge(near(0.91), conditions=drawn("a", scale="demo"))["reason"] == (
        "needs scale: paper and the published data"
    )
    for data in ("any", "none"):
        assert verdict(near(0.91, data=data), conditions=drawn("a")) == "agrees"


def test_stand_ins_block_nothing_that_stands_beside_the_rule():
    beside = {
        "values": [{"label": "b", "value": "b.x"}],
        "hypotheses": [{"statement": "So it is.", "holds": [more("b.x", 0.5)]}],
        "known_error": {"when": [more("b.x", 0.5)], "explanation": "Wrong."},
    }
    row = judge(near(0.91, direction=[more("a.x", "b.x")], **beside), conditions=drawn("b"))
    assert row["verdict"] == "agrees"
    assert row["values"][0]["value"] == pytest.approx(0.71)


def test_nothing_is_concluded_from_stand_ins_beside_the_rule():
    hypothesis = {"statement": "So it is.", "holds": [more("b.x", 0.5)]}
    known = {"when": [more("b.x", 0.5)], "explanation": "Wrong."}
    given = near(0.85, direction=[more("a.x", "b.x")], hypotheses=[hypothesis])
    assert (judge(given)["verdict"], judge(given)["hypotheses"][0]["held"]) == ("same direction", "supported")
    row = judge(given, conditions=drawn("b"))
    assert (row["verdict"], row["hypotheses"][0]["held"]) == ("not reproduced", "not testable")
    given = near(0.85, known_error=known)
    assert verdict(given) == "published value in error"
    assert verdict(given, conditions=drawn("b")) == "not reproduced"


def test_copies_are_judged_and_flagged():
    copies = Conditions("paper", {"a": "copy", "b": "published"})
    row = judge(compare(more("a.x", "b.x")), conditions=copies)
    assert (row["verdict"], row["data"]) == ("agrees", "copy")
    assert judge(near(0.71, "b.x"), conditions=copies)["data"] == "published"
    assert judge(near(0.91, data="any"), conditions=drawn("a"))["data"] == "drawn"


def test_networks_are_counted_whatever_the_data():
    row = judge(compare(more("a.x", "b.x"), data="none"), conditions=drawn("a", "b"))
    assert (row["verdict"], row["data"], row["counted"]) == ("agrees", None, True)
    assert not judge(near(0.91))["counted"]


def test_a_metric_that_this_run_has_not_is_named():
    row = judge(near(0.91, "elsewhere.x"))
    assert (row["verdict"], row["reason"]) == ("not testable at this scale", "this run has no elsewhere")
    assert judge(compare(more("a.x", "b.x"), more("a.x", "b.later.y")))["reason"] == "this run has no b.later"
    assert judge(near(0.91, "elsewhere.x"), conditions=DEMO)["reason"] == "this run has no elsewhere"
    assert judge(near(0.91, "a.later.y"), conditions=DEMO)["reason"].startswith("needs scale")


def test_a_null_metric_is_a_run_too_short_or_diverged():
    row = judge(near(0.91, "a.x * 2"), {"a": [0.4, None]})
    assert (row["ours"], row["verdict"]) == (None, "not testable at this scale")
    assert row["reason"] == "a run was too short, or it diverged"


def test_a_run_that_diverged_decides_and_has_no_number():
    metrics = {"a": [math.inf, math.inf], "b": [1.0, 1.1]}
    row = judge(compare(more("a.x", "b.x")), metrics)
    assert row["verdict"] == "agrees"
    assert row["parts"][0] | {"test": ""} == {
        "test": "", "first": None, "second": 1.05, "difference": None, "low": None, "high": None, "verdict": "agrees",
    }  # fmt: skip
    row = judge(near(0.91, "a.x"), metrics)
    assert (row["verdict"], row["reason"], row["ours"]) == ("not reproduced", "a run diverged", None)
    row = judge(near(0.91, "a.x"), metrics | {"a": [0.91, math.inf]})
    assert (row["verdict"], row["ours"]) == ("undecided", None)


def test_what_is_shown_beside_may_be_missing():
    beside = [{"label": "later", "value": "a.later"}, {"label": "there", "value": "a.x"}]
    row = judge(near(0.91, values=beside))
    assert row["verdict"] == "agrees"
    assert [shown["value"] for shown in row["values"]] == [None, pytest.approx(0.91)]


def test_an_expression_without_a_value_names_the_claim():
    with pytest.raises(ArtifactError, match=r"claim s_c: `a\.x / 0` has no value"):
        judge(near(0.91, "a.x / 0"))


@pytest.mark.parametrize(
    ("holds", "expected"),
    [
        ([more("a.x", "b.x")], "supported"),
        ([more("b.x", "a.x")], "not supported"),
        ([more("c.x", "a.x")], "undecided"),  # not excluded, but not shown either
        ([more("a.x", "b.x", by=0.5)], "not supported"),
        ([more("a.x", "b.x"), more("b.x", "a.x")], "not supported"),
        ([more("a.x", "b.x"), more("nowhere.x", "a.x")], "not testable"),
    ],
)
def test_hypotheses(holds, expected):
    given = near(0.91, hypotheses=[{"statement": "So it is.", "holds": holds}])
    assert judge(given)["hypotheses"] == [{"statement": "So it is.", "held": expected}]


def test_what_a_row_carries():
    row = judge(near(0.91, unit="shares", figure="results", items=["S0.1"], note="Read.", group="g"))
    told = {key: row[key] for key in ("id", "published", "unit", "seeds", "figure", "items", "note", "group")}
    assert told == {
        "id": "s_c",
        "published": 0.91,
        "unit": "shares",
        "seeds": 3,
        "figure": "results",
        "items": ["S0.1"],
        "note": "Read.",
        "group": "g",
    }
    reach = 4.302653 * 0.004 / 3**0.5
    assert (row["ours_low"], row["ours_high"]) == pytest.approx((0.91 - reach, 0.91 + reach))


def test_the_rule_and_its_parts_in_words():
    row = judge(compare(more("a.x", "b.x", by=0.1), {"equal": "a.x", "to": "c.x", "within": 0.05}))
    assert row["test"] == "a.x is more than b.x by at least 0.1; a.x equals c.x within 0.05"
    first, second = row["parts"]
    assert (first["first"], first["second"], first["difference"]) == pytest.approx((0.91, 0.71, 0.2))
    assert (first["verdict"], second["verdict"]) == ("agrees", "agrees")
    given = near(0.9, direction=[{"less": "b.x", "than": "a.x", "times": 1.2}])
    assert judge(given)["test"] == (
        "the interval of a.x over the seeds, widened by 0.01, holds 0.9; "
        "same direction: b.x is less than a.x at least 1.2 times"
    )
    assert judge(claim({"kind": "exact"}, published=51264, ours="a.x"))["test"] == "a.x equals 51,264"


def test_only_the_claims_of_a_study_are_judged():
    there, elsewhere = near(0.91), near(0.91, study="t", id="t_c")
    assert [row["id"] for row in judgements.judge_all([there, elsewhere], "s", seeds(), PAPER)] == ["s_c"]


# At laptop scale: directions, no numbers

LAPTOP = Conditions("laptop", {}, "12 hours")
UNTESTABLE = "not testable at this scale"
ZERO = {"more": "a.x - b.x", "than": 0}
LEVEL = {"more": "a.x", "than": 0.8}


@pytest.mark.parametrize(
    ("given", "expected"),
    [
        *ORDERED,
        (compare(ZERO), "agrees"),
        (compare({"equal": "c.x", "to": "a.x", "within": 0.1}), "agrees"),
        (compare(LEVEL), UNTESTABLE),  # a number, however well it agrees
        (compare(more("a.x", "b.x"), LEVEL), UNTESTABLE),
        (compare({"equal": "a.x - a.x", "to": 0, "within": 0.02}), UNTESTABLE),
        (compare(LEVEL, comparable=["laptop", "paper"]), "agrees"),
        (compare(LEVEL, comparable=["demo", "paper"]), "agrees"),  # laptop lies between
        (compare(LEVEL, data="none"), "agrees"),
        (compare(more("a.x", "b.x"), comparable=["demo"]), UNTESTABLE),
        (near(0.91), UNTESTABLE),
        (near(0.85, better="higher"), UNTESTABLE),
        (near(0.91, direction=[more("a.x", "b.x")]), "same direction"),  # at best
        (near(0.91, direction=[ZERO]), "same direction"),
        (near(0.91, direction=[more("b.x", "a.x")]), UNTESTABLE),
        (near(0.91, direction=[more("a.x", "b.x", by=0.5)]), UNTESTABLE),
        (near(0.91, direction=[more("a.x", "nowhere.x")]), UNTESTABLE),
        (near(0.91, direction=[LEVEL]), UNTESTABLE),
        (near(0.85, known_error={"when": [more("a.x", "b.x")], "explanation": "So."}), UNTESTABLE),
        (near(0.97, possible={"multiple_of": 2}), "impossible"),
        (claim({"kind": "exact"}, published=0.9, ours="d.x"), UNTESTABLE),
        (claim({"kind": "exact"}, published=832, ours="e.x", data="none"), "agrees"),
        (claim({"kind": "exact"}, published=832, ours="e.x", data="none", comparable=["demo", "paper"]), "agrees"),
    ],
)
def test_at_laptop_scale_directions_count_and_numbers_do_not(given, expected):
    row = judge(given, ACCURATE | {"e": [832, 832, 832]}, LAPTOP)
    assert (row["verdict"], row["scale"]) == (expected, "laptop")


def test_at_laptop_scale_a_number_says_what_it_needs():
    needs = "needs scale: paper (12 hours)"
    assert judge(near(0.91), conditions=LAPTOP)["reason"] == needs
    row = judge(near(0.91, direction=[more("a.x", "b.x")]), conditions=LAPTOP)
    assert row["reason"] == f"at laptop scale only the direction counts; the number {needs}"
    assert judge(compare(more("a.x", "b.x")), conditions=LAPTOP)["reason"] == ""


def test_a_direction_needs_the_smaller_of_the_scales_that_show_it():
    def reason(given):
        return judge(given, conditions=DEMO)["reason"]

    assert reason(compare(more("a.x", "b.x"))) == "needs scale: laptop or paper (12 hours)"
    assert reason(compare(LEVEL)) == "needs scale: paper (12 hours)"
    assert reason(near(0.91, direction=[more("a.x", "b.x")])) == "needs scale: paper (12 hours)"


def test_stand_ins_show_no_direction_at_laptop_scale_either():
    given = compare(more("a.x", "b.x"))
    assert judge(given, conditions=drawn("b", scale="laptop"))["verdict"] == UNTESTABLE
    given = near(0.91, direction=[more("a.x", "b.x")])
    assert judge(given, conditions=drawn("b", scale="laptop"))["verdict"] == UNTESTABLE


@pytest.mark.parametrize(
    ("scales", "scale", "verdicts_"),
    [
        ({}, "demo", [UNTESTABLE, UNTESTABLE]),
        ({"a": "paper"}, "demo", [UNTESTABLE, "agrees"]),
        ({"a": "paper", "b": "paper"}, "paper", ["agrees", "agrees"]),
        ({"a": "paper", "b": "laptop"}, "laptop", ["agrees", "agrees"]),
        ({"a": "laptop", "b": "paper"}, "laptop", ["agrees", UNTESTABLE]),
        ({"a": "laptop"}, "demo", [UNTESTABLE, UNTESTABLE]),
        ({"c": "paper"}, "demo", [UNTESTABLE, UNTESTABLE]),  # it decides nothing
    ],
)
def test_a_claim_has_the_smallest_scale_of_what_it_compares(scales, scale, verdicts_):
    conditions = Conditions("demo", {}, scales=scales)
    beside = [{"label": "c", "value": "c.x"}]
    rows = [judge(given, conditions=conditions) for given in (compare(more("a.x", "b.x"), values=beside), near(0.91))]
    assert rows[0]["scale"] == scale
    assert [row["verdict"] for row in rows] == verdicts_


def test_what_stands_beside_a_rule_has_the_scale_of_its_own_experiments():
    hypothesis = {"statement": "So it is.", "holds": [more("a.x", "b.x")]}
    level = {"statement": "And so.", "holds": [LEVEL]}
    given = near(0.85, direction=[more("a.x", "b.x")], hypotheses=[hypothesis, level])
    told = {"demo": ("not testable", "not reproduced"), "laptop": ("supported", "same direction")}
    for scale, (held, expected) in told.items():
        row = judge(given, conditions=Conditions("paper", {}, scales={"b": scale}))
        assert [found["held"] for found in row["hypotheses"]] == [held, "supported"]
        assert (row["verdict"], row["scale"]) == (expected, "paper")
    row = judge(given, conditions=LAPTOP)
    assert [found["held"] for found in row["hypotheses"]] == ["supported", "not testable"]
