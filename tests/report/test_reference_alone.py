"""The report of the reference results alone: nothing was run."""

import csv
import json
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from ruamel.yaml import YAML

import tree
from revisit import paths
from revisit.reference import store
from revisit.report import claims, page, study

ROOT = Path(__file__).parents[2]
DYNAMIC, STATIC = "fashion_dynamic", "fashion_static"
SCRIPT = "workflow/scripts/render_reference.py"


@pytest.fixture
def rows(findings, stage_settings, keep, undrawn):
    """The claims of a study one of whose two experiments has a reference result, with its pages written."""
    settings = stage_settings()
    keep(paths.FINDINGS, settings["study"], DYNAMIC)
    shutil.rmtree("results")
    study.render(settings["study"], claims.load(ROOT / claims.LEDGER), None, paths.study("fashion"))
    page.render({"studies": ["fashion"], "stages": {}}, paths.STUDIES, paths.REPORT)
    return {row["id"]: row for row in json.loads((paths.study("fashion") / "claims.json").read_text())}


@pytest.fixture
def pages(rows):
    return {path.stem: path.read_text() for path in paths.REPORT.glob("*.html")}


def words(html):
    return " ".join(re.sub(r"<[^>]+>", " ", html).split())


def test_the_reference_results_decide_and_what_they_lack_is_named(rows):
    assert {row["decided_by"] for row in rows.values()} == {"reference"}
    assert [row["run"] for row in rows.values()] == [None] * len(rows)
    assert rows["fashion_overfitting"]["verdict"] != "not testable at this scale"
    assert rows["fashion_overfitting"]["made"] == ["2026-02-03, a machine of many cores"]
    lacking = {row["reason"]: row["made"] for row in rows.values() if row["verdict"] == "not testable at this scale"}
    assert lacking[f"the reference results have no {STATIC}"] == []


def test_its_pages_stand_alone_and_say_that_nothing_was_run(pages, sound_pages):
    sound_pages(paths.REPORT)
    assert pages.keys() == {"index", "search", "fashion"}
    told = words(pages["index"])
    assert "This run: none. These are the reference results alone; make report runs everything" in told
    assert "and judge what this run cannot" not in told
    assert "a number that no reference result has" in told
    assert '<td class="run"' not in pages["index"]


def test_a_study_shows_its_reference_results_and_their_settings(pages):
    text = pages["fashion"]
    assert set(re.findall(r'<section id="[^"]+" data-of="(\w+)"', text)) == {"reference"}
    assert 'class="switch"' not in text
    assert "data-first" not in text
    assert "This run" not in text
    assert "<pre><code>make reference-report</code></pre>" in text
    assert "dvc repro" not in text
    settings = text.split('<section id="fashion-settings">')[1]
    assert f'<th scope="col">{DYNAMIC}</th>' in settings
    assert f'<th scope="col">{STATIC}</th>' not in settings
    assert "<code>optimizer.lr</code>" in settings


def test_the_table_of_the_ledger_has_no_run(rows):
    with open(paths.REPORT / "data/ledger.csv", newline="") as stream:
        found = list(csv.DictReader(stream))
    assert [row["id"] for row in found] == list(rows)
    assert {(row["run_ours"], row["run_verdict"]) for row in found} == {("", "")}


@pytest.fixture
def clone(tmp_path):
    """What the script reads, for one study with one reference result."""
    shutil.copytree(ROOT / "workflow", tmp_path / "workflow", ignore=shutil.ignore_patterns("__pycache__"))
    (tmp_path / "reference").mkdir()
    shutil.copytree(ROOT / "reference" / STATIC, tmp_path / "reference" / STATIC)
    yaml = YAML(typ="safe")
    yaml.dump(tree.reduced(yaml.load(ROOT / "params.yaml"), [STATIC]), tmp_path / "params.yaml")
    return tmp_path


def run(clone):
    return subprocess.run([sys.executable, SCRIPT], cwd=clone, capture_output=True, text=True, check=False)


def test_the_script_needs_neither_an_engine_nor_a_run(clone):
    done = run(clone)
    assert (done.returncode, "Traceback" in done.stderr) == (0, False), done.stderr
    assert done.stdout == f"The report of the reference results: {clone / 'exports/reference-report/index.html'}\n"
    assert {path.name for path in clone.iterdir()} == {"workflow", "reference", "params.yaml", "exports"}
    text = (clone / "exports/reference-report/fashion.html").read_text()
    assert f"<code>{STATIC}</code>" in text


def test_a_damaged_result_is_one_message_and_leaves_the_report_that_was_there(clone):
    old = clone / "exports/reference-report/index.html"
    old.parent.mkdir(parents=True)
    old.write_text("old")
    (clone / "reference" / STATIC / store.FINDINGS / "train.json").write_text("{")
    done = run(clone)
    assert done.returncode == 2
    assert done.stderr.splitlines()[-1].startswith(f"error: reference/{STATIC}")
    assert "Traceback" not in done.stderr
    assert old.read_text() == "old"


def test_without_a_result_of_an_experiment_there_is_a_message(clone):
    shutil.rmtree(clone / "reference" / STATIC)
    done = run(clone)
    assert done.returncode == 2
    assert done.stderr.startswith("error: reference has a result of no experiment in params.yaml: restore what was")
    assert not (clone / "exports").exists()
