"""What the four reports say, statement by statement, against the ledger; and the page about the ledger's keys."""

import re
import subprocess
import sys
from collections import defaultdict
from pathlib import Path

import pytest
import yaml

from revisit.analyses.precision import lowest_average_precision
from revisit.errors import ConfigError
from revisit.report import claims, judgements, rules, statements, verdicts
from revisit.report.seeds import Seeds

ROOT = Path(__file__).parents[2]
COUNTS = {"S0": 64, "S1": 58, "S2": 44, "S3": 53}  # of an audit made independently of the ledger, and S3.53
STATEMENTS = statements.load(ROOT / statements.STATEMENTS)
LEDGER = claims.load(ROOT / claims.LEDGER)
FOLLOWED = statements.follow(STATEMENTS, LEDGER)
BY_ID = {one.statement.id: one for one in FOLLOWED}
OURS: set[str] = set()  # claims that are an addition of ours: no report says so


def test_every_statement_of_the_four_reports_is_there_once():
    expected = [f"{report}.{number}" for report, count in COUNTS.items() for number in range(1, count + 1)]
    assert [one.statement.id for one in FOLLOWED] == expected


def test_each_is_tested_or_says_why_not_or_when():
    for one in FOLLOWED:
        given = bool(one.claims), bool(one.statement.reason), bool(one.statement.planned)
        assert sum(given) == 1, one.statement.id
        assert one.status == statements.STATUSES[given.index(True)]
        assert {claim.id for claim in one.claims} == {claim.id for claim in LEDGER if one.statement.id in claim.items}


def test_every_claim_says_which_statements_it_tests_unless_it_is_ours():
    assert {claim.id for claim in LEDGER if not claim.items} == OURS


def test_published_numbers_are_those_in_the_words_of_the_report():
    for claim in (claim for claim in LEDGER if claim.published is not None):
        said = " ".join(BY_ID[item].statement.text for item in claim.items)
        numbers = [float(text) for text in re.findall(r"-?\d+(?:\.\d+)?", said.replace("40%", "0.4"))]
        assert any(number == pytest.approx(claim.published, rel=1e-7) for number in numbers), claim.id


def test_the_impossible_average_precision_is_below_the_worst_ranking():
    person = BY_ID["S0.28"]
    positives, images = (
        int(number.replace(",", "")) for number in ("2,007", "4,952") if number in person.statement.error
    )
    lowest = lowest_average_precision(positives, images)
    assert person.statement.text.endswith("0.20138")
    assert lowest > 0.20138
    assert f"{lowest:.4f}" in person.statement.error


def test_reasons_name_tests_and_files_that_exist():
    for one in FOLLOWED:
        told = f"{one.statement.reason} {one.statement.planned}"
        for path in re.findall(r"[\w/]+\.(?:py|md)\b", told):
            assert (ROOT / path).is_file(), one.statement.id
        for name in re.findall(r"`(test_\w+)`", told):
            assert any(f"def {name}(" in path.read_text() for path in ROOT.glob("tests/**/test_*.py")), name
        for name in re.findall(r"claim `(\w+)`", told):
            assert name in {claim.id for claim in LEDGER}


def test_the_document_is_current():
    assert (ROOT / statements.DOCUMENT).read_text(encoding="utf-8") == statements.markdown(FOLLOWED), (
        "run `python workflow/revisit/report/statements.py`"
    )


def test_the_document_has_a_row_for_each_statement_and_counts_that_add_up():
    text = statements.markdown(FOLLOWED)
    rows = [[cell.strip() for cell in re.split(r"(?<!\\)\|", line)[1:-1]] for line in text.splitlines() if "|" in line]
    assert [row[0] for row in rows if re.match(claims.ITEM, row[0])] == list(BY_ID)
    counts = {row[0]: [int(cell) for cell in row[1:]] for row in rows if row[0] in (*COUNTS, "all")}
    assert {report: row[0] for report, row in counts.items() if report != "all"} == COUNTS
    for row in counts.values():
        assert row[0] == sum(row[1:4])
    assert counts.pop("all") == [sum(column) for column in zip(*counts.values(), strict=True)]
    assert text.count("**Planned.**") == sum(row[3] for row in counts.values())
    assert text.count("**Not tested.**") == sum(row[2] for row in counts.values())
    assert text.count("*Wrong:*") == sum(row[4] for row in counts.values())


def test_links_of_the_document_lead_to_the_claims():
    named = defaultdict(set)
    for name, path in re.findall(r"\[`(\w+)`\]\(([^)]+)\)", statements.markdown(FOLLOWED)):
        named[(ROOT / "docs" / path).resolve()].add(name)
    for study, names in named.items():
        assert names <= {claim.id for claim in claims.of_study(study.stem, study.parent)}


def test_words_of_a_report_are_no_markdown():
    entry = {"id": "S0.1", "place": "Q|1", "text": "5*5 of `a_b` [c](d) | <e>\n f", "reason": "a `test`"}
    row = statements.markdown(statements.follow([statements.Statement.model_validate(entry)], [])).splitlines()[-1]
    assert row == r"| S0.1 | Q\|1 | 5\*5 of \`a\_b\` \[c\](d) \| \<e> f | **Not tested.** a `test` |"


def entry(**changes):
    return {"id": "S0.1", "place": "Q 1", "text": "It is so."} | changes


@pytest.mark.parametrize(
    ("entries", "message"),
    [
        ([entry(why="x")], r"statement S0\.1: why: Extra inputs are not permitted"),
        ([entry(reason="a", planned="b")], r"statement S0\.1: entry: .*`reason` and `planned` exclude each other"),
        ([entry(reason="")], r"statement S0\.1: reason: .*at least 1 character"),
        ([{"id": "S0.1", "text": "It is so."}], r"statement S0\.1: place: Field required"),
        ([entry(id="S0.1a")], r"statement S0\.1a: id: "),
        ([entry(id="S1.1")], r"statement S1\.1: id: S0\.1 is expected here"),
        ([entry(), entry(id="S0.3")], r"statement S0\.3: id: S0\.2 or S1\.1 is expected here"),
        ([entry(), entry()], r"statement S0\.1: id: S0\.2 or S1\.1 is expected here"),
        ([entry(), "S0.2"], "statement number 2: entry: "),
        ({"S0.1": "It is so."}, "a list of statements is expected"),
    ],
)
def test_mistakes_are_refused(tmp_path, entries, message):
    path = tmp_path / "statements.yaml"
    path.write_text(yaml.safe_dump(entries))
    with pytest.raises(ConfigError, match=message) as caught:
        statements.load(path)
    assert str(caught.value).startswith(f"{path}: ")
    assert str(caught.value).endswith(f"correct it, or restore it with `git checkout {path}`")


@pytest.mark.parametrize("text", ["- [", "- !!python/object/apply:os.getcwd []"])
def test_what_is_no_plain_yaml_is_refused(tmp_path, text):
    path = tmp_path / "statements.yaml"
    path.write_text(text)
    with pytest.raises(ConfigError, match=r"statements\.yaml cannot be read"):
        statements.load(path)
    with pytest.raises(ConfigError, match=r"none\.yaml cannot be read"):
        statements.load(tmp_path / "none.yaml")


def claim(*items):
    return claims.Claim(
        id="fashion_so",
        study="fashion",
        source="S0",
        place="Q 1",
        items=list(items),
        statement="It is so.",
        published=None,
        rule={"kind": "compare", "all": [{"more": "net.train.test_accuracy", "than": 0.5}]},
    )


@pytest.mark.parametrize(
    ("given", "ledger", "message"),
    [
        (entry(), [], r"statement S0\.1: no claim of workflow/claims names it .* give `reason` .* or `planned`"),
        (entry(reason="a"), [claim("S0.1")], r"S0\.1: reason: claim fashion_so names it in its items; remove `reason`"),
        (entry(planned="a"), [claim("S0.1")], r"S0\.1: planned: claim fashion_so names it .* remove `planned`"),
        (entry(), [claim("S0.1", "S0.9")], r"claims/fashion\.yaml: claim fashion_so: items: S0\.9 is no statement of"),
    ],
)
def test_statements_that_do_not_fit_the_ledger_are_refused(given, ledger, message):
    with pytest.raises(ConfigError, match=message):
        statements.follow([statements.Statement.model_validate(given)], ledger)


def test_a_claim_without_items_changes_nothing():
    one = statements.Statement.model_validate(entry())
    followed = statements.follow([one], [claim("S0.1"), claim()])
    assert [len(each.claims) for each in followed] == [1]


def test_the_command_writes_the_document_and_a_mistake_is_one_message(tmp_path):
    for name in ("workflow/claims", "docs"):
        (tmp_path / name).mkdir(parents=True)
    source = tmp_path / statements.STATEMENTS
    source.write_text(yaml.safe_dump([entry(planned="A run.")]))
    ledger = tmp_path / "workflow/claims/own.yaml"
    ledger.write_text((ROOT / "workflow/claims/architectures.yaml").read_text().replace("items:", "items: [] #"))

    def run():
        command = [sys.executable, str(ROOT / "workflow/revisit/report/statements.py")]
        return subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, check=False)

    assert run().returncode == 0
    assert "| S0.1 | Q 1 | It is so. | **Planned.** A run. |" in (tmp_path / statements.DOCUMENT).read_text()
    source.write_text(yaml.safe_dump([entry(plan="A run.")]))
    refused = run()
    assert (refused.returncode, len(refused.stderr.splitlines())) == (2, 1)
    assert refused.stderr.startswith(f"error: {statements.STATEMENTS}: statement S0.1: plan: Extra inputs")


def test_the_ledger_needs_no_statements(tmp_path):
    program = "import sys; from revisit.report import claims; claims.load('claims'); print(*sorted(sys.modules))"
    (tmp_path / "claims").symlink_to(ROOT / claims.LEDGER)
    environment = {"PYTHONPATH": str(ROOT / "workflow")}
    command = [sys.executable, "-c", program]
    run = subprocess.run(command, cwd=tmp_path, env=environment, capture_output=True, text=True, check=True)
    assert "revisit.report.statements" not in run.stdout.split()
    assert not {"torch", "scipy", "matplotlib", "pandas"} & set(run.stdout.split())


# The page docs/claims.md

PAGE = (ROOT / "docs/claims.md").read_text(encoding="utf-8")
CODE = set(re.findall(r"[a-z_0-9]+", " ".join(re.findall(r"`([^`\n]+)`", PAGE))))


def test_the_page_names_every_key():
    parts = [part for part in vars(rules).values() if isinstance(part, type) and issubclass(part, rules.Entry)]
    assert len(parts) > 8
    for part in (claims.Claim, claims.Shown, *parts):
        assert set(part.model_fields) - {"study"} <= CODE, part  # a claim's study is its file


def test_the_page_has_a_row_for_each_key_of_a_claim_with_its_default():
    table = PAGE.split("## The keys of a claim")[1].split("\n\n")[1]
    rows = {row[1].strip(" `"): row[3] for row in (line.split("|") for line in table.splitlines()[2:])}
    fields = claims.Claim.model_fields
    assert rows.keys() - {"each"} == fields.keys() - {"study"}
    for name in rows.keys() - {"each"}:
        assert bool(rows[name].strip()) == (not fields[name].is_required()), name


def test_the_page_explains_every_verdict():
    table = PAGE.split("## How a verdict comes about")[1].split("\n\n")[2]
    assert {line.split("|")[1].strip() for line in table.splitlines()[2:]} == {str(v) for v in verdicts.Verdict}


def example(kind, number=0):
    """A worked example of a rule: its claims, and its table as rows of cells."""
    text = PAGE.split(f"\n### `{kind}`\n")[1].split("\n### ")[0].split("\n## ")[0]
    ledger, table = re.findall(r"```yaml\n(.*?)```\n\n(.*?)\n\n", text + "\n\n", re.DOTALL)[number]
    return ledger, [[cell.strip() for cell in line.split("|")[1:-1]] for line in table.splitlines()[2:]]


def judged(tmp_path, ledger, metrics):
    (tmp_path / "example.yaml").write_text(ledger, encoding="utf-8")
    given = claims.of_study("example", tmp_path)
    return judgements.judge_all(given, "example", Seeds(metrics), verdicts.Conditions("paper", {}))


def seeds(cell):
    return [float(number) for number in cell.split(",")]


def of_train(cell):
    return [{"train": {"test_accuracy": number}} for number in seeds(cell)]


def interval(low, high):
    return "" if low is None else f"{low:.4f} to {high:.4f}"


def test_the_example_of_exact(tmp_path):
    ledger, rows = example("exact")
    for ours, verdict in rows:
        metrics = {"net": [{"inspect": {"parameters": {"fc2": number}}} for number in seeds(ours)]}
        assert [row["verdict"] for row in judged(tmp_path, ledger, metrics)] == [verdict]
        impossible = ledger.replace("rule:", "possible: {multiple_of: 1025}\n  rule:")
        assert [row["verdict"] for row in judged(tmp_path, impossible, metrics)] == ["impossible"]
    assert len(rows) == 3


def test_the_example_of_near(tmp_path):
    ledger, rows = example("near")
    for ours, reach, verdict in rows:
        (row,) = judged(tmp_path, ledger, {"net": of_train(ours)})
        assert (row["verdict"], interval(row["ours_low"], row["ours_high"])) == (verdict, reach)
    assert {row[-1] for row in rows} >= {"agrees", "undecided", "exceeds", "same direction", "not reproduced"}


@pytest.mark.parametrize(("number", "names"), [(0, ("small", "large")), (1, ("second", "first"))])
def test_the_examples_of_compare(tmp_path, number, names):
    ledger, rows = example("compare", number)
    for *sides, reach, verdict in rows:
        (row,) = judged(tmp_path, ledger, {name: of_train(side) for name, side in zip(names, sides, strict=True)})
        (part,) = row["parts"]
        assert (row["verdict"], interval(part["low"], part["high"])) == (verdict, reach)
    assert {row[-1] for row in rows} >= {"agrees", "undecided", "not reproduced"}


def test_the_example_of_table(tmp_path):
    ledger, rows = example("table")
    names = re.findall(r"^    (\w+): \{label", ledger, re.MULTILINE)
    for ours, correlation, p, difference, verdict in rows:
        variants = {name: {"test_accuracy": number} for name, number in zip(names, seeds(ours), strict=True)}
        *_, row = judged(tmp_path, ledger, {"net": [{"train": {"variants": variants}}]})
        found = {value["label"]: value["value"] for value in row["values"]}
        assert row["verdict"] == verdict
        assert f"{found['rank correlation']:.2f}" == correlation
        assert f"{found['p by permutation']:.4f}" == p
        assert f"{found['mean absolute difference']:.4f}" == difference
    assert [row[-1] for row in rows] == ["agrees", "same direction", "not reproduced"]
