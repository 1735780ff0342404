"""A killed training ends with the bytes of an undisturbed one."""

import json
import random
import shutil
import subprocess
import sys
from contextlib import chdir
from pathlib import Path

import numpy as np
import pytest
import torch
from torch import nn

from boxed import write_data
from revisit import paths
from revisit.data import arrays
from revisit.files import sha256
from revisit.models import registry
from revisit.models.parts.trunk import Trunk
from revisit.training import batches
from revisit.training import train as training
from revisit.training.history import History
from revisit.training.outputs import Outcome
from revisit.training.plan import Common, Plan


def summary(outcome: Outcome) -> tuple:
    tables = {name: table.to_csv() for name, table in outcome.runs.items()}
    events = {
        file: found.tobytes() if file.endswith(".npy") else found.to_csv() for file, found in outcome.events.items()
    }
    return outcome.findings, outcome.steps.to_csv(), outcome.evaluations.to_csv(), tables, events


class Normed(nn.Module):
    """Batch normalisation and dropout."""

    def __init__(self) -> None:
        super().__init__()
        self.body = nn.Sequential(nn.Conv2d(1, 4, 3), nn.BatchNorm2d(4), nn.ReLU(), nn.Dropout(0.5), nn.Flatten())
        self.fc = nn.Linear(4 * 36, 4)

    def forward(self, images: torch.Tensor) -> torch.Tensor:
        return self.fc(self.body(images))


class Trunked(nn.Module):
    """A trunk, which remembers where it is held fixed, below a convolution and a linear layer."""

    def __init__(self) -> None:
        super().__init__()
        self.features = Trunk(nn.Sequential(nn.Conv2d(1, 2, 3), nn.BatchNorm2d(2)))
        self.body, self.fc = nn.Sequential(nn.Conv2d(2, 4, 3), nn.ReLU()), nn.Linear(4, 4)

    def forward(self, images: torch.Tensor) -> torch.Tensor:
        return self.fc(self.body(self.features(images)).mean((2, 3)))


OWN = {"normed": Normed, "trunked": Trunked}
SGD = {"name": "sgd", "lr": 0.01, "momentum": 0.5, "weight_decay": 0.01, "decay_layers": None}
ADAGRAD, ADAM = ({**SGD, "name": name, "momentum": 0.0} for name in ("adagrad", "adam"))
TENSORFLOWS = {**ADAGRAD, "initial_accumulator": 0.1}
PAIRS = {"name": "pairs", "loss": None, "margin": 1.0, "similar": 0.3}
FEATURES = {"layers": ["features"], "steps": None}
CASES = {
    "sgd": {"optimizer": SGD, "schedule": {"factor": 0.5, "every": 3}},
    "adagrad": {"optimizer": ADAGRAD, "crop": 6, "flip": True},
    "adam": {"optimizer": ADAM, "mixup": 0.4},
    "static": {"optimizer": SGD, "graph": "static", "backend": "aot_eager", "mixup": 0.4},
    "thaw": {"optimizer": SGD, "freeze": {"layers": ["conv1"], "steps": 3}},
    "thaw_adam": {"optimizer": ADAM, "freeze": {"layers": ["conv1", "fc1"], "steps": 5}},
    "norm": {"model": "normed", "network": {}, "optimizer": ADAM, "freeze": {"layers": ["body"], "steps": 4}},
    "frozen": {"model": "normed", "network": {}, "optimizer": ADAGRAD, "freeze": {"layers": ["body"], "steps": None}},
    "trunk": {"model": "trunked", "network": {}, "optimizer": ADAM, "flip": True, "freeze": FEATURES},
    "anchor": {"model": "siamese", "network": {}, "optimizer": ADAM, "objective": {**PAIRS, "sampler": "anchor"}},
    "random": {"model": "siamese", "network": {}, "optimizer": ADAM, "objective": {**PAIRS, "sampler": "random"}},
    "share": {
        "model": "siamese",
        "network": {},
        "optimizer": ADAM,
        "objective": {**PAIRS, "sampler": "anchor", "pool": 0.5, "test_pairs": "anchor"},
    },
    "fresh": {"optimizer": TENSORFLOWS, "sampling": "step", "inputs": "scaled", "crop": 6, "flip": True},
    "fresh_steps": {"optimizer": ADAM, "sampling": "step", "epochs": None, "steps": 9, "snapshots": [2], "read_at": []},
    "noise": {
        "model": "denoising_autoencoder",
        "network": {},
        "optimizer": ADAM,
        "objective": {"name": "reconstruction", "loss": None, "auxiliary": 0.3},
    },
    "steps": {"optimizer": ADAM, "epochs": None, "steps": 9, "snapshots": [0, 2, 4, 9], "read_at": [0, 5]},
}
# two moments for each, drawn once: early or late, before or after an evaluation, a snapshot, an epoch
MOMENTS = {name: random.Random(name).sample(range(1, 9), 1 if name == "static" else 2) for name in CASES}


@pytest.fixture
def case(change, monkeypatch):
    """The settings of a case by name."""
    build = registry.build

    def fake(name: str, *arguments: object) -> nn.Module:
        return OWN[name]() if name in OWN else build(name, *arguments)

    monkeypatch.setattr(registry, "build", fake)
    return lambda name: change(**CASES[name])


@pytest.mark.filterwarnings("default::DeprecationWarning")  # PyTorch's own, while it compiles
@pytest.mark.parametrize("name", CASES)
def test_an_interrupted_training_ends_as_an_undisturbed_one(run, case, killed, digests, name):
    settings = case(name)
    undisturbed = run("a", settings)
    for again, moment in enumerate(MOMENTS[name]):
        with killed(moment):
            run(f"b{again}", settings, save_every=0)
        resumed = run(f"b{again}", settings)
        assert digests("a/model") == digests(f"b{again}/model"), moment
        assert summary(resumed) == summary(undisturbed), moment


@pytest.mark.parametrize(
    ("changes", "computed"),
    [
        ({}, 40 + 12),  # as many as there are
        ({"flip": True}, 2 * 40 + 12),  # at most
        ({"crop": 8}, 40 + 12),  # the whole image
        ({"crop": 6}, None),
        ({"freeze": FEATURES | {"steps": 4}}, None),
        ({"freeze": {"layers": ["body"], "steps": None}}, None),
    ],
    ids=["whole", "mirrored", "crop-of-all", "crop", "thaws", "others-are-frozen"],
)
def test_a_trunk_sees_an_image_once_where_nothing_changes(run, case, change, monkeypatch, changes, computed):
    passes = []
    forward = Trunk._computed
    monkeypatch.setattr(Trunk, "_computed", lambda self, images: passes.append(len(images)) or forward(self, images))
    case("trunk")
    run("a", change(**(CASES["trunk"] | {"flip": False} | changes)))
    if computed is None:
        assert max(passes) == 10
    else:
        assert 12 < len(passes) <= computed
        assert set(passes) == {1}


def test_a_trunk_that_remembers_learns_the_same(run, case, change, monkeypatch):
    case("trunk")
    settings = change(**CASES["trunk"])
    found = run("a", settings)
    monkeypatch.setattr(Trunk, "remember", lambda self: None)
    plain = run("b", settings)
    np.testing.assert_allclose(found.steps["loss"], plain.steps["loss"], rtol=1e-4)
    assert found.findings["operations"] == plain.findings["operations"] > 0


def test_labels_of_several_classes(run, change, killed, digests, prepared_multi):
    settings = change(name="multilabel", mixup=0.4, crop=7, flip=True)
    undisturbed = run("a", settings, data=prepared_multi)
    with killed(6):
        run("b", settings, data=prepared_multi, save_every=0)
    assert summary(run("b", settings, data=prepared_multi)) == summary(undisturbed)
    assert digests("a/model") == digests("b/model")


def test_labels_of_images_whose_boxes_are_known(run, change, killed, digests, prepared_multi, tmp_path):
    """The boxes change nothing of what is learnt of the labels, whether the training is killed or not."""
    boxed = tmp_path / "boxed"
    shutil.copytree(prepared_multi, boxed)
    meta = json.loads((boxed / "meta.json").read_text())
    for split in ("train", "test"):
        few = np.arange(meta[split])
        for name, array in {
            "boxes": np.tile(np.array([[1, 0, 7, 4]], np.float32), (len(few), 1)),
            "kinds": few % 4,
            "flags": np.zeros((len(few), 2), bool),
            "views": np.zeros(len(few), np.int64),
            "offsets": np.arange(len(few) + 1),
            "sizes": np.full((len(few), 2), 8),
        }.items():
            np.save(boxed / f"{split}_{name}.npy", array)
            meta["sha256"][f"{split}_{name}.npy"] = sha256(boxed / f"{split}_{name}.npy")
    (boxed / "meta.json").write_text(json.dumps(meta | {"objects": "boxes"}))
    settings = change(name="multilabel", mixup=0.4, crop=7, flip=True)
    without = run("a", settings, data=prepared_multi)
    with killed(6):
        run("b", settings, data=boxed, save_every=0)
    assert summary(run("b", settings, data=boxed))[1:] == summary(without)[1:]
    a, b = digests("a/model"), digests("b/model")
    assert [name for name in a if a[name] != b[name]] == ["network.json"]  # it names the data


DETECTOR = {"hidden": 16, "regions": 8, "backbone": "small_convnet", "stride": "8", "bins": 2}
PROPOSING = {"anchor": 14.0, "anchors": 16, "training_candidates": 30, "training_proposals": 10, "proposals": 5}
WITH_OBJECTS = {
    "localiser": {"task": "localisation", "network": {"hidden": 16, "backbone": "squeezenet"}},
    "fcn": {"task": "segmentation", "network": {"backbone": "squeezenet"}},
    "yolo": {"task": "detection", "network": {"backbone": "squeezenet", "cells": 4, "hidden": 16}},
    "fast_rcnn": {"task": "detection", "network": DETECTOR},
    "faster_rcnn": {"task": "detection", "network": DETECTOR | PROPOSING | {"masks": True, "mask_channels": 8}},
}


@pytest.mark.parametrize("model", WITH_OBJECTS)
def test_networks_that_draw_regions(run, change, protocol, killed, digests, model, tmp_path):
    """Crops and mirrored images move boxes, masks and proposals; regions are drawn at random, and some dropped out."""
    with chdir(tmp_path):
        write_data(12, proposals=20)
    known = WITH_OBJECTS[model]
    objective = protocol["objective"] | {"name": known["task"]}
    settings = change(model=model, objective=objective, crop=64, flip=True, batch_size=4, snapshots=[], read_at=[])
    settings["runs"]["base"] |= {"network": known["network"] | {"dropout": 0.2}, "optimizer": SGD | {"lr": 0.001}}
    settings |= {"model": model, "dataset": "boxed"}
    boxed = tmp_path / paths.prepared("boxed")
    undisturbed = run("a", settings, data=boxed)
    with killed(5):
        run("b", settings, data=boxed, save_every=0)
    assert summary(run("b", settings, data=boxed)) == summary(undisturbed)
    assert digests("a/model") == digests("b/model")


def test_what_was_done_is_not_done_again(run, settings, killed, monkeypatch):
    with killed(7):
        run("a", settings, save_every=0)
    drawn = []
    monkeypatch.setattr(batches, "order", lambda *args, order=batches.order: drawn.append(args) or order(*args))
    run("a", settings)
    assert {epoch for _, _, epoch in drawn} == {1}  # the first epoch was not trained again


def test_two_trainings_give_the_same_bytes(run, settings, digests):
    torch.manual_seed(1)
    first = run("a", settings)
    torch.manual_seed(2)  # nothing outside the settings counts
    second = run("b", settings)
    assert digests("a/model") == digests("b/model")
    assert summary(first) == summary(second)


@pytest.fixture
def sweep(settings, protocol):
    """Three variants of two replicates, eight steps each; the second variant is kept."""
    runs = {
        "slow": protocol | {"optimizer": ADAGRAD},
        "kept": protocol | {"mixup": 0.4, "crop": 7, "sampling": "step"},
        "other": protocol | {"optimizer": ADAM, "flip": True},
    }
    return settings | {"runs": runs, "keep": "kept", "replicates": 2}


@pytest.mark.parametrize("step", [1, 8, 9, 13, 19, 26, 47])
def test_an_interrupted_sweep_ends_as_an_undisturbed_one(run, sweep, killed, digests, undisturbed_sweep, step):
    with killed(step):
        run("b", sweep, save_every=0)
    resumed = run("b", sweep)
    assert digests("b/model") == undisturbed_sweep[0]
    assert summary(resumed) == undisturbed_sweep[1]


@pytest.fixture
def undisturbed_sweep(run, sweep, digests):
    outcome = run("a", sweep)
    return digests("a/model"), summary(outcome)


def test_finished_runs_are_not_repeated(run, sweep, killed, monkeypatch):
    with killed(8 * 4 + 3):  # in the third step of the fifth run
        run("b", sweep, save_every=1000)
    steps = []
    record = History.record
    monkeypatch.setattr(History, "record", lambda self, *values: steps.append(self) or record(self, *values))
    run("b", sweep)
    assert len(steps) == 8 * 2


def test_a_finished_run_of_other_settings_is_repeated(run, sweep, killed, capsys, undisturbed_sweep, digests):
    other = sweep | {"runs": sweep["runs"] | {"slow": sweep["runs"]["slow"] | {"batch_size": 5}}}
    with killed(40):
        run("b", other, save_every=1000)
    capsys.readouterr()
    assert summary(run("b", sweep)) == undisturbed_sweep[1]
    notes = capsys.readouterr().err
    assert "slow.0/result.pt is not used: it belongs to other settings, data or code" in notes
    assert "kept.0" not in notes


def test_a_finished_run_without_its_files_is_repeated(run, sweep, killed, tmp_path, undisturbed_sweep, digests):
    with killed(8 * 3 + 1):
        run("b", sweep, save_every=1000)
    (tmp_path / "b/resume/kept.0/snapshots/epoch_1.safetensors").unlink()
    run("b", sweep)
    assert digests("b/model") == undisturbed_sweep[0]


def test_a_diverged_run_is_not_repeated(run, change, killed, monkeypatch, digests):
    settings = change(lr=1e9, momentum=0.0, epochs=30)
    settings |= {"runs": {"wild": settings["runs"]["base"], "base": change()["runs"]["base"]}, "keep": "wild"}
    undisturbed = run("a", settings)
    assert undisturbed.findings["diverged"]
    assert undisturbed.findings["variants"]["base"]["diverged"] == 0
    stopped = len(undisturbed.steps)
    computed = 3  # it is noticed at the evaluation after that step
    assert stopped <= computed
    with killed(computed + 5):
        run("b", settings, save_every=1000)
    steps = []
    record = History.record
    monkeypatch.setattr(History, "record", lambda self, *values: steps.append(self) or record(self, *values))
    assert summary(run("b", settings)) == summary(undisturbed)
    assert len(steps) == 8
    assert digests("a/model") == digests("b/model")


def test_a_state_of_other_settings_is_ignored(run, settings, change, killed, digests, capsys):
    with killed(6):
        run("b", change(seed=5), save_every=0)
    run("a", settings)
    capsys.readouterr()
    run("b", settings)
    assert "belongs to other settings, data or code" in capsys.readouterr().err
    assert digests("a/model") == digests("b/model")


def test_a_damaged_state_is_ignored(run, settings, killed, tmp_path, digests, capsys):
    with killed(6):
        run("b", settings, save_every=0)
    state = tmp_path / "b/resume/base.0/state.pt"
    state.write_bytes(state.read_bytes()[:1000])
    run("a", settings)
    run("b", settings)
    assert "is damaged; training starts anew" in capsys.readouterr().err
    assert digests("a/model") == digests("b/model")


def test_what_other_code_left_is_ignored(run, sweep, killed, capsys, undisturbed_sweep):
    with killed(12):  # one run is finished, the second on its way
        run("b", sweep, save_every=0, code={"workflow/revisit/training/run.py": "1" * 64})
    capsys.readouterr()
    assert summary(run("b", sweep)) == undisturbed_sweep[1]
    notes = capsys.readouterr().err
    for left in ("slow.0/result.pt", "slow.1/state.pt"):
        assert f"{left} is not used: it belongs to other settings, data or code" in notes


@pytest.mark.parametrize("name", ["sgd", "share", "noise"])
def test_a_finished_run_is_read_without_a_network_and_without_images(run, case, monkeypatch, digests, tmp_path, name):
    settings = case(name)
    first, files = run("a", settings), digests("a/model")
    shutil.rmtree(tmp_path / "a/model")
    monkeypatch.setattr(registry, "build", lambda *_: pytest.fail("a network was built"))
    monkeypatch.setattr(batches, "Images", lambda *_: pytest.fail("images were loaded"))
    assert summary(run("a", settings)) == summary(first)
    assert digests("a/model") == files


def test_a_plan_touches_nothing(settings, prepared, tmp_path, monkeypatch):
    common = Common(arrays.load(prepared), None, None, "rgb", None, None, {}, torch.device("cpu"))
    monkeypatch.setattr(registry, "build", lambda *_: pytest.fail("a network was built"))
    plan = Plan(common, settings["runs"]["base"], "base", 0, True, tmp_path / "base.0", "bands")
    assert plan.steps == 8
    assert plan.finished() is None
    assert not (tmp_path / "base.0").exists()


@pytest.mark.parametrize("lost", ["events/events.out.tfevents.0.revisit", "snapshots/epoch_0.safetensors"])
def test_a_state_without_its_files_is_ignored(run, settings, killed, tmp_path, digests, capsys, lost):
    with killed(6):
        run("b", settings, save_every=0)
    (tmp_path / "b/resume/base.0" / lost).unlink()
    run("a", settings)
    run("b", settings)
    assert "starts anew" in capsys.readouterr().err
    assert digests("a/model") == digests("b/model")


KILLS = """
import json, os, random, shutil, signal, sys, time
from pathlib import Path
import torch._dynamo  # the optimisers need it: imported once here, not again in every child
from revisit.training import checkpoint, train as training

settings, data, folder = json.loads(sys.argv[1]), Path(sys.argv[2]), Path(sys.argv[3])
checkpoint.SAVE_SHARE = 0
clock, kills = random.Random(0), 0

def written():
    try:
        return max((state.stat().st_mtime_ns for state in folder.glob("resume/*/*.pt")), default=None)
    except FileNotFoundError:  # a file or folder was moved while we looked: written to just now
        return time.time_ns()

while not (folder / "done").exists():
    child = os.fork()
    if child == 0:
        sys.stderr = open(os.devnull, "w")
        shutil.rmtree(folder / "model", ignore_errors=True)
        training.train(settings, data, folder / "model", folder / "resume", {}, save_every=0.0)
        (folder / "done").touch()
        os._exit(0)
    # after a few saved steps and a fraction of the next one, whatever the machine's speed
    for _ in range(clock.randint(1, 10)):
        before = written()
        while written() == before and not os.waitid(os.P_PID, child, os.WEXITED | os.WNOHANG | os.WNOWAIT):
            time.sleep(0.0005)
    time.sleep(0.02 * clock.random())
    os.kill(child, signal.SIGKILL)
    _, status = os.waitpid(child, 0)
    kills += os.WIFSIGNALED(status)
    if os.WIFEXITED(status) and os.WEXITSTATUS(status):
        sys.exit("training failed")
print(kills)
"""


def test_kill_9_again_and_again_changes_no_byte(run, sweep, prepared, tmp_path, digests):
    run("a", sweep)
    (tmp_path / "b").mkdir()
    workflow = Path(training.__file__).parents[2]
    command = [sys.executable, "-c", KILLS, json.dumps(sweep), str(prepared), str(tmp_path / "b")]
    result = subprocess.run(command, cwd=workflow, capture_output=True, text=True, timeout=300)
    assert result.returncode == 0, result.stderr
    assert int(result.stdout) >= 5
    assert digests("a/model") == digests("b/model")
