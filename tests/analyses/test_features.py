import json

import numpy as np
import pytest

from revisit.analyses import features
from revisit.errors import ArtifactError, ConfigError


def test_reads_what_is_there(features_folder):
    found = features.load(features_folder)
    assert (found.train, found.test, found.classes) == (120, 90, ["ant", "bee", "cat"])
    assert found.matrix("fc", "train").shape == (120, 8)
    assert isinstance(found.matrix("fc", "test"), np.memmap)
    assert found.labels("test").shape == (90,)
    assert found.thumbnails().shape == (90, 6, 5, 1)
    assert not found.multi_label


def test_reads_several_labels_and_layers_with_dots_in_their_names(multi_features_folder):
    found = features.load(multi_features_folder)
    assert found.multi_label
    assert found.layers["features.30"]["submodule"] == "net.features.30"
    assert found.matrix("features.30", "test").shape == (90, 8)
    labels = found.labels("train")
    assert (labels.shape, labels.dtype) == ((120, 3), np.int8)
    assert set(labels.ravel()) == {-1, 0, 1}


@pytest.mark.parametrize(
    ("labels", "message"),
    [
        (np.full((90, 3), 2, np.int8), "labels outside -1..1"),
        (np.zeros((90, 2), np.int8), "90x2 int8 where 90x3 int8 belongs"),
        (np.zeros((90, 3), np.int64), "90x3 int64 where 90x3 int8 belongs"),
        (np.zeros(90, np.int64), "90 int64 where 90x3 int8 belongs"),
    ],
)
def test_several_labels_that_do_not_fit_are_described(multi_features_folder, labels, message):
    np.save(multi_features_folder / "test_labels.npy", labels)
    with pytest.raises(ArtifactError, match=rf"test_labels\.npy: {message}.*dvc repro --force extract@several"):
        features.load(multi_features_folder).labels("test")


def test_a_layer_that_was_not_extracted_is_named_with_those_that_were(features_folder):
    with pytest.raises(
        ConfigError, match=r"'fc2' was not extracted; extracted are: pool, fc\..*extract\.small\.layers"
    ):
        features.load(features_folder).matrix("fc2", "test")


@pytest.mark.parametrize(
    "index",
    [
        *("", "[]", "{}"),
        '{"layers": {"a": {}}, "labels": "single", "classes": [], "train": 1, "test": 1}',
        '{"layers": {}, "labels": "both", "classes": [], "train": 1, "test": 1}',
        '{"layers": {}, "classes": [], "train": 1, "test": 1}',
    ],
)
def test_a_damaged_index_comes_with_its_remedy(features_folder, index):
    (features_folder / "index.json").write_text(index)
    with pytest.raises(ArtifactError, match=r"index\.json: missing or damaged .*dvc repro --force extract@small"):
        features.load(features_folder)


def test_a_missing_folder_comes_with_its_remedy(tmp_path):
    with pytest.raises(ArtifactError, match="extract@none"):
        features.load(tmp_path / "none")


@pytest.mark.parametrize(
    ("array", "message"),
    [
        (np.zeros((90, 7), np.float32), "90x7 float32 where 90x8 float32 belongs"),
        (np.zeros((90, 8)), "90x8 float64 where 90x8 float32 belongs"),
        (np.zeros(90, np.float32), "90 float32 where 90x8 float32 belongs"),
        (np.array([{}] * 90), "missing or damaged"),  # a pickle is never loaded
    ],
)
def test_an_array_that_does_not_fit_is_described(features_folder, array, message):
    np.save(features_folder / "fc_test.npy", array, allow_pickle=True)
    with pytest.raises(ArtifactError, match=rf"fc_test\.npy: {message}"):
        features.load(features_folder).matrix("fc", "test")


def test_a_cut_file_is_damaged(features_folder):
    file = features_folder / "fc_test.npy"
    file.write_bytes(file.read_bytes()[:-1])
    with pytest.raises(ArtifactError, match=r"fc_test\.npy: missing or damaged"):
        features.load(features_folder).matrix("fc", "test")


@pytest.mark.parametrize("value", [np.nan, np.inf])
def test_features_of_a_diverged_network_are_refused(features_folder, value, monkeypatch):
    monkeypatch.setattr(features, "_BLOCK", 80)
    rows = np.zeros((90, 8), np.float32)
    rows[-1, -1] = value
    np.save(features_folder / "fc_test.npy", rows)
    with pytest.raises(ArtifactError, match="not finite, so the training has diverged"):
        features.load(features_folder).matrix("fc", "test")


def test_labels_outside_the_classes_are_refused(features_folder):
    np.save(features_folder / "test_labels.npy", np.full(90, 3))
    with pytest.raises(ArtifactError, match=r"labels outside 0\.\.2"):
        features.load(features_folder).labels("test")


def test_thumbnails_must_be_images_of_the_test_set(features_folder):
    index = json.loads((features_folder / "index.json").read_text()) | {"test": 91}
    (features_folder / "index.json").write_text(json.dumps(index))
    with pytest.raises(ArtifactError, match=r"90x6x5x1 uint8 where 91x\?x\?x\? uint8 belongs"):
        features.load(features_folder).thumbnails()
