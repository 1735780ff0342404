"""The records of stages: which files belong to which."""

import json
import shutil
from pathlib import Path

import pytest

from revisit.params.load import load
from revisit_engines import configure

ROOT = Path(__file__).resolve().parents[2]


@pytest.fixture
def claims(tmp_path, monkeypatch):
    """The folder of a ledger of our own beside this repository's code, below the current folder."""
    (tmp_path / "workflow").mkdir()
    for part in (ROOT / "workflow").iterdir():
        if part.name != "claims":
            (tmp_path / "workflow" / part.name).symlink_to(part)
    shutil.copytree(ROOT / "workflow/claims", tmp_path / "workflow/claims")
    shutil.copy(ROOT / "params.yaml", tmp_path)
    monkeypatch.chdir(tmp_path)
    return tmp_path / "workflow/claims"


def test_the_claims_of_a_study_belong_to_its_record_and_to_no_other(claims):
    before = configure.records(load())
    (claims / "fashion.yaml").write_text("[]")
    (claims / "voc.yaml").unlink()
    (claims / "unknown.yaml").write_text("[]")  # of no study of params.yaml
    after = configure.records(load())
    changed = {str(path) for path in before if after[path] != before[path]}
    assert changed == {"results/config/study/fashion.json", "results/config/study/voc.json"}
    named = {
        path: [file for file in json.loads(content)["code"] if file.startswith("workflow/claims/")]
        for path, content in after.items()
    }
    assert {str(path): files for path, files in named.items() if files} == {
        f"results/config/study/{study}.json": [f"workflow/claims/{study}.yaml"]
        for study in load().studies
        if study != "voc"
    }
