import copy

import pytest
import yaml

from revisit.errors import ArtifactError, ConfigError
from revisit.report import claims, verdicts

METRICS = {"run": {"train": {"accuracy": 0.9, "parameters": 10250, "short": None, "values": 7}, "zero": {"x": 0}}}


def claim(**changes: object) -> claims.Claim:
    entry = {
        "id": "c",
        "study": "s",
        "source": "S0",
        "place": "Q 1",
        "statement": "It is so.",
        "published": 0.9,
        "ours": "run.train.accuracy",
        "rule": {"kind": "exact", "comparable": ["demo", "paper"]},
    }
    return claims.Claim.model_validate(entry | changes)


def rule(kind: str, **changes: object) -> dict:
    return {"kind": kind, "comparable": ["demo", "paper"]} | changes


def verdict(given: claims.Claim, scale: str = "demo", source: str = "embedded") -> str:
    return verdicts.judge(given, METRICS, scale, source)["verdict"]


@pytest.mark.parametrize(
    ("changes", "expected"),
    [
        ({}, "agrees"),
        ({"published": 0.91}, "not reproduced"),
        ({"published": 0.91, "rule": rule("within", absolute=0.02)}, "agrees"),
        ({"published": 0.95, "rule": rule("within", absolute=0.02)}, "not reproduced"),
        ({"published": 0.95, "rule": rule("within", relative=0.1)}, "agrees"),
        ({"published": 0.7, "rule": rule("within", relative=0.1)}, "not reproduced"),
        (
            {"published": 0.7, "rule": rule("within", relative=0.1, direction="run.train.accuracy > 0.5")},
            "same direction",
        ),
        (
            {"published": 0.7, "rule": rule("within", relative=0.1, direction="run.train.accuracy < 0.5")},
            "not reproduced",
        ),
        ({"published": None, "ours": "run.train.accuracy > 0.8", "rule": rule("holds")}, "agrees"),
        ({"published": None, "ours": "run.train.accuracy > 0.95", "rule": rule("holds")}, "not reproduced"),
        (
            {
                "published": None,
                "ours": "run.train.accuracy > 0.95",
                "rule": rule("holds", direction="run.train.accuracy > 0.5"),
            },
            "same direction",
        ),
    ],
)
def test_verdicts(changes, expected):
    assert verdict(claim(**changes)) == expected


def test_a_known_error_is_the_verdict_only_when_ours_is_the_right_value():
    known = {"correct": 10250, "explanation": "1024 x 10 + 10 is 10,250"}
    given = claim(published=11264, ours="run.train.parameters", known_error=known)
    row = verdicts.judge(given, METRICS, "demo", "embedded")
    assert (row["verdict"], row["reason"]) == ("published value in error", known["explanation"])
    assert verdict(claim(published=11264, ours="run.train.parameters - 1", known_error=known)) == "not reproduced"
    assert verdict(claim(published=10250, ours="run.train.parameters", known_error=known)) == "agrees"


def test_a_known_error_may_be_what_our_runs_show():
    known = {"when": "run.train.accuracy < 0.95 and run.train.parameters > 9", "explanation": "not believable"}
    given = claim(published=0.97, known_error=known)
    row = verdicts.judge(given, METRICS, "demo", "embedded")
    assert (row["verdict"], row["reason"]) == ("published value in error", "not believable")
    known["when"] = "run.train.accuracy < 0.5"
    assert verdict(claim(published=0.97, known_error=known)) == "not reproduced"
    known["when"] = "run.train.short < 0.5"
    assert verdict(claim(published=0.97, known_error=known)) == "not reproduced"


def test_what_cannot_be_tested_says_why():
    paper = claim(rule={"kind": "exact", "comparable": ["paper"]})
    assert verdict(paper, scale="demo") == "not testable at this scale"
    assert verdict(paper, scale="paper") == "agrees"
    real = claim(rule=rule("exact", data="published"))
    assert verdict(real, source="embedded") == "not testable at this scale"
    assert verdict(real, source="web") == "agrees"
    assert "published data" in verdicts.judge(real, METRICS, "demo", "embedded")["reason"]


def test_stand_ins_count_where_they_decide():
    published = rule("exact", data="published", direction="b.x > 0")
    about_a = claim(id="a", ours="a.x", published=1, rule=rule("exact", data="published"), values=[])
    about_both = claim(id="b", ours="a.x", published=1, rule=published)
    beside = claim(id="c", ours="a.x", published=1, rule=published | {"direction": None}).model_copy(
        update={"values": [claims.Shown(label="b", value="b.x")]}
    )
    metrics = {"a": {"x": 1}, "b": {"x": 1}}

    def reasons(sources):
        rows = verdicts.judge_all([about_a, about_both, beside], "s", metrics, "paper", sources)
        return [row["reason"] for row in rows]

    assert reasons({"a": "web", "b": "mirror"}) == ["", "", ""]
    weights = "needs the published data and pretrained weights; this run used stand-ins"
    assert reasons({"a": "web", "b": "embedded weights"}) == ["", weights, ""]
    assert "published data set" in reasons({"a": "embedded", "b": "web"})[0]


def test_a_number_shown_beside_may_be_missing():
    given = claim(published=0.95, values=[{"label": "later", "value": "run.train.at.step_469"}])
    row = verdicts.judge(given, METRICS, "demo", "web")
    assert (row["verdict"], row["values"]) == ("not reproduced", [{"label": "later", "value": None}])


def test_a_null_metric_is_not_testable():
    row = verdicts.judge(claim(ours="run.train.short * 2"), METRICS, "paper", "web")
    assert (row["ours"], row["verdict"]) == (None, "not testable at this scale")


def test_a_row_carries_interval_values_and_hypothesis():
    given = claim(
        low="run.train.accuracy - 0.1",
        high="run.train.accuracy + 0.1",
        values=[{"label": "parameters", "value": "run.train.parameters"}],
        hypothesis={"statement": "Few.", "holds": "run.train.parameters < 1"},
    )
    row = verdicts.judge(given, METRICS, "demo", "embedded")
    assert (row["low"], row["high"]) == (0.8, 1.0)
    assert row["values"] == [{"label": "parameters", "value": 10250}]
    assert row["hypothesis"] == {"statement": "Few.", "holds": False}


@pytest.mark.parametrize(
    "text",
    [
        "run.__class__",
        "run.train._private",
        "__import__",
        "run.train.get('accuracy')",
        "abs(run.train.accuracy)",
        "run['train']",
        "[run][0]",
        "(lambda: run)()",
        "f'{run}'",
        "'text' + run",
        "[x for x in run]",
        "run if run else run",
        "run := 1",
        "run.train.accuracy; run",
        "",
        "1 + 1",
    ],
)
def test_expressions_are_arithmetic_over_metrics_and_nothing_else(text):
    with pytest.raises(ValueError):
        claim(ours=text)


def test_attributes_are_keys_never_attributes_of_objects():
    assert verdicts.evaluate("run.train.values", METRICS, "c") == 7  # not dict.values
    with pytest.raises(ArtifactError, match=r"claim c: there is no metric run\.train\.items"):
        verdicts.evaluate("run.train.items", METRICS, "c")
    with pytest.raises(ArtifactError, match=r"run\.train\.accuracy\.real"):
        verdicts.evaluate("run.train.accuracy.real", METRICS, "c")


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("run.train.acuracy", r"claim c: there is no metric run\.train\.acuracy"),
        ("walk.train.accuracy", "claim c: there is no metric walk"),
        ("run.train", "claim c: `run.train` is no number"),
        ("run.train.accuracy / run.zero.x", "claim c: .* has no value"),
        ("run.train.parameters ** 99999999", "claim c: .* has no value"),
    ],
)
def test_expressions_without_a_value_name_claim_and_key(text, message):
    with pytest.raises(ArtifactError, match=message):
        verdicts.evaluate(text, METRICS, "c")


@pytest.mark.parametrize(
    "changes",
    [
        {"ours": "run.train.accuracy > 1"},
        {"published": None, "rule": rule("holds"), "ours": "run.train.accuracy"},
    ],
)
def test_a_rule_refuses_a_value_of_the_other_kind(changes):
    with pytest.raises(ArtifactError, match="must be"):
        verdict(claim(**changes))


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"rule": rule("within")}, "one tolerance"),
        ({"rule": rule("within", absolute=1, relative=1)}, "one tolerance"),
        ({"rule": rule("exact", absolute=1)}, "one tolerance"),
        ({"rule": rule("within", absolute=-1)}, "greater than 0"),
        ({"rule": rule("exact", comparable=["laptop"])}, "demo"),
        ({"rule": rule("holds")}, "published number"),
        ({"published": None}, "published number"),
        ({"verdict": "agrees"}, "verdict"),
        ({"ours": "1"}, "names no experiment"),
        ({"known_error": {"explanation": "why"}}, "known error takes"),
        ({"known_error": {"explanation": "why", "correct": 1, "when": "run.x > 1"}}, "known error takes"),
    ],
)
def test_mistakes_in_the_ledger_name_claim_and_field(tmp_path, change, message):
    entry = yaml.safe_load(claims_text())[0] | change
    path = tmp_path / "claims.yaml"
    path.write_text(yaml.safe_dump([entry]))
    with pytest.raises(ConfigError, match=rf"(?s)claims\.yaml: claim c: .*{message}"):
        claims.load(path)


def claims_text(times: int = 1) -> str:
    entry = claim().model_dump(mode="json", exclude_none=True)
    return yaml.safe_dump([copy.deepcopy(entry) for _ in range(times)])


def test_a_claim_may_be_there_once(tmp_path):
    path = tmp_path / "claims.yaml"
    path.write_text(claims_text(2))
    with pytest.raises(ConfigError, match="twice"):
        claims.load(path)


@pytest.mark.parametrize("text", ["a: 1", "- [", "!!python/object/apply:os.getcwd []"])
def test_a_ledger_that_is_no_list_or_unsafe_is_refused(tmp_path, text):
    path = tmp_path / "claims.yaml"
    path.write_text(text)
    with pytest.raises(ConfigError, match=r"claims\.yaml"):
        claims.load(path)


def test_a_claim_about_what_is_not_run_is_not_testable_and_says_why():
    claim = next(claim for claim in claims.load() if claim.id == "fashion_parameters_conv1")
    row = verdicts.judge(claim, {"fashion_static": {}}, "demo", "embedded")
    assert row["verdict"] == "not testable at this scale"
    assert row["reason"] == "this run has no fashion_dynamic"
