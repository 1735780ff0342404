"""What the opening says, against claims counted by hand."""

import pytest

from revisit.report import judgements, opening, verdicts


def claim(verdict="agrees", seeds=1, data="published", counted=False, reason="", by="run", scale="paper"):
    """A row of claims.json, as far as the opening reads it."""
    row = {"verdict": verdict, "seeds": seeds, "data": data, "counted": counted, "reason": reason}
    return row | {"decided_by": by, "scale": scale}


UNTESTABLE = claim("not testable at this scale", seeds=3, reason="needs scale: paper (an hour)")


def study(claims, name="fashion", **about):
    described = {"study": name, "title": name.title(), "cost": "an hour", "sources": {}, "provenance": {}}
    return described | {"claims": claims} | about


def test_the_verdicts_are_those_of_the_engine():
    assert (opening.UNTESTABLE, opening.IMPOSSIBLE) == (verdicts.Verdict.UNTESTABLE, verdicts.Verdict.IMPOSSIBLE)
    assert list(opening.DATA) == list(opening.ORIGINS) == list(verdicts.DATA)


@pytest.mark.parametrize(
    ("row", "told"),
    [
        (claim(), "one run"),
        (claim(seeds=3), "3 seeds"),
        (claim("undecided", 5, "copy"), "5 seeds, on a copy of the data"),
        (claim("not reproduced", 1, "drawn"), "one run, on stand-ins"),
        (claim("same direction", 2, scale="laptop"), "2 seeds, at laptop scale"),
        (claim("agrees", 3, "copy", scale="laptop"), "3 seeds, on a copy of the data, at laptop scale"),
        (claim(data=None, counted=True, scale="laptop"), ""),
        (claim(seeds=3, by="reference"), "reference, 3 seeds"),
        (claim(data="copy", by="reference"), "reference, one run, on a copy of the data"),
        (claim(data=None, counted=True), ""),
        (claim("impossible"), ""),
        (UNTESTABLE, ""),
    ],
)
def test_how_sure_a_verdict_is(row, told):
    assert opening.surety(row) == told


def test_claims_are_counted_by_what_judged_them():
    rows = [
        claim(counted=True, data=None),
        claim("published value in error", counted=True, data=None),
        claim("impossible", data="copy"),
        claim("impossible", counted=True, data=None),  # counts once
        claim("agrees", 3),
        claim("exceeds", 1, "copy"),
        claim("undecided", 2, "copy"),
        claim("not reproduced", 1, "drawn"),
        UNTESTABLE,
    ]
    assert opening.told(rows) == (
        "Of 9 claims 8 are judged: 4 by counting networks or by a bound that no run can pass, and 4 by runs, "
        "2 of them on copies of data or weights, 1 on stand-ins, and 2 on one run alone."
    )
    assert opening.told([claim(seeds=3), UNTESTABLE]) == (
        "Of 2 claims 1 is judged: 0 by counting networks or by a bound that no run can pass, and 1 by runs, "
        "none of them on copies of data or weights and none on one run alone."
    )
    shortened = [claim(seeds=2, scale="laptop"), claim("impossible", scale="laptop")]
    assert opening.told(shortened).endswith(
        "and 1 by runs, none of them on copies of data or weights, 1 at laptop scale, where only directions count, "
        "and none on one run alone."
    )
    assert opening.told([claim(counted=True), claim(counted=True)]).endswith("can pass, and none by runs.")
    assert opening.told([UNTESTABLE]) == "None of the 1 claims is judged."


def test_claims_that_the_reference_decided_are_told():
    rows = [claim(seeds=3, by="reference"), claim(data="copy", by="reference"), claim(data="drawn"), UNTESTABLE]
    assert opening.told(rows) == (
        "Of 4 claims 3 are judged: 0 by counting networks or by a bound that no run can pass, and 3 by runs, "
        "2 of them by the reference results, 1 of them on copies of data or weights, 1 on stand-ins, "
        "and 2 on one run alone."
    )
    assert "and 2 by runs, all of them by the reference results, 1 of them on copies" in opening.told(rows[:2])
    assert "and 1 by runs, 1 of them by the reference results, none" in opening.told(rows[:1])


def made(date="2026-02-01", machine="a CPU", data="published", weights=None, scale="paper"):
    """How a reference result was made, as far as the opening reads it."""
    return {"scale": scale, "date": date, "machine": machine, "data": data, "weights": weights}


def test_the_reference_results_say_how_many_when_and_where():
    def of(*experiments):
        return study([], reference={"experiments": {str(number): each for number, each in enumerate(experiments)}})

    assert opening.references([of(), of()]) == ""
    alone = opening.references([of(made())], ran=False)
    assert alone.endswith("on a CPU. They are part of the repository.")
    assert opening.references([of(made()), of()]) == (
        "the published protocols of 1 experiment, run in full on the published data, 2026-02-01, on a CPU. "
        "They are part of the repository and judge what this run cannot."
    )
    several = [of(made(), made("2026-01-07", "a GPU", "copy")), of(made(weights="copy"))]
    assert opening.references(several).startswith(
        "the published protocols of 3 experiments, run in full on the published data, 2 of them on copies of data or "
        "weights, 2026-01-07 to 2026-02-01, on a CPU and a GPU."
    )
    assert opening.references([of(made(), made(scale="laptop"))]).startswith(
        "the published protocols of 2 experiments, run in full or, 1 of them, shortened to laptop scale, on the "
        "published data, 2026-02-01"
    )


def test_what_cannot_be_judged_says_what_it_needs_and_how_often():
    both = claim(UNTESTABLE["verdict"], reason="needs scale: paper and the published data (an hour)")
    missing = [
        claim(UNTESTABLE["verdict"], reason=f"this run has no {what}")
        for what in ("x.train.loss", "y.probe", "number for some entries of the table")
    ]
    short = claim(UNTESTABLE["verdict"], reason="a run was too short, or it diverged")
    studies = [study([claim(), both, both, *missing, both, both, short], "voc"), study([claim()]), study([])]
    assert opening.needs(studies) == [
        {
            "study": "voc",
            "title": "Voc",
            "cost": "an hour",
            "untestable": 8,
            "claims": 9,
            "needs": [
                ("scale: paper and the published data", 4),
                ("a number that this run does not have", 3),
                ("a run was too short, or it diverged", 1),
            ],
        }
    ]


def test_the_reasons_of_the_engine_are_understood():
    conditions = verdicts.Conditions("demo", {"x": "drawn"}, "two days (on one GPU)")
    entry = {"id": "a", "study": "s", "source": "S0", "place": "p", "statement": "t", "published": 1}
    entry |= {"ours": "x.train.loss", "rule": {"kind": "near", "absolute": 1}}
    row = judgements.judge(verdicts.Claim.model_validate(entry), verdicts.Seeds({"x": [{}]}), conditions)
    (found,) = opening.needs([study([row], cost=conditions.cost)])
    assert found["needs"] == [("scale: paper and the published data", 1)]
    here = judgements.judge(
        verdicts.Claim.model_validate(entry), verdicts.Seeds({"x": [{}]}), verdicts.Conditions("paper", {})
    )
    assert opening.needs([study([here])])[0]["needs"] == [("a number that this run does not have", 1)]
    lacking = claim(UNTESTABLE["verdict"], reason="the reference results have no x")
    assert opening.needs([study([lacking])])[0]["needs"] == [("a number that no reference result has", 1)]


def test_the_opening_says_at_which_scales_the_studies_were_run():
    demo, paper = study([], scales={"a": "demo", "b": "demo"}), study([], "lenet", scales={"c": "paper"})
    both = study([], "rows", scales={"d_1": "paper", "e": "demo", "f_2": "paper"})
    assert opening.scale([demo]) == f"Demo scale: {opening.MEANING['demo']}."
    assert opening.scale([paper, demo]) == (
        f"Several scales. Demo: {opening.MEANING['demo']} (Fashion). Paper: {opening.MEANING['paper']} (Lenet)."
    )
    assert opening.scale([both]) == (
        f"Several scales. Demo: {opening.MEANING['demo']} (part of Rows). "
        f"Paper: {opening.MEANING['paper']} (part of Rows)."
    )
    assert opening.scale([study([], scales={})]) == ""  # nothing was run
    assert [opening.scales_of(of) for of in (demo, both)] == ["demo.", "demo: e; paper: d 1, f 2."]


@pytest.mark.parametrize(
    ("provenance", "told"),
    [
        ({}, ""),
        ({"a": "published", "b": "published"}, "The data are the published data sets."),
        ({"a": "copy"}, opening.DATA["copy"]),
        ({"a": "drawn"}, opening.DATA["drawn"]),
        (
            {"a": "published", "b": "copy"},
            "2 data sets: 1 as published; 1 as a copy, not the publishers' bytes. Each study says which.",
        ),
        (
            {"a": "drawn", "b": "copy", "c": "copy"},
            f"3 data sets: 2 as copies, not the publishers' bytes; 1 as a stand-in, {opening.STAND_INS} "
            "Each study says which.",
        ),
    ],
)
def test_whose_the_data_are(provenance, told):
    one, other = dict(list(provenance.items())[:1]), dict(list(provenance.items())[1:])
    assert opening.data([study([], provenance=one), study([], provenance=other), study([], provenance=one)]) == told


def test_no_mirror_passes_for_the_publisher():
    sources = {"a": "web", "b": "mirror", "c": "mirror", "d": "embedded"}
    provenance = {"a": "published", "b": "published", "c": "copy", "d": "drawn"}
    described = study([], provenance=provenance, sources=sources)
    told = opening.origin(described | {"left_out": {"a": "cats: 2 .heic"}}, "a")
    assert told.endswith(". Files that are not read were left out: cats: 2 .heic")
    assert [opening.origin(described, name) for name in "abcd"] == [
        "the published files, from the publisher's own address",
        "the published files, by their checksums",
        "a copy: not the publisher's bytes",
        "made here, in the place of the published data set",
    ]
