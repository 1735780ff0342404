"""What was found in a few sentences, against claims counted by hand."""

import pytest

from revisit.report import summary, verdicts

UNTESTABLE = "not testable at this scale"


def claim(name="a", verdict="agrees", group=None, counted=False, **about):
    """A row of claims.json, as far as the sentences read it."""
    row = {"id": name, "verdict": verdict, "group": group, "counted": counted, "statement": f"Claim {name}."}
    row |= {"published": None, "ours": None, "unit": "", "reason": "", "hypotheses": []}
    return row | about


def texts(claims):
    return [sentence["text"] for sentence in summary.sentences(claims)]


def examples(claims):
    return [example["id"] for example in summary.sentences(claims)[0]["examples"]]


def test_the_verdicts_are_those_of_the_engine():
    assert set(summary.TELL) == set(verdicts.Verdict)
    assert summary.UNTESTABLE == verdicts.Verdict.UNTESTABLE


@pytest.mark.parametrize("verdict", verdicts.Verdict)
def test_one_claim_and_several(verdict):
    one, several = summary.TELL[verdict]
    assert texts([claim(verdict=verdict)]) == [one]
    assert texts([claim(name, verdict) for name in "abcd"]) == [several.format(4)]
    (sentence,) = summary.sentences([claim(name, verdict) for name in "abcd"])
    named = 0 if verdict == UNTESTABLE else 3
    assert (sentence["verdict"], len(sentence["examples"]), sentence["more"]) == (verdict, named, 4 - named)


def test_the_gravest_comes_first_and_there_are_ten_at_most():
    held = [{"statement": "Because.", "held": "supported"}]
    claims = [claim(verdict, verdict, hypotheses=held) for verdict in reversed(verdicts.Verdict)]
    found = summary.sentences(claims)
    assert [sentence["verdict"] for sentence in found] == [*summary.TELL, None]
    assert found[0]["verdict"] == "impossible"
    assert len(found) <= 10
    assert summary.sentences([]) == []


def test_one_claim_of_each_table_is_named_first_then_what_was_trained_then_what_has_a_number():
    rows = [claim("a1", group="a"), claim("a2", group="a"), claim("b1", group="b"), claim("c1", group="c")]
    assert examples(rows) == ["a1", "b1", "c1"]
    assert examples([claim("a1", group="a"), claim("a2", group="a"), claim("b")]) == ["a1", "b", "a2"]
    assert examples([claim("a", counted=True), claim("b"), claim("c", published=1)]) == ["c", "b", "a"]


@pytest.mark.parametrize(
    ("row", "told"),
    [
        (claim(), "Claim a."),
        (claim(published=0.97, ours=0.9612), "Claim a (published 0.97, ours 0.961)."),
        (claim(published=1000, ours=1024, unit="weights"), "Claim a (published 1,000 weights, ours 1,024 weights)."),
        (claim(published=0.97), "Claim a (published 0.97)."),
        (claim(reason="the interval is wide"), "Claim a."),
        (
            claim(verdict="published value in error", published=3, ours=4, reason="A filter was forgotten."),
            "Claim a (published 3, ours 4): A filter was forgotten.",
        ),
        (  # what a run gives says nothing of a value that no run can give; what is counted does
            claim(verdict="impossible", published=0.7, ours=0.2, reason="no share of 88"),
            "Claim a (published 0.7): no share of 88.",
        ),
        (
            claim(verdict="impossible", counted=True, published=7, ours=8, reason="no count"),
            "Claim a (published 7, ours 8): no count.",
        ),
    ],
)
def test_how_a_claim_is_named(row, told):
    ((example,),) = [sentence["examples"] for sentence in summary.sentences([row])]
    assert example == {"id": "a", "text": told}


def test_explanations_that_were_tested_are_counted_and_the_supported_named():
    def held(*words):
        return [{"statement": f"{word} {number}.", "held": word} for number, word in enumerate(words)]

    rows = [
        claim("a", hypotheses=held("supported", "not supported", "not testable")),
        claim("b", hypotheses=held("supported", "supported", "undecided", "supported")),
        claim("c"),
    ]
    told = summary.sentences(rows)[-1]
    assert told["text"] == "Of 6 explanations that were tested: 4 supported, 1 not supported, 1 undecided."
    assert told["verdict"] is None
    assert told["examples"] == [
        {"id": "a", "text": "supported 0."},
        {"id": "b", "text": "supported 0."},
        {"id": "b", "text": "supported 1."},
    ]
    assert told["more"] == 1
    assert len(texts([claim(hypotheses=held("not testable"))])) == 1
    assert texts([claim(hypotheses=held("undecided"))])[-1] == "One explanation was tested: undecided."


def test_a_row_for_each_study():
    studies = [
        {"study": "a", "title": "A", "claims": [claim(), claim("b", UNTESTABLE), claim("c")]},
        {"study": "b", "title": "B", "claims": []},
    ]
    first, second = summary.by_study(studies)
    assert first == {"study": "a", "title": "A", "claims": 3, "judged": 2, "counts": {"agrees": 2, UNTESTABLE: 1}}
    assert (second["claims"], second["judged"], second["counts"]) == (0, 0, {})
