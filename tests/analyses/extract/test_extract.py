import dataclasses
import json
from collections import OrderedDict

import numpy as np
import pytest
import torch
from torch import nn

from revisit.analyses import features
from revisit.analyses.extract.extract import extract
from revisit.data.arrays import Prepared
from revisit.errors import ArtifactError, ConfigError

CPU = torch.device("cpu")
INFO = {
    "experiment": "small",
    "dataset": "dots",
    "mean": [0.5],
    "std": [0.25],
    "crop": None,
    "data": {"train_images.npy": "aa"},
}


@pytest.fixture
def data():
    rng = np.random.default_rng(0)
    images = {split: rng.integers(0, 256, (n, 8, 8, 1), dtype=np.uint8) for split, n in (("train", 30), ("test", 20))}
    labels = {split: rng.integers(0, 2, len(images[split])) for split in images}
    return Prepared(
        "dots", ["x", "y"], (8, 8, 1), [0.5], [0.25], "embedded", "drawn", {"train_images.npy": "aa"},
        images["train"], labels["train"], images["test"], labels["test"],
    )  # fmt: skip


@pytest.fixture
def network():
    torch.manual_seed(0)
    layers = OrderedDict(conv=nn.Conv2d(1, 3, 3), pool=nn.MaxPool2d(2), flatten=nn.Flatten(), fc=nn.Linear(27, 2))
    return nn.Sequential(layers).eval()


def test_writes_what_the_layers_give(tmp_path, network, data):
    folder = tmp_path / "features" / "small"
    extract(network, INFO, data, {"fc": "fc", "pool.2": "pool"}, {"train": 12, "test": None}, folder, CPU)
    found = features.load(folder)
    assert found.layers == {
        "fc": {"submodule": "fc", "shape": [2], "dimensions": 2},
        "pool.2": {"submodule": "pool", "shape": [3, 3, 3], "dimensions": 27},
    }
    assert (found.train, found.test, found.classes) == (12, 20, ["x", "y"])
    for split, images, labels in (
        ("train", data.train_images[:12], data.train_labels[:12]),
        ("test", data.test_images, data.test_labels),
    ):
        inputs = torch.from_numpy((images / 255 - 0.5) / 0.25).float().permute(0, 3, 1, 2)
        with torch.inference_mode():
            pool = network.pool(network.conv(inputs)).flatten(1)
        np.testing.assert_allclose(found.matrix("pool.2", split), pool, atol=1e-5)
        np.testing.assert_allclose(found.matrix("fc", split), network.fc(pool.clone()).detach(), atol=1e-5)
        np.testing.assert_array_equal(found.labels(split), labels)
    np.testing.assert_array_equal(found.thumbnails(), data.test_images)
    index = json.loads((folder / "index.json").read_text())
    assert list(index) == ["experiment", "labels", "layers", "train", "test", "classes"]
    assert len(list(folder.iterdir())) == 8


def test_a_network_sees_what_it_was_trained_on(tmp_path, data):
    """Its own crop, mean and deviation, not those of the data set: a fine-tuned network has its backbone's."""
    network = nn.Sequential(OrderedDict(conv=nn.Conv2d(1, 3, 3), flatten=nn.Flatten())).eval()
    info = INFO | {"mean": [0.3], "std": [0.1], "crop": 4}
    extract(network, info, data, {"flatten": "flatten"}, {"train": 2, "test": None}, tmp_path / "new", CPU)
    inputs = torch.from_numpy((data.test_images[:, 2:6, 2:6] / 255 - 0.3) / 0.1).float().permute(0, 3, 1, 2)
    with torch.inference_mode():
        expected = network(inputs)
    np.testing.assert_allclose(features.load(tmp_path / "new").matrix("flatten", "test"), expected, atol=1e-4)


def test_several_labels_stay_as_they_were_prepared(tmp_path, network, data):
    rng = np.random.default_rng(1)
    labels = {split: rng.integers(-1, 2, (n, 2)).astype(np.int8) for split, n in (("train", 30), ("test", 20))}
    several = dataclasses.replace(data, train_labels=labels["train"], test_labels=labels["test"])
    extract(network, INFO, several, {"fc": "fc"}, {"train": 12, "test": None}, tmp_path / "new", CPU)
    found = features.load(tmp_path / "new")
    assert found.multi_label
    np.testing.assert_array_equal(found.labels("train"), labels["train"][:12])
    np.testing.assert_array_equal(found.labels("test"), labels["test"])


def test_two_names_may_stand_for_one_layer(tmp_path, network, data):
    extract(network, INFO, data, {"a": "fc", "b": "fc"}, {"train": 3, "test": 4}, tmp_path / "new", CPU)
    found = features.load(tmp_path / "new")
    np.testing.assert_array_equal(found.matrix("a", "test"), found.matrix("b", "test"))
    assert found.layers["a"] == found.layers["b"]


def test_without_pictures(tmp_path, network, data):
    for name, pictures in (("with", True), ("without", False)):
        extract(network, INFO, data, {"fc": "fc"}, {"train": 3, "test": 4}, tmp_path / name, CPU, pictures)
    with_, without = ({file.name for file in (tmp_path / name).iterdir()} for name in ("with", "without"))
    assert with_ - without == {"test_thumbnails.npy"}
    assert features.load(tmp_path / "without").matrix("fc", "test").shape == (4, 2)


def test_the_same_bytes_every_time(tmp_path, network, data):
    written = []
    for name in "ab":
        extract(network, INFO, data, {"fc": "fc"}, {"train": None, "test": 99}, tmp_path / name, CPU)
        written.append({file.name: file.read_bytes() for file in (tmp_path / name).iterdir()})
    assert written[0] == written[1]


def test_an_unknown_layer_is_named_before_anything_is_written(tmp_path, network, data):
    with pytest.raises(ConfigError, match="no layer 'fc7'; it has: conv, pool, flatten, fc"):
        extract(
            network, INFO, data, {"fc": "fc", "seventh": "fc7"}, {"train": None, "test": None}, tmp_path / "new", CPU
        )
    assert not (tmp_path / "new").exists()


def test_a_network_trained_on_other_data_is_refused(tmp_path, network, data):
    other = INFO | {"data": {"train_images.npy": "bb"}}
    with pytest.raises(ArtifactError, match=r"trained on other data than data/prepared/dots .*train@small"):
        extract(network, other, data, {"fc": "fc"}, {"train": None, "test": None}, tmp_path / "new", CPU)
