"""The ledger for others: points, CODECHECK, a crate and a summary, of a made-up run."""

import csv
import hashlib
import io
import json
import os
import shutil
import zipfile
from pathlib import Path

import pytest
import yaml

import export_ledger
from revisit.errors import ArtifactError, ConfigError
from revisit.exports import codecheck, crate, grades, ledger
from revisit.report.verdicts import Verdict

ROOT = Path(__file__).parents[2]
JOSIAH = {"name": "Josiah Carberry", "ORCID": "0000-0002-1825-0097"}
ABOUT = {
    "paper": {"title": "Ants | bees", "authors": [JOSIAH], "reference": "https://doi.org/10.5555/1"},
    "codechecker": [JOSIAH],
    "report": "https://doi.org/10.5555/2",
    "certificate": "2026-001",
}
CLAIM = {
    "study": "ants", "source": "S1", "place": "Q 1", "group": None, "statement": "Ants | bees *win*.", "unit": "",
    "published": 0.5, "ours": 0.25, "ours_low": 0.2, "ours_high": 0.3, "seeds": 3, "counted": False,
    "data": "published", "scale": "paper", "reason": "", "hypotheses": [], "decided_by": "run",
}  # fmt: skip
STUDY = {
    "question": "Q", "protocol": "P", "scales": {"one": "paper"}, "cost": "an hour", "sources": {"d": "web"},
    "provenance": {"d": "published"}, "pretrained": {}, "experiments": {}, "sections": [],
    "reference": {"experiments": {}, "stale": {}, "sections": []},
    "assumptions": [{"text": "Adam.", "status": "open", "source": "", "varied_by": []}],
}  # fmt: skip


@pytest.fixture
def run(tmp_path, monkeypatch):
    """A finished run: a study with a claim of each verdict of report S1, and one with a claim of S2."""
    monkeypatch.chdir(tmp_path)
    claims = [CLAIM | {"id": f"c{number}", "verdict": str(verdict)} for number, verdict in enumerate(Verdict)]
    studies = {"ants": claims, "bees": [CLAIM | {"id": "bee", "study": "bees", "source": "S2", "verdict": "agrees"}]}
    for name, own in studies.items():
        write(f"results/studies/{name}/study.json", STUDY | {"study": name, "title": f"On {name}"})
        write(f"results/studies/{name}/claims.json", own)
        write(f"results/report/{name}.html", "page")
    write("results/config/report.json", {"settings": {"studies": list(studies)}, "code": {}})
    write("results/report/index.html", "page")
    write("results/report/data/ledger.csv", "id")
    write("config/codecheck.yaml", ABOUT)
    for name in ("params.yaml", "Snakefile", *crate.CODE):
        write(name, {"scale": "demo"} if name == "params.yaml" else name)
    shutil.copy(ROOT / "CITATION.cff", "CITATION.cff")
    for name in ("workflow/a.py", "workflow/__pycache__/a.pyc", "profiles/default/config.yaml"):
        write(name, name)


def write(path, value):
    Path(path).parent.mkdir(parents=True, exist_ok=True)
    Path(path).write_text(json.dumps(value))


def test_every_verdict_has_points_or_is_not_graded(run, capsys):
    assert {*grades.POINTS} == {str(verdict) for verdict in Verdict} - {str(Verdict.UNTESTABLE)}
    export_ledger.main(["grades"])
    rows = list(csv.DictReader(io.StringIO(Path("exports/grades.csv").read_text())))
    points = {row["verdict"]: row["points"] for row in rows}
    assert points["agrees"] == "2"
    assert points["same direction"] == "1"
    assert points["not reproduced"] == "0"
    assert points["not testable at this scale"] == ""
    assert rows[0] | {"claim": "c0", "published": "0.5", "reproduced": "0.25", "low": "0.2", "of": "2"} == rows[0]
    assert "points: 7 of 16; claims: 8; not testable yet: 1" in capsys.readouterr().out


def test_the_report_as_one_file_is_the_same_whenever_it_was_written(run, capsys):
    for moment in (0, 10**9):
        Path("results/report/.snakemake_timestamp").touch()
        for path in Path("results/report").rglob("*.*"):
            os.utime(path, (moment, moment))
        export_ledger.main(["zip"])
        written = Path("exports/report.zip").rename(f"{moment}.zip")
    assert written.read_bytes() == Path("0.zip").read_bytes()
    with zipfile.ZipFile(written) as archive:
        assert archive.testzip() is None
        names = ["report/ants.html", "report/bees.html", "report/data/ledger.csv", "report/index.html"]
        assert archive.namelist() == names
        assert archive.read(names[0]) == Path("results/report/ants.html").read_bytes()
    Path("results/report/index.html").unlink()
    with pytest.raises(ArtifactError, match="no report to send: run `dvc repro report`"):
        export_ledger.main(["zip"])
    assert "Written: exports/report.zip, 0.0 MB" in capsys.readouterr().out


def test_claims_of_one_report(run, capsys):
    export_ledger.main(["grades", "--source", "S2"])
    assert "points: 2 of 2; claims: 1\n" in capsys.readouterr().out
    with pytest.raises(ConfigError, match="--source S9: no claim is of this report; there are: S1, S2"):
        export_ledger.main(["grades", "--source", "S9"])


def test_the_summary_says_what_was_found_easy_and_hard(run):
    export_ledger.main(["summary"])
    text = Path("exports/reproducibility.md").read_text()
    headings = [line for line in text.splitlines() if line.startswith("#")]
    assert headings == [
        "# Reproducibility summary", "## Scope", "## What was found", "## What was easy", "## What was hard"
    ]  # fmt: skip
    found, easy, hard = text.split("\n## ")[2:]
    assert "| On ants | 8 | 1 | 1 | 1 | 1 | 1 | 1 | 1 | 1 |" in found
    assert "that came out as published: 3 of 7." in easy
    assert "Claims that trainings decided otherwise, or left open: 4." in hard
    assert "Assumptions, as the reports leave out what a run has to know: 2 (2 open: no source says)." in hard
    assert "| On ants | 1 of 8 |" in hard
    assert r"Ants \| bees \*win\*." in text


def test_codecheck_has_the_manifest_the_summary_and_what_people_say(run, capsys):
    export_ledger.main(["codecheck", "--source", "S1"])
    assert "still to do" not in capsys.readouterr().out
    text = Path("codecheck.yml").read_text()
    assert text.startswith("%YAML 1.1\n---\n")
    found = yaml.safe_load(text)
    assert found["version"] == "https://codecheck.org.uk/spec/config/2.0/"
    files = [item["file"] for item in found["manifest"]]
    assert files == [
        "results/report/index.html",
        "results/report/data/ledger.csv",
        "results/report/ants.html",
        "results/studies/ants/claims.json",
    ]
    assert all(item["comment"] for item in found["manifest"])
    assert found["summary"].startswith("Of 8 claims 7 are judged")
    assert {key: found[key] for key in ABOUT} == ABOUT


@pytest.mark.parametrize(
    ("change", "rule"),
    [
        ({"paper": ABOUT["paper"] | {"title": ""}}, "CC-CFG-017"),
        ({"paper": ABOUT["paper"] | {"authors": []}}, "CC-CFG-018"),
        ({"paper": ABOUT["paper"] | {"authors": [{"ORCID": JOSIAH["ORCID"]}]}}, "CC-CFG-019"),
        ({"paper": ABOUT["paper"] | {"authors": [{"name": "Ann"}]}}, "CC-MET-001"),
        ({"paper": ABOUT["paper"] | {"authors": [JOSIAH | {"ORCID": "0000-0002-1825-0098"}]}}, "CC-MET-001"),
        ({"paper": ABOUT["paper"] | {"reference": None}}, "CC-CFG-021"),
        ({"paper": ABOUT["paper"] | {"reference-other": "https://a"}}, "CC-CFG-029"),
        ({"codechecker": None}, "CC-CFG-008"),
        ({"report": ""}, "CC-CFG-011"),
        ({"report": "https://doi.org/10.5281/zenodo.FIXME"}, "CC-CFG-023"),
        ({"certificate": "2026-1"}, "CC-CFG-026"),
        ({"summary": ""}, "CC-CFG-024"),
        ({"manifest": []}, "CC-CFG-004"),
        ({"manifest": [{"file": "gone.csv"}]}, "CC-BUN-001"),
        ({"manifest": [{"file": "/etc/passwd"}]}, "CC-CFG-006"),
    ],
)
def test_what_a_certificate_lacks_is_named_by_its_rule(run, change, rule):
    whole = codecheck.configuration(ledger.read(), ABOUT, Path())
    assert codecheck.problems(whole, Path()) == []
    assert [problem.partition(":")[0] for problem in codecheck.problems(whole | change, Path())] == [rule]


def test_orcids_have_a_check_digit():
    assert all(map(codecheck.is_orcid, ("0000-0002-1825-0097", "0000-0001-8607-8025", "0000-0002-9079-593X")))
    assert not any(map(codecheck.is_orcid, ("0000-0002-1825-0079", "https://orcid.org/0000-0002-1825-0097", None, 7)))


def test_a_crate_describes_every_file_that_it_names(run):
    export_ledger.main(["crate", "--date", "2026-01-31"])
    folder = Path("exports/crate")
    whole = json.loads((folder / "ro-crate-metadata.json").read_text())
    assert whole["@context"][0] == "https://w3id.org/ro/crate/1.1/context"
    entities = {entity["@id"]: entity for entity in whole["@graph"]}
    assert len(entities) == len(whole["@graph"])
    for reference in references(whole["@graph"]):
        assert reference in entities or reference.startswith("http"), reference
    named = {name for name, entity in entities.items() if entity["@type"] == "File" or "File" in entity["@type"]}
    for name in named:
        content = (folder / name).read_bytes()
        assert entities[name]["sha256"] == hashlib.sha256(content).hexdigest()
        assert entities[name]["contentSize"] == str(len(content))
    assert named | {"./"} <= {"./", *(part["@id"] for part in entities["./"]["hasPart"])}
    run, root = entities["#run"], entities["./"]
    assert root["datePublished"] == "2026-01-31"
    assert run["instrument"] == root["mainEntity"] == {"@id": "Snakefile"}
    assert {"@id": "results/report/data/ledger.csv"} in run["result"]
    assert entities["#scale-value"]["value"] == "demo"
    assert (folder / "workflow/a.py").exists()
    assert not (folder / "workflow/__pycache__").exists()
    before = {path: path.read_bytes() for path in folder.rglob("*") if path.is_file()}
    export_ledger.main(["crate", "--date", "2026-01-31"])
    assert {path: path.read_bytes() for path in folder.rglob("*") if path.is_file()} == before


def references(value):
    """Every `{"@id": ...}` that is no entity."""
    if isinstance(value, list):
        return [found for item in value for found in references(item)]
    if not isinstance(value, dict):
        return []
    if value.keys() == {"@id"}:
        return [value["@id"]]
    return [found for item in value.values() for found in references(item)]


@pytest.mark.parametrize(
    ("kind", "spoil", "error", "message"),
    [
        (
            "grades",
            lambda: Path("results/config/report.json").unlink(),
            ArtifactError,
            "to export before a run",
        ),
        ("grades", lambda: write("results/studies/bees/claims.json", [{}]), ArtifactError, "`dvc repro study@bees`"),
        ("crate", lambda: Path("dvc.lock").unlink(), ArtifactError, "dvc.lock: missing; build the report"),
        ("crate", lambda: None, ConfigError, "there is no commit to take it from; say it, as DATE=2026-01-31"),
        ("codecheck", lambda: Path("config/codecheck.yaml").unlink(), ConfigError, "it is missing: write it"),
        ("codecheck", lambda: write("config/codecheck.yaml", {"paper": "x"}), ConfigError, "`paper` with title"),
        ("codecheck", lambda: write("config/codecheck.yaml", ABOUT | {"typo": 1}), ConfigError, "typo does not belong"),
    ],
)
def test_one_message_and_nothing_written(run, monkeypatch, kind, spoil, error, message):
    monkeypatch.setenv("GIT_DIR", "nowhere")
    if kind == "crate":
        monkeypatch.setenv("EXPORT_DATE", "" if error is ConfigError else "2026-01-31")
    spoil()
    with pytest.raises(error, match=message):
        export_ledger.main([kind])
    assert not any(Path(place).exists() for place in export_ledger.PLACES.values())
