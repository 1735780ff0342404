"""Opening prepared arrays: read-only maps, and an error with a remedy when anything does not fit."""

import json

import numpy as np
import pytest

from revisit.data import arrays, idx
from revisit.data.formats.idx import facts as idx_facts
from revisit.data.prepare import prepare
from revisit.errors import ArtifactError


@pytest.fixture
def folder(tmp_path, settings):
    raw = tmp_path / "raw"
    raw.mkdir()
    (raw / "provenance.json").write_text('{"provenance": "copy"}')
    for split, count in (("train", 6), ("test", 4)):
        idx.write(raw / idx_facts.IMAGES[split], np.full((count, 2, 3), 9, np.uint8))
        idx.write(raw / idx_facts.LABELS[split], np.arange(count, dtype=np.uint8) % 2)
    prepare(settings(classes=["a", "b"]), raw, tmp_path / "tiny")
    return tmp_path / "tiny"


def test_load_gives_read_only_maps(folder):
    data = arrays.load(folder)
    assert (data.dataset, data.classes, data.shape, data.source) == ("tiny", ["a", "b"], (2, 3, 1), "mirror")
    assert data.provenance == "copy"
    assert not data.multi_label
    assert isinstance(data.train_images, np.memmap)
    assert data.images("test").shape == (4, 2, 3, 1)
    assert data.labels("train").tolist() == [0, 1, 0, 1, 0, 1]
    with pytest.raises(ValueError, match="read-only"):
        data.train_images[0] = 0


@pytest.mark.parametrize("name", [arrays.META, *arrays.names(None)])
def test_missing_file(folder, name):
    (folder / name).unlink()
    with pytest.raises(ArtifactError, match=rf"{name}: missing: .*dvc repro --force prepare@tiny"):
        arrays.load(folder)


@pytest.mark.parametrize("name", [arrays.META, *arrays.names(None)])
@pytest.mark.parametrize("left", [0, 5, 60])
def test_truncated_file(folder, name, left):
    (folder / name).write_bytes((folder / name).read_bytes()[:left])
    with pytest.raises(ArtifactError, match=rf"{name}: damaged"):
        arrays.load(folder)


@pytest.mark.parametrize(
    "change",
    [
        {"train": 5},
        {"shape": [2, 3, 2]},
        {"shape": [2]},
        {"classes": None},
        {"train": None},
        {"sha256": 3},
        {"labels": "multi"},
        {"labels": "some"},
        {"provenance": "mine"},
        {"provenance": None},
        {"provenance": ["published"]},
    ],
)
def test_meta_that_does_not_fit(folder, change):
    meta = json.loads((folder / arrays.META).read_text())
    (folder / arrays.META).write_text(json.dumps(meta | change))
    with pytest.raises(ArtifactError, match="make it again"):
        arrays.load(folder)


def test_meta_of_an_older_version_without_provenance(folder):
    meta = json.loads((folder / arrays.META).read_text())
    del meta["provenance"]
    (folder / arrays.META).write_text(json.dumps(meta))
    with pytest.raises(ArtifactError, match=r"damaged \(KeyError: 'provenance'\): make it again with `dvc"):
        arrays.load(folder)


def test_pickled_array_is_never_loaded(folder):
    np.save(folder / "train_labels.npy", np.array([{}] * 6, object), allow_pickle=True)
    with pytest.raises(ArtifactError, match=r"train_labels\.npy: damaged"):
        arrays.load(folder)


def test_several_labels_per_image(folder):
    codes = np.array([[1, -1], [0, 1]] * 3, np.int8)
    for split, count in (("train", 6), ("test", 4)):
        np.save(folder / f"{split}_labels.npy", codes[:count])
    meta = json.loads((folder / arrays.META).read_text())
    (folder / arrays.META).write_text(json.dumps(meta | {"labels": "multi"}))
    data = arrays.load(folder)
    assert data.multi_label
    assert data.labels("test").tolist() == codes[:4].tolist()
    np.save(folder / "test_labels.npy", codes[:4, :1])
    with pytest.raises(ArtifactError, match=r"test_labels\.npy: expected \(4, 2\) int8"):
        arrays.load(folder)
