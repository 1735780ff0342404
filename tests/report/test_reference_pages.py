"""The pages of a study that has reference results: both sides, and which of them decides."""

import csv
import json
import re
from pathlib import Path

import pytest

from revisit import paths
from revisit.report import claims, page, study
from revisit.report.collect import collect

ROOT = Path(__file__).parents[2]
DYNAMIC, STATIC = "fashion_dynamic", "fashion_static"


def render(findings, settings):
    collect(settings["collect"]["studies"], settings["collect"]["stages"], findings, paths.COLLECTED)
    ledger = claims.load(ROOT / claims.LEDGER)
    study.render(settings["study"], ledger, paths.collected("fashion"), paths.study("fashion"))
    page.render(settings["report"], paths.STUDIES, paths.REPORT)
    return json.loads((paths.study("fashion") / "claims.json").read_text())


@pytest.fixture(scope="module")
def built(tmp_path_factory, stage_settings, write_findings, keep):
    """A folder with a report at demo scale and reference results of both experiments, and the rows of the claims."""
    folder, settings = tmp_path_factory.mktemp("kept"), stage_settings()
    with pytest.MonkeyPatch.context() as patch:
        patch.chdir(folder)
        write_findings(folder / "results/findings")
        keep(paths.FINDINGS, settings["study"], DYNAMIC)
        keep(paths.FINDINGS, settings["study"], STATIC, data="copy")
        rows = render(paths.FINDINGS, settings)
    return folder, rows


@pytest.fixture
def rows(built, monkeypatch):
    """The rows of the claims by their ids; the report's folder is the current one."""
    monkeypatch.chdir(built[0])
    return {row["id"]: row for row in built[1]}


@pytest.fixture
def pages(rows):
    return {name: (paths.REPORT / f"{name}.html").read_text() for name in ("index", "fashion")}


def words(html):
    return " ".join(re.sub(r"<[^>]+>", " ", html).split())


def between(text, start, end):
    return text.split(start, 1)[1].split(end, 1)[0]


def test_every_page_stands_alone(built, sound_pages):
    found = sound_pages(built[0] / paths.REPORT)
    links = {attributes.get("href", "") for tag, attributes in found["index.html"].found if tag == "a"}
    assert "fashion.html#fashion-reference-gap" in links
    assert "fashion.html#fashion-parameters" in links  # counted: by this run


def test_both_sides_have_their_sections_and_their_tables(rows, pages):
    sections = dict(re.findall(r'<section id="([^"]+)" data-of="(\w+)"', pages["fashion"]))
    own = [name for name, side in sections.items() if side == "run"]
    assert len(own) == 11
    assert [name for name, side in sections.items() if side == "reference"] == [
        name.replace("fashion-", "fashion-reference-", 1) for name in own
    ]
    assert list(sections.values()) == ["reference"] * 11 + ["run"] * 11
    assert 'data-first="reference"' in pages["fashion"]
    assert "data-first" not in pages["index"]
    names = {path.name for path in (paths.REPORT / "data").iterdir()}
    kept = {name for name in names if name.startswith("fashion-reference-")}
    assert {name.replace("fashion-reference-", "fashion-") for name in kept} == names - kept - {"ledger.csv"}
    linked = set(re.findall(r'href="data/([^"]+)"', pages["fashion"]))
    assert len(linked & kept) == len(linked - kept - {"ledger.csv"}) > 10
    assert "fashion-reference-reference" not in pages["fashion"]


def test_each_side_names_its_tables_and_where_they_come_from(pages):
    left = json.loads((paths.study("fashion") / "study.json").read_text())
    for side, told, own in (("reference-", "Reference results", left["reference"]), ("", "Findings", left)):
        section = between(pages["fashion"], f'<section id="fashion-{side}probes"', "</section>")
        assert set(re.findall(r'href="(data/[^"]+)"', section)) == {f"data/fashion-{side}probe-{DYNAMIC}-table.csv"}
        assert f"{told} probe@{DYNAMIC} {own['left'][f'probe@{DYNAMIC}'][:12]}" in words(section)


def test_contents_and_headings_say_whose_the_sections_are(pages):
    text = pages["fashion"]
    contents = between(text, '<nav class="contents"', "</nav>")
    assert len(re.findall(r'<li data-of="reference">', contents)) == len(re.findall(r'<li data-of="run">', contents))
    assert 'href="#fashion-made"' in contents
    assert words(between(text, '<section id="fashion-reference-curves" data-of="reference">', "</h2>")).endswith(
        "reference results"
    )
    assert words(between(text, '<section id="fashion-curves" data-of="run">', "</h2>")).endswith("this run")


def test_the_switch_waits_for_the_script(pages):
    (switch,) = re.findall(r'<p class="switch"[^>]*>.*?</p>', pages["fashion"])
    assert " hidden>" in switch
    assert re.findall(r'data-side="(\w+)" aria-pressed="false"', switch) == ["reference", "run"]
    assert "data-side=" not in between(pages["fashion"], "<html", ">")


def test_how_the_reference_results_were_made(pages):
    made = words(between(pages["fashion"], '<section id="fashion-made">', "</section>"))
    told = "paper 1 2026-02-03 a machine of many cores 60 minutes"
    assert f"fashion_dynamic {told} published abcdef0 fashion_static {told} copy abcdef0" in made
    opened = words(between(pages["index"], '<header id="top"', "</header>"))
    assert "Reference results: the published protocols of 2 experiments, run in full on the published data" in opened
    assert "1 of them on copies of data or weights, 2026-02-03, on a machine of many cores." in opened


def test_the_reference_decides_what_this_run_cannot(rows):
    assert rows["fashion_overfitting"]["decided_by"] == "reference"
    assert rows["fashion_overfitting"]["run"]["verdict"] == "not testable at this scale"
    assert rows["fashion_overfitting"]["verdict"] != "not testable at this scale"
    assert rows["fashion_parameters_conv1"]["decided_by"] == "run"
    assert all((row["decided_by"] == "reference") == bool(row["made"]) for row in rows.values())
    with open(paths.REPORT / "data/ledger.csv", newline="") as stream:
        table = {row["id"]: row for row in csv.DictReader(stream)}
    told = table["fashion_overfitting"]
    assert (told["decided_by"], told["run_verdict"]) == ("reference", "not testable at this scale")
    assert told["verdict"] == rows["fashion_overfitting"]["verdict"]


def test_the_ledger_shows_this_run_beside_what_decides(rows, pages):
    assert '<th scope="col">This run</th>' in pages["index"]
    for name, row in rows.items():
        line = between(pages["index"], f'<tr id="{name}"', "</tr>")
        beside = words(between(line, 'data-label="This run">', "</td>"))
        if row["decided_by"] == "run":
            assert beside == ("–" if row["verdict"] == "not testable at this scale" else "decides")
        else:
            assert beside.endswith(row["run"]["verdict"])
            assert "reference, one run" in words(line)


def test_evidence_says_when_and_on_what_the_reference_was_made(rows, pages):
    for name, row in rows.items():
        card = words(pages["fashion"].split(f'id="{name}-evidence"', 1)[1].split('<div class="claim"', 1)[0])
        told = "By the reference results (2026-02-03, a machine of many cores). This run: "
        assert (told in card) == (row["decided_by"] == "reference"), name
        if row["decided_by"] == "reference":
            assert row["run"]["verdict"] in card.split(told)[1]


def test_the_report_is_the_same_twice(rows, stage_settings):
    files = {path: path.read_bytes() for path in sorted(paths.REPORT.rglob("*")) if path.is_file()}
    page.render(stage_settings()["report"], paths.STUDIES, paths.REPORT)
    assert files == {path: path.read_bytes() for path in sorted(paths.REPORT.rglob("*")) if path.is_file()}


@pytest.fixture
def rendered(findings, stage_settings, keep, sound_pages, undrawn):
    """`rendered(change, scale)`: a report of one reference result, after a change of the study's settings."""

    def made(change=lambda settings: None, scale="demo"):
        settings = stage_settings(scale=scale)
        settings["report"]["scale"] = scale
        keep(paths.FINDINGS, settings["study"], DYNAMIC)
        change(settings["study"])
        rows = render(findings, settings)
        sound_pages(paths.REPORT)
        return {row["id"]: row for row in rows}, (paths.REPORT / "fashion.html").read_text()

    return made


def test_a_stale_training_is_told_and_nothing_of_it_is_shown(rendered):
    def change(settings):
        settings["asked"][DYNAMIC]["paper"]["train"]["runs"]["base"]["batch_size"] = 7

    rows, text = rendered(change)
    assert {row["decided_by"] for row in rows.values()} == {"run"}
    made = words(between(text, '<section id="fashion-made">', "</section>"))
    assert (
        "The reference result of fashion_dynamic was made with other settings than params.yaml has now: train" in made
    )
    assert "(runs.base.batch_size). What depends on them is left out." in made
    assert 'class="switch"' not in text
    assert '<section id="fashion-reference-' not in text
    assert not list((paths.REPORT / "data").glob("fashion-reference-*"))


def test_a_stale_analysis_leaves_out_its_section(rendered):
    _, text = rendered(lambda settings: settings["asked"][DYNAMIC]["paper"]["neighbours"].update(asked=2))
    assert 'id="fashion-reference-embedding"' in text
    assert 'id="fashion-reference-neighbours"' not in text
    assert 'id="fashion-neighbours"' in text
    assert "neighbours (asked)" in text


def test_at_paper_scale_on_the_published_data_this_run_comes_first(rendered):
    def published(settings):
        for path in (paths.FINDINGS).glob("*/train.json"):
            provenance = {"data": "published", "weights": None}
            path.write_text(json.dumps(json.loads(path.read_text()) | {"provenance": provenance}))

    rows, text = rendered(published, "paper")
    assert rows["fashion_overfitting"]["decided_by"] == "run"
    assert rows["fashion_overfitting"]["verdict"] != "not testable at this scale"
    assert 'data-first="run"' in text
