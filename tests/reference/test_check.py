import json
import shutil
from pathlib import Path

import pytest

import check_reference
from revisit.reference import check, first_steps, store
from revisit.reference.check import Status
from revisit.reference.keep import keep

ROOT = Path(__file__).resolve().parents[2]


@pytest.fixture
def root(clone, published, tmp_path):
    keep("small", {"paper": published}, clone.folder, root=tmp_path / "reference")
    return tmp_path / "reference"


def test_kept(root, published):
    assert check.look("small", {"paper": published}, root) == check.Finding("small", Status.KEPT)


def test_fewer_seeds_than_today_are_told(root, published):
    published["train"]["replicates"] = 5
    assert check.look("small", {"paper": published}, root).reason == "2 of 5 seeds"


def test_missing(root, published):
    assert check.look("other", {"paper": published}, root).status is Status.MISSING


def test_another_training_is_stale_by_its_keys(root, published):
    published["train"]["runs"]["base"] |= {"batch_size": 1, "steps": 1}
    found = check.look("small", {"paper": published}, root)
    assert (found.status, found.reason) == (Status.STALE, "train: runs.base.batch_size, runs.base.steps")


def test_another_analysis_is_partial(root, published):
    published["embed"]["points"] = 5
    published["probe"] = {"layers": ["fc1"]}
    found = check.look("small", {"paper": published}, root)
    assert (found.status, found.reason) == (Status.PARTIAL, "embed: points; probe: missing")


def test_damage_is_told(root, published):
    (root / "small/findings/train.json").write_text("{}")
    found = check.look("small", {"paper": published}, root)
    assert found.status is Status.DAMAGED
    assert "train.json: its content" in found.reason


def test_a_folder_that_no_experiment_has_is_an_orphan(root, monkeypatch, capsys):
    assert check.orphans({"small"}, root) == []
    (root / ".partial").mkdir()
    (found,) = check.orphans({"smal"}, root)
    assert (found.name, found.status) == ("small", Status.ORPHANED)
    assert f"git rm -r {root / 'small'}" in found.reason
    monkeypatch.chdir(root.parent)
    shutil.copy(ROOT / "params.yaml", ".")
    check_reference.main([])  # a `params.yaml` of one's own, with fewer experiments, is no failure
    assert "orphaned     small: no experiment of params.yaml" in capsys.readouterr().out
    check_reference.main(["fashion_static"])  # that one alone


@pytest.fixture
def data(clone):
    return clone.folder / "data/prepared/dots"


@pytest.mark.parametrize(
    ("factor", "status"),
    [(1.0, Status.HOLDS), (1.009, Status.HOLDS), (1.02, Status.CONTRADICTED), (0.5, Status.CONTRADICTED)],
)
def test_the_same_first_losses_hold_and_others_contradict(root, published, data, monkeypatch, factor, status):
    def losses(settings, folder, start, steps):
        assert (settings["keep"], folder, start, steps) == ("base", data, None, 20)
        return [*kept[:-1], kept[-1] * factor]  # one of them is enough

    kept = store.read("small", root).description.first_steps.loss
    monkeypatch.setattr(first_steps, "losses", losses)
    found = check.train_again("small", {"paper": published}, lambda scale, name: data, root)
    assert found.status is status
    assert "the first 20 losses deviate by" in found.reason


def test_other_data_are_not_trained_on(root, published, data):
    meta = json.loads((data / "meta.json").read_text())
    meta["sha256"]["b.npy"] = "0" * 64
    (data / "meta.json").write_text(json.dumps(meta))
    found = check.train_again("small", {"paper": published}, lambda scale, name: data, root)
    assert (found.status, found.reason) == (Status.KEPT, "not trained again: the data here are others (b.npy)")


def test_arrays_that_were_not_prepared_then_are_no_other_data(root, published, data, monkeypatch):
    kept = store.read("small", root).description.first_steps.loss
    monkeypatch.setattr(first_steps, "losses", lambda *_: kept)
    meta = json.loads((data / "meta.json").read_text())
    meta["sha256"]["train_views.npy"] = "0" * 64
    (data / "meta.json").write_text(json.dumps(meta))
    found = check.train_again("small", {"paper": published}, lambda scale, name: data, root)
    assert found.status is Status.HOLDS


def test_without_data_nothing_is_trained(root, published):
    found = check.train_again("small", {"paper": published}, lambda scale, name: None, root)
    assert found.reason == "not trained again: its data are not here"


def test_deviation_is_relative_and_nan_never_holds():
    assert first_steps.deviation([1.0, 2.0], [1.0, 2.2]) == pytest.approx(0.1)
    assert first_steps.deviation([], []) == 0
    assert first_steps.deviation([1.0, 2.0], [float("nan"), 2.0]) == float("inf")
    assert first_steps.deviation([1.0, 2.0], [1.1, float("nan")]) == float("inf")
    assert first_steps.deviation([1.0, 2.0], [1.0]) == float("inf")
