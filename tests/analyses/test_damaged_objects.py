"""Detectors and networks for pixels whose files are damaged: one message with a remedy, and no findings."""

import json

import numpy as np
import pytest

import boxed
from revisit import config, paths
from revisit.errors import ArtifactError

KINDS = {
    "detect": ("yolo", {"cells": 4, "head": "convolutional"}, {"shown": 4, "svms": None, "threshold": 0.5}),
    "segment": ("fcn", {}, {"shown": 4, "smallest": 4}),
}
DATA, MODEL = paths.prepared("boxed"), paths.model("net")


def cut(path):
    path.write_bytes(path.read_bytes()[:-9])


def other_boxes():
    boxes = np.load(DATA / "test_boxes.npy")
    np.save(DATA / "test_boxes.npy", boxes[:, ::-1])


def other_data():
    meta = json.loads((DATA / "meta.json").read_text())
    meta["sha256"]["train_images.npy"] = "0" * 64
    (DATA / "meta.json").write_text(json.dumps(meta))


DAMAGE = {
    "weights cut off": (lambda: cut(MODEL / "model.safetensors"), r"model\.safetensors: damaged"),
    "no description": (lambda: (MODEL / "network.json").unlink(), r"network\.json is missing; make it again"),
    "images cut off": (lambda: cut(DATA / "test_images.npy"), r"test_images\.npy: damaged .*prepare@boxed"),
    "masks cut off": (lambda: cut(DATA / "test_masks.npy"), r"test_\*\.npy: damaged .*prepare@boxed"),
    "corners swapped": (other_boxes, r"test_\*\.npy: damaged .*corners within the images.*prepare@boxed"),
    "other data": (other_data, r"trained on other data than data/prepared/boxed holds"),
}


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("damage", DAMAGE)
def test_damage_ends_in_one_message_and_no_findings(tmp_path, monkeypatch, kind, damage):
    monkeypatch.chdir(tmp_path)
    model, network, settings = KINDS[kind]
    settings = settings | {"images": 4, "bootstrap": 100, "seed": 0, "dataset": "boxed", "device": "cpu"}
    monkeypatch.setattr(config, "settings", lambda *_: settings)
    boxed.write_network("net", model, {"backbone": "small_convnet"} | network, boxed.write_data(count=4))
    make, message = DAMAGE[damage]
    make()
    with pytest.raises(ArtifactError, match=message):
        __import__("run_analysis").main([kind, "net"])
    assert not paths.FINDINGS.exists()
