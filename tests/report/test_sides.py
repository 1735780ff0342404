"""Which side decides a claim: this run, or the reference results."""

import pytest

from revisit.report import sides, verdicts
from revisit.report.records import Judged

JUDGED = Judged.__annotations__.keys()
UNTESTABLE = "not testable at this scale"


def row(verdict="agrees", data="published", counted=False, ours=0.5):
    """A row of `judgements.judge_all`, as far as the sides read it; `id` stands for all that both have in common."""
    nothing = {"ours_low": None, "ours_high": None, "reason": "", "parts": [], "values": [], "hypotheses": []}
    nothing |= {"scale": "demo"}
    return nothing | {"id": "a", "ours": ours, "seeds": 1, "data": data, "verdict": verdict, "counted": counted}


def decided(own, reference, scale="demo"):
    (found,) = sides.both([own | {"scale": scale}], None if reference is None else [reference | {"scale": "paper"}])
    return found


@pytest.mark.parametrize(
    ("own", "scale", "side"),
    [
        (row(UNTESTABLE), "demo", "reference"),
        (row("agrees", "drawn"), "demo", "reference"),
        (row("not reproduced", "copy"), "demo", "reference"),
        (row("agrees"), "demo", "reference"),  # fewer images and steps than published
        (row("not reproduced"), "paper", "run"),  # one's own run of the published protocol
        (row("undecided", "copy"), "paper", "run"),
        (row("agrees", "drawn"), "paper", "reference"),  # stand-ins are never the published data
        (row(UNTESTABLE), "paper", "reference"),
        (row("agrees", None, counted=True), "demo", "run"),
        (row("published value in error", None, counted=True), "paper", "run"),
        (row("impossible", "drawn"), "demo", "run"),
    ],
)
def test_which_side_decides(own, scale, side):
    reference = row("exceeds", "copy", own["counted"], ours=0.75)
    found = decided(own, reference, scale)
    deciding = {"run": own | {"scale": scale}, "reference": reference | {"scale": "paper"}}[side]
    assert found["decided_by"] == side
    assert [found[key] for key in JUDGED] == [deciding[key] for key in JUDGED]
    assert (found["run"]["verdict"], found["reference"]["verdict"]) == (own["verdict"], "exceeds")
    assert (found["run"]["ours"], found["reference"]["ours"]) == (0.5, 0.75)


@pytest.mark.parametrize(
    ("scale", "kept", "side"),
    [
        ("demo", "laptop", "reference"),
        ("laptop", "laptop", "run"),
        ("laptop", "paper", "reference"),
        ("paper", "laptop", "run"),
    ],
)
def test_the_larger_scale_decides_and_of_equal_ones_this_run(scale, kept, side):
    (found,) = sides.both([row("agrees", "copy") | {"scale": scale}], [row("undecided", "copy") | {"scale": kept}])
    assert (found["decided_by"], found["scale"]) == (side, scale if side == "run" else kept)


@pytest.mark.parametrize("verdict", [UNTESTABLE, "agrees"])
@pytest.mark.parametrize("reference", [row(UNTESTABLE), None])
def test_a_reference_that_says_nothing_decides_nothing(verdict, reference):
    found = decided(row(verdict, "drawn"), reference)
    assert (found["decided_by"], found["verdict"]) == ("run", verdict)
    assert (found["reference"] is None) == (reference is None)


def test_what_both_sides_have_in_common_is_the_run_s():
    found = decided(row(UNTESTABLE) | {"figure": "curves"}, row() | {"figure": "nowhere"})
    assert found["figure"] == "curves"
    assert JUDGED == found["run"].keys() == found["reference"].keys()


def test_without_a_run_the_reference_decides_even_that_it_cannot():
    first, second = (row("agrees") | {"id": "a"}), (row(UNTESTABLE) | {"id": "b", "reason": "none"})
    found = sides.alone([first, second])
    assert [(one["id"], one["verdict"], one["decided_by"], one["run"]) for one in found] == [
        ("a", "agrees", "reference", None),
        ("b", UNTESTABLE, "reference", None),
    ]
    assert [one["reference"]["reason"] for one in found] == ["", "none"]


def test_rows_of_different_claims_are_a_mistake():
    with pytest.raises(ValueError):
        sides.both([row(), row()], [row()])


def test_the_verdicts_are_those_of_the_engine():
    assert {UNTESTABLE, "impossible", "published value in error"} <= set(verdicts.Verdict)
