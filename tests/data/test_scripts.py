"""The two commands: from settings to the artifacts that the contract names, whole or not at all."""

import pytest

import fetch_dataset
import prepare_dataset
from revisit import config, files, paths
from revisit.data import arrays, garments, idx
from revisit.errors import DataError

FETCH = {
    "dataset": "tiny", "format": "idx", "source": "embedded", "classes": list(garments.CLASSES), "seed": 0,
    "embedded": {"drawing": "garments", "train": 30, "test": 10},
}  # fmt: skip
PREPARE = {
    "dataset": "tiny", "format": "idx", "classes": list(garments.CLASSES), "train": 20, "test": 10, "seed": 0,
    "source": "embedded",
}  # fmt: skip


@pytest.fixture
def stages(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    found = {("fetch", "tiny"): dict(FETCH), ("prepare", "tiny"): dict(PREPARE)}
    monkeypatch.setattr(config, "settings", lambda stage, name=None: found[stage, name])
    return found


def test_from_nothing_to_arrays(stages):
    fetch_dataset.main(["tiny"])
    assert sorted(path.name for path in paths.raw("tiny").iterdir()) == sorted(idx.FILES)
    prepare_dataset.main(["tiny"])
    data = arrays.load(paths.prepared("tiny"))
    assert (len(data.train_images), len(data.test_images), data.source) == (20, 10, "embedded")
    assert all(files.sha256(paths.prepared("tiny") / name) == data.sha256[name] for name in arrays.ARRAYS)


def test_failure_leaves_the_old_artifact(stages):
    fetch_dataset.main(["tiny"])
    prepare_dataset.main(["tiny"])
    before = (paths.prepared("tiny") / arrays.META).read_bytes()
    stages["prepare", "tiny"]["test"] = 11
    with pytest.raises(DataError, match="at least 11 test images, found 10"):
        prepare_dataset.main(["tiny"])
    assert (paths.prepared("tiny") / arrays.META).read_bytes() == before
    assert list((paths.prepared("tiny").parents[1] / files.PARTIAL).iterdir()) == []
