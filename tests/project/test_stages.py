"""Which stage makes a network, and the commands that messages advise."""

import re
from pathlib import Path

import pytest
from ruamel.yaml import YAML

from revisit import paths, stages
from revisit.analyses.trained import check_data
from revisit.errors import ArtifactError
from revisit.models import registry

ROOT = Path(__file__).parents[2]


@pytest.fixture
def recorded(tmp_path, monkeypatch):
    """A tree in which each stage that makes networks has the record of one."""
    monkeypatch.chdir(tmp_path)
    for stage in stages.TRAININGS:
        record = paths.config(stage, f"by_{stage}")
        record.parent.mkdir(parents=True)
        record.touch()


@pytest.mark.parametrize("stage", stages.TRAININGS)
def test_a_network_is_made_by_the_stage_that_has_its_record(recorded, stage):
    assert stages.trains(f"by_{stage}") == f"{stage}@by_{stage}"


def test_without_records_a_network_is_trained(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    assert stages.trains("lenet") == "train@lenet"


def test_a_prepared_data_set_is_made_by_the_stage_that_has_its_record(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    record = paths.config("propose", "regions")
    record.parent.mkdir(parents=True)
    record.touch()
    assert stages.prepares("regions") == "propose@regions"
    assert stages.prepares("voc2007") == "prepare@voc2007"


def test_a_message_about_a_finetuning_names_a_stage_that_there_is(recorded):
    description = {"experiment": "by_finetune", "dataset": "mnist", "data": {"train_images.npy": "aa"}}
    with pytest.raises(ArtifactError, match=r"train it again with `dvc repro finetune@by_finetune`"):
        check_data(description, {"train_images.npy": "bb"})
    with pytest.raises(ArtifactError, match=r"missing; make it again with `dvc repro --force finetune@by_finetune`"):
        registry.describe(registry.replicate(paths.model("by_finetune"), 2))


def test_only_this_module_spells_commands_of_an_engine():
    spelled = [
        path.relative_to(ROOT).as_posix()
        for path in (ROOT / "workflow/revisit").rglob("*.py")
        if re.search(r"dvc repro|`snakemake|snakemake -", path.read_text())
    ]
    assert spelled == ["workflow/revisit/stages.py"]


def test_the_stages_named_here_are_stages():
    assert {*stages.TRAININGS, "prepare", "propose"} <= set(YAML(typ="safe").load(ROOT / "dvc.yaml")["stages"])
