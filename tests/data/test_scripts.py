"""The two commands: from settings to the artifacts that the contract names, whole or not at all."""

from types import SimpleNamespace

import numpy as np
import pytest

import fetch_dataset
import prepare_dataset
import revisit.data
from revisit import config, files, paths
from revisit.data import arrays, idx
from revisit.errors import DataError


def draw(settings, destination):
    """Stands for the drawings."""
    for split in idx.IMAGES:
        count = settings["embedded"][split]
        idx.write(destination / idx.IMAGES[split], np.arange(count * 12).astype(np.uint8).reshape(count, 3, 4))
        idx.write(destination / idx.LABELS[split], np.arange(count, dtype=np.uint8) % 2)


@pytest.fixture
def stages(tmp_path, monkeypatch, settings):
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(revisit.data, "embedded", SimpleNamespace(draw=draw), raising=False)
    drawn = {"drawing": "stripes", "train": 30, "test": 10}
    fetched = {"raw": "stripes", "format": "idx", "source": "embedded", "classes": None, "embedded": drawn, "seed": 0}
    found = {
        ("fetch", "stripes"): fetched,
        ("prepare", "tiny"): settings(raw="stripes", train=20, test=10, source="embedded"),
    }
    monkeypatch.setattr(config, "settings", lambda stage, name=None: found[stage, name])
    return found


def test_from_nothing_to_arrays(stages):
    fetch_dataset.main(["stripes"])
    assert sorted(path.name for path in paths.raw("stripes").iterdir()) == sorted(idx.FILES)
    prepare_dataset.main(["tiny"])
    data = arrays.load(paths.prepared("tiny"))
    assert (len(data.train_images), len(data.test_images), data.source) == (20, 10, "embedded")
    assert all(files.sha256(paths.prepared("tiny") / name) == data.sha256[name] for name in arrays.ARRAYS)


def test_failure_leaves_the_old_artifact(stages):
    fetch_dataset.main(["stripes"])
    prepare_dataset.main(["tiny"])
    before = (paths.prepared("tiny") / arrays.META).read_bytes()
    stages["prepare", "tiny"]["test"] = 11
    with pytest.raises(DataError, match="at least 11 test images, found 10"):
        prepare_dataset.main(["tiny"])
    assert (paths.prepared("tiny") / arrays.META).read_bytes() == before
    assert list((paths.prepared("tiny").parents[1] / files.PARTIAL).iterdir()) == []
