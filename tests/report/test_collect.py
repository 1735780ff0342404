import json
from pathlib import Path

import pytest

from revisit import paths
from revisit.errors import ArtifactError
from revisit.report.collect import collect
from revisit.report.findings import stage_of


@pytest.fixture
def studies(stage_settings):
    return stage_settings()["collect"]["studies"]


STAGES = {"fashion_dynamic": "train", "fashion_static": "train"}


def content(folder):
    return {path.relative_to(folder): path.read_bytes() for path in folder.rglob("*") if path.is_file()}


def test_findings_are_copied_with_their_metrics(findings, studies):
    collect(studies, STAGES, findings, paths.COLLECTED)
    copied = content(paths.collected("fashion"))
    metrics = json.loads(copied.pop(Path("metrics.json")))
    assert copied == content(findings)
    assert list(metrics) == ["fashion_dynamic", "fashion_static"]
    assert set(metrics["fashion_dynamic"]) == {"train", "evaluate", "inspect", "probe", "embed", "neighbours"}
    assert metrics["fashion_static"]["inspect"]["parameters"]["fc2"] == 10250


def test_what_is_no_longer_listed_goes(findings, studies):
    collect(studies, STAGES, findings, paths.COLLECTED)
    collect({"fashion": {"fashion_dynamic": ["train.json"]}}, STAGES, findings, paths.COLLECTED)
    names = sorted(str(path) for path in content(paths.COLLECTED))
    assert names == ["fashion/fashion_dynamic/train.json", "fashion/metrics.json"]


def test_a_study_gets_nothing_of_the_findings_of_another(findings):
    names = ["train.json", "history.csv"]
    studies = {"first": {"fashion_dynamic": names}, "second": {"fashion_static": names}}
    collect(studies, STAGES, findings, paths.COLLECTED)
    first, second = content(paths.collected("first")), content(paths.collected("second"))
    (findings / "fashion_static/train.json").write_text("{}")
    collect(studies, STAGES, findings, paths.COLLECTED)
    assert content(paths.collected("first")) == first
    assert content(paths.collected("second")) != second


@pytest.mark.parametrize(
    ("name", "stage"),
    [
        ("history.csv", "train"),
        ("evaluations.csv", "train"),
        ("train.json", "train"),
        ("runs", "train"),
        ("probe.json", "probe"),
        ("embed", "embed"),
        ("inspect/filters.npy", "inspect"),
    ],
)
def test_a_missing_finding_names_itself_and_its_stage(findings, name, stage):
    assert stage_of(name) == stage
    path = findings / "fashion_dynamic" / name
    path.rename(path.with_name("elsewhere"))
    with pytest.raises(ArtifactError, match=rf"(?s){name}.*dvc repro {stage}@fashion_dynamic"):
        collect({"fashion": {"fashion_dynamic": [name]}}, STAGES, findings, paths.COLLECTED)
    assert not paths.COLLECTED.exists()


def test_a_damaged_metrics_file_names_its_stage(findings):
    (findings / "fashion_dynamic/probe.json").write_text("{")
    with pytest.raises(ArtifactError, match="probe@fashion_dynamic"):
        collect({"fashion": {"fashion_dynamic": ["probe.json"]}}, STAGES, findings, paths.COLLECTED)


def test_what_a_finetuning_lacks_is_made_by_finetune(findings):
    (findings / "fashion_dynamic/train.json").write_text("{")
    names, stages = {"s": {"fashion_dynamic": ["train.json"]}}, {"fashion_dynamic": "finetune"}
    with pytest.raises(ArtifactError, match="dvc repro --force finetune@fashion_dynamic"):
        collect(names, stages, findings, paths.COLLECTED)
    (findings / "fashion_dynamic/train.json").unlink()
    with pytest.raises(ArtifactError, match="dvc repro finetune@fashion_dynamic"):
        collect(names, stages, findings, paths.COLLECTED)


def test_what_proposals_lack_is_made_by_propose(findings):
    names, stages = {"s": {"regions": ["proposals.json", "proposals"]}}, {"regions": "propose"}
    for missing in ("proposals.json", "proposals"):
        with pytest.raises(ArtifactError, match=f"{missing} is missing. It is made by stage propose@regions"):
            collect(names, stages, findings, paths.COLLECTED)
        folder = findings / "regions/proposals"
        folder.mkdir(parents=True, exist_ok=True)
        (folder / "recall.csv").write_text("method,boxes,iou,recall\n") if missing == "proposals" else None
        (findings / "regions/proposals.json").write_text('{"found": 5}')
        if missing == "proposals.json":
            folder.rmdir()
    (findings / "regions/proposals.json").write_text("{")
    with pytest.raises(ArtifactError, match="dvc repro --force propose@regions"):
        collect(names, stages, findings, paths.COLLECTED)
