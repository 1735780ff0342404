"""Reading the ledger: claims, templates, and mistakes."""

import pytest
import yaml

from revisit.errors import ConfigError
from revisit.report import claims

ENTRY = {
    "id": "s_c",
    "source": "S0",
    "place": "Q 1",
    "statement": "It is so.",
    "published": 0.9,
    "ours": "run.train.accuracy",
    "rule": {"kind": "near", "absolute": 0.01},
}
MORE = {"more": "run.x", "than": "walk.x"}
EACH = {
    "id": "s_table",
    "each": {
        "small": {"label": "a small one", "published": 0.5, "items": ["S0.1"]},
        "large": {"published": 0.7, "statement": "The large one, too.", "rule": {"kind": "near", "relative": 0.1}},
    },
    "source": "S0",
    "place": "Table 1",
    "statement": "With {label} ({name}) it is reached.",
    "ours": "run.{name}.x",
    "rule": {"kind": "near", "absolute": 0.01, "direction": [{"more": "run.{name}.x", "than": "{published}"}]},
    "values": [{"label": "{label}, twice", "value": "2 * run.{name}.x"}],
}


def load(folder, *entries, study="s"):
    (folder / f"{study}.yaml").write_text(yaml.safe_dump(list(entries), sort_keys=False))
    return claims.of_study(study, folder)


def compare(**changes):
    entry = {key: value for key, value in ENTRY.items() if key != "ours"}
    return entry | {"published": None, "rule": {"kind": "compare", "all": [MORE | changes]}}


def test_a_claim_is_of_the_study_whose_file_it_is_in(tmp_path):
    (claim,) = load(tmp_path, ENTRY)
    assert (claim.id, claim.study, claim.published) == ("s_c", "s", 0.9)
    assert (claim.comparable, claim.data) == (["paper"], "published")  # unless it says otherwise


def test_the_ledger_is_every_file_in_the_order_of_their_names(tmp_path):
    load(tmp_path, ENTRY | {"id": "b_c"}, study="b")
    load(tmp_path, ENTRY | {"id": "a_c"}, ENTRY | {"id": "a_b"}, study="a")
    assert [(claim.study, claim.id) for claim in claims.load(tmp_path)] == [("a", "a_c"), ("a", "a_b"), ("b", "b_c")]


def test_a_study_need_not_have_claims_but_a_ledger_must(tmp_path):
    assert claims.of_study("s", tmp_path) == []
    with pytest.raises(ConfigError, match="there are no claims"):
        claims.load(tmp_path)


def test_each_entry_of_a_table_is_a_claim(tmp_path):
    small, large = load(tmp_path, EACH)
    assert [small.id, large.id] == ["s_table_small", "s_table_large"]
    assert {small.group, large.group} == {"s_table"}
    assert (small.published, large.published) == (0.5, 0.7)
    assert small.items == ["S0.1"]
    assert small.statement == "With a small one (small) it is reached."
    assert large.statement == "The large one, too."  # a key of its own goes before the common one
    assert (small.ours, large.ours) == ("run.small.x", "run.large.x")
    assert small.rule.direction[0].sides == ("run.small.x", 0.5)
    assert (small.rule.absolute, large.rule.relative) == (0.01, 0.1)
    assert (small.values[0].label, large.values[0].label) == ("a small one, twice", "large, twice")
    assert large.values[0].value == "2 * run.large.x"


def test_a_group_may_have_a_name_of_its_own(tmp_path):
    table = {"id": "s_whole", "rule": {"kind": "table", "group": "g", "difference": 0.1}, "published": None}
    whole = {key: value for key, value in ENTRY.items() if key != "ours"} | table
    *members, last = load(tmp_path, EACH | {"group": "g"}, whole)
    assert [claim.group for claim in members] == ["g", "g"]
    assert last.rule.group == "g"


def test_what_a_claim_compares_and_what_stands_beside(tmp_path):
    known = {"when": [{"more": "known.x", "than": 1}], "explanation": "Wrong."}
    hypothesis = {"statement": "So it is.", "holds": [{"equal": "idea.x", "to": "other.x", "within": 1}]}
    near = {"kind": "near", "absolute": 1, "direction": [MORE]}
    beside = {"known_error": known, "hypotheses": [hypothesis], "values": [{"label": "v", "value": "shown.x"}]}
    numeric, compared = load(tmp_path, ENTRY | {"rule": near} | beside, compare() | {"id": "s_d"})
    assert numeric.deciding() == ["run.train.accuracy"]
    assert numeric.experiments() == {"run", "walk", "known", "idea", "other", "shown"}
    assert compared.deciding() == ["run.x", "walk.x"]
    assert compared.experiments() == {"run", "walk"}


@pytest.mark.parametrize(
    ("entry", "message"),
    [
        (ENTRY | {"rule": {"kind": "near"}}, "rule.near: .*one tolerance"),
        (ENTRY | {"rule": {"kind": "near", "absolute": 1, "relative": 1}}, "rule.near: .*one tolerance"),
        (ENTRY | {"rule": {"kind": "near", "absolute": -1}}, "rule.near.absolute: .*greater than 0"),
        (
            ENTRY | {"rule": {"kind": "near", "absolute": 1, "better": "more"}},
            "rule.near.better: .*'higher' or 'lower'",
        ),
        (ENTRY | {"rule": {"kind": "exact", "absolute": 1}}, "rule.exact.absolute: .*not permitted"),
        (ENTRY | {"rule": {"kind": "holds"}}, "rule: .*'exact', 'near', 'compare', 'table'"),
        (ENTRY | {"published": None}, "rule: .*published number"),
        (ENTRY | {"published": "much"}, "published"),
        (ENTRY | {"published": float("nan")}, "published.*finite"),
        (compare() | {"published": 1}, "rule: .*published number"),
        ({key: ENTRY[key] for key in ENTRY if key != "ours"}, "give `ours`"),
        (ENTRY | {"comparable": ["night"]}, "comparable.0: .*'demo', 'laptop' or 'paper'"),
        (ENTRY | {"comparable": []}, "comparable: .*at least 1"),
        (ENTRY | {"data": "mine"}, "data"),
        (ENTRY | {"verdict": "agrees"}, "verdict: .*not permitted"),
        (ENTRY | {"study": "s"}, "study: the file's name says it"),
        (ENTRY | {"ours": "1"}, "ours: .*names no experiment"),
        (ENTRY | {"ours": "run.x > 1"}, "ours: .*Compare is not allowed"),
        (ENTRY | {"ours": "run.get('x')"}, "ours: .*Call is not allowed"),
        (ENTRY | {"source": "S10"}, "source"),
        (ENTRY | {"items": ["S0"]}, "items.0"),
        (ENTRY | {"known_error": {"explanation": "why"}}, "known_error: .*a known error takes"),
        (ENTRY | {"known_error": {"explanation": "why", "correct": 1, "when": [MORE]}}, "a known error takes"),
        (compare() | {"known_error": {"explanation": "why", "when": [MORE]}}, "speak of a published number"),
        (ENTRY | {"possible": {}}, "possible: .*takes one of"),
        (ENTRY | {"possible": {"share_of": 1, "multiple_of": 2}}, "possible: .*takes one of"),
        (ENTRY | {"hypotheses": [{"statement": "So.", "holds": []}]}, "hypotheses.0.holds: .*at least 1"),
        (compare(by=0.1, times=2), "rule.compare.all.0: .*one of 'by' and 'times'"),
        (compare(within=1), "rule.compare.all.0"),
        (compare(less="run.x"), "exactly one of more, less and equal"),
        (compare(than=None), "take 'than'"),
        (compare(more=None, equal="run.x"), "'equal' takes 'to' and 'within'"),
        (compare(more=None, than=None, equal="run.x", to=0), "'equal' takes 'to' and 'within'"),
        (compare(more=None, than=None, equal="run.x", to=0, within=0), "within: .*greater than 0"),
        (compare(times=0.5), "times: .*greater than or equal to 1"),
        (compare(by=-1), "by: .*greater than or equal to 0"),
        (compare(more="0.5"), "more: .*names no experiment"),
        (compare(more=0.5), "more: .*string"),
        (compare(at_least=2), "at_least: .*not permitted"),
    ],
)
def test_mistakes_name_file_claim_and_field(tmp_path, entry, message):
    with pytest.raises(ConfigError, match=rf"(?s)s\.yaml: claim s_c: .*{message}.*git checkout .*s\.yaml"):
        load(tmp_path, entry)


@pytest.mark.parametrize(
    ("entries", "message"),
    [
        ([ENTRY, ENTRY], "claim s_c is there twice"),
        ([EACH, ENTRY | {"id": "s_table_small"}], "claim s_table_small is there twice"),
        (["a statement"], "claim 1: "),
        ([ENTRY | {"id": "Fashion MNIST"}], "claim Fashion MNIST: id: "),
        ([ENTRY, {"source": "S0"}], "claim 2: id: "),
        ([EACH | {"each": ["small", "large"]}], "claim s_table: each: a name with keys of its claim"),
        ([EACH | {"each": {"small": 0.5}}], "claim s_table: each: a name with keys of its claim"),
        ([EACH | {"each": {"small": {"published": None}}}], "claim s_table_small: rule"),
        ([EACH | {"ours": "run.{nmae}.x"}], "claim s_table_small: ours: .*not a valid expression"),
        (
            [compare() | {"rule": {"kind": "table", "group": "g", "difference": 1}}],
            "claim s_c: no claim is of the group g",
        ),
    ],
)
def test_mistakes_in_the_list(tmp_path, entries, message):
    with pytest.raises(ConfigError, match=rf"(?s)s\.yaml: {message}"):
        load(tmp_path, *entries)


@pytest.mark.parametrize("text", ["a: 1", "- [", "", "!!python/object/apply:os.getcwd []", "- \udcff"])
def test_a_file_that_is_no_list_or_unsafe_is_refused(tmp_path, text):
    (tmp_path / "s.yaml").write_bytes(text.encode(errors="surrogateescape"))
    with pytest.raises(ConfigError, match=r"s\.yaml"):
        claims.load(tmp_path)
