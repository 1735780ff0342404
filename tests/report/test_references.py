"""Reference results as a study's trainings: those of the protocol that params.yaml publishes today."""

import copy
import json

import pytest

from revisit import paths
from revisit.errors import ArtifactError
from revisit.reference import store
from revisit.report import references

DYNAMIC, STATIC = "fashion_dynamic", "fashion_static"


@pytest.fixture
def asked(findings, stage_settings, keep):
    """The settings of a study whose experiments both have a reference result."""
    settings = stage_settings()["study"]
    keep(paths.FINDINGS, settings, DYNAMIC)
    keep(paths.FINDINGS, settings, STATIC, data="copy")
    return settings


def test_without_any_there_is_none(stage_settings, tmp_path):
    found = references.read(stage_settings()["study"], tmp_path)
    assert (found.runs, found.described, found.stale) == ([], {}, {})


def test_reference_results_are_trainings_like_those_of_this_run(asked):
    found = references.read(asked)
    assert [run.name for run in found.runs] == list(found.described) == [DYNAMIC, STATIC]
    assert found.stale == {}
    dynamic = found.runs[0]
    assert dynamic.folder == store.FOLDER / DYNAMIC / store.FINDINGS
    assert set(dynamic.metrics) == {"train", "evaluate", "inspect", "probe", "embed", "neighbours"}
    assert dynamic.train["provenance"] == {"data": "published", "weights": None}
    assert (dynamic.settings["batch_size"], dynamic.settings["replicates"]) == (100, 1)
    assert len(dynamic.history["step"]) == 400


def test_how_they_were_made(asked):
    told = references.made(references.read(asked).described[STATIC])
    assert [told[key] for key in ("date", "machine", "data", "weights", "seconds", "seeds")] == [
        "2026-02-03",
        "a machine of many cores",
        "copy",
        None,
        3600.0,
        1,
    ]
    assert told["commit"].startswith("abcdef0")
    assert json.loads(json.dumps(told)) == told


def test_seeds_are_those_that_were_trained_not_those_asked_for(asked):
    asked["asked"][DYNAMIC]["paper"]["train"]["replicates"] = 10
    found = references.read(asked)
    assert found.stale == {}
    assert found.runs[0].replicates == 1


@pytest.mark.parametrize(("stage", "key"), [("train", "runs.base.batch_size"), ("prepare", "size")])
def test_a_training_that_was_asked_otherwise_is_left_out_and_told(asked, stage, key):
    inner = asked["asked"][DYNAMIC]["paper"][stage]
    *parents, last = key.split(".")
    for parent in parents:
        inner = inner[parent]
    inner[last] = 7
    found = references.read(asked)
    assert [run.name for run in found.runs] == list(found.described) == [STATIC]
    assert found.stale == {DYNAMIC: {stage: [key]}}


def test_an_analysis_that_was_asked_otherwise_is_left_out_alone(asked):
    asked["asked"][DYNAMIC]["paper"]["probe"]["asked"] = 2
    found = references.read(asked)
    assert [run.name for run in found.runs] == [DYNAMIC, STATIC]
    assert set(found.runs[0].metrics) == {"train", "evaluate", "inspect", "embed", "neighbours"}
    assert set(found.runs[1].metrics) == {"train", "evaluate", "inspect"}
    assert found.stale == {DYNAMIC: {"probe": ["asked"]}}


def test_an_analysis_that_the_reference_lacks_is_no_difference(asked):
    asked["asked"][STATIC]["paper"]["probe"] = {"asked": 1}
    found = references.read(asked)
    assert found.stale == {}
    assert "probe" not in found.runs[1].metrics


def test_an_experiment_without_a_published_protocol_has_no_reference(asked):
    without = copy.deepcopy(asked)
    del without["asked"][DYNAMIC]
    assert [run.name for run in references.read(without).runs] == [STATIC]
    del without["experiments"][STATIC]
    assert references.read(without).runs == []


def test_a_damaged_one_is_refused(asked):
    path = store.FOLDER / DYNAMIC / store.FINDINGS / "train.json"
    path.write_text(path.read_text() + " ")
    with pytest.raises(ArtifactError, match=r"train\.json: its content is not what was kept; restore it with"):
        references.read(asked)
