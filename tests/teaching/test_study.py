"""A report of one's own: what `make study` writes is a whole study, whose claims are judged and graded."""

import csv
import json
import re
import shutil
from pathlib import Path

import pytest
from ruamel.yaml import YAML

import collect_findings
import export_ledger
import fetch_dataset
import prepare_dataset
import render_study
import run_analysis
import train_network
import write_study
from revisit import config, files, paths
from revisit.errors import ConfigError
from revisit.params.load import load
from revisit.params.resolve import resolve
from revisit.report import claims

ROOT = Path(__file__).parents[2]
SMALL = {"epochs": 1, "evaluate_every": 2}
STAGES = {
    "fetch": fetch_dataset.main,
    "prepare": prepare_dataset.main,
    "train": train_network.main,
    "evaluate": lambda words: run_analysis.main(["evaluate", *words]),
    "collect": collect_findings.main,
    "study": render_study.main,
}


@pytest.fixture
def clone(tmp_path, monkeypatch):
    """What `make study` needs of a clone."""
    monkeypatch.chdir(tmp_path)
    shutil.copy(ROOT / "params.yaml", "params.yaml")
    shutil.copytree(ROOT / "workflow/skeleton", "workflow/skeleton")
    Path("workflow/claims").mkdir()


def test_the_study_runs_as_it_stands_and_is_graded(clone, monkeypatch, capsys):
    write_study.main(["ants"])
    assert "cp studies/ants.yaml params.yaml" in capsys.readouterr().out
    load(Path("studies/ants.yaml"))  # whole, before anything is made smaller here
    params = YAML(typ="safe").load(Path("studies/ants.yaml"))
    params["datasets"]["fashion_mnist"]["demo"] = {"train": 200, "test": 100}
    params["experiments"]["ants_cnn"]["demo"] |= SMALL
    YAML(typ="safe").dump(params, Path("params.yaml"))
    stages = resolve(load())
    monkeypatch.setattr(config, "settings", lambda stage, name=None: stages[stage, name])
    monkeypatch.setattr(config, "code", lambda stage, name=None: {})
    for stage, run in STAGES.items():
        for kind, name in stages:
            if kind == stage:
                run([name] if name else [])
    files.write_json(paths.config("report"), {"settings": stages["report", None], "code": {}})

    found = grades()
    assert found["ants_parameters"]["verdict"] == "agrees"
    assert found["ants_parameters"]["points"] == "2"
    assert found["ants_accuracy"]["verdict"] == "not testable at this scale"
    assert found["ants_accuracy"]["points"] == ""
    gap = found["ants_gap"]
    rows = json.loads((paths.study("ants") / "claims.json").read_text())
    low, high = (next(row for row in rows if row["id"] == "ants_gap")["parts"][0][key] for key in ("low", "high"))
    expected = ("agrees", "2") if high < 0 else ("not reproduced", "0") if low > 0 else ("undecided", "0")
    assert (gap["verdict"], gap["points"]) == expected

    text = Path("workflow/claims/ants.yaml").read_text()
    Path("workflow/claims/ants.yaml").write_text(text.replace("published: 3274634", "published: 3274635"))
    render_study.main(["ants"])
    assert grades()["ants_parameters"]["verdict"] == "not reproduced"


def grades():
    export_ledger.main(["grades"])
    with open("exports/grades.csv", newline="") as stream:
        return {row["claim"]: row for row in csv.DictReader(stream)}


def test_the_skeleton_has_the_data_of_the_repository_and_the_page_its_claims(clone):
    files_of = (ROOT / "workflow/skeleton/experiments.yaml", ROOT / "params.yaml")
    skeleton, params = (YAML(typ="safe").load(path) for path in files_of)
    assert skeleton["raw"] == {"fashion_mnist": params["raw"]["fashion_mnist"]}
    assert skeleton.keys() >= {key for key, value in params.items() if isinstance(value, dict)}
    assert skeleton["analyses"].keys() == params["analyses"].keys()
    write_study.main(["ants"])
    own = claims.of_study("ants")
    page = (ROOT / "docs/teaching.md").read_text()
    assert [claim.rule.kind for claim in own] == ["exact", "near", "compare"]
    assert f"{own[0].published:,}" in page
    assert str(own[1].published) in page


@pytest.mark.parametrize(
    "name", ["", "Ants", "../ants", "a" * 41, "fashion", "index", "search", "stages", "data", "theme"]
)
def test_a_name_that_is_none_or_is_taken(clone, name, monkeypatch):
    monkeypatch.setenv("STUDY", name)
    with pytest.raises(ConfigError, match=f"NAME={re.escape(name)}"):
        write_study.main([])
    assert not list(Path("workflow/claims").iterdir())


def test_nothing_is_written_over(clone):
    write_study.main(["ants"])
    Path("workflow/claims/ants.yaml").write_text("mine")
    Path("studies/ants.yaml").unlink()
    with pytest.raises(ConfigError, match=r"workflow/claims/ants\.yaml is there already"):
        write_study.main(["ants"])
    assert not Path("studies/ants.yaml").exists()
    assert Path("workflow/claims/ants.yaml").read_text() == "mine"
