"""From official files to arrays: the right rows, exact statistics, clear errors."""

import json

import numpy as np
import pytest
from hypothesis import given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st

from revisit import files
from revisit.data import arrays, idx
from revisit.data.prepare import prepare, statistics, subset
from revisit.errors import DataError

SETTINGS = {
    "dataset": "tiny", "format": "idx", "classes": ["a", "b", "c"], "train": 30, "test": 12, "seed": 0,
    "source": "mirror",
}  # fmt: skip


@pytest.fixture
def raw(tmp_path):
    folder = tmp_path / "raw"
    folder.mkdir()
    random = np.random.default_rng(5)
    for split, count in (("train", 60), ("test", 30)):
        idx.write(folder / idx.IMAGES[split], random.integers(0, 256, (count, 4, 5), np.uint8))
        idx.write(folder / idx.LABELS[split], np.arange(count, dtype=np.uint8) % 3)
    return folder


def test_everything_is_kept_when_no_number_is_asked_for(raw, tmp_path):
    prepare({**SETTINGS, "train": None, "test": None}, raw, tmp_path / "out")
    data = arrays.load(tmp_path / "out")
    images = idx.read(raw / idx.IMAGES["train"])
    np.testing.assert_array_equal(data.train_images[..., 0], images)
    np.testing.assert_array_equal(data.test_labels, idx.read(raw / idx.LABELS["test"]))
    assert data.mean == pytest.approx([images.mean() / 255], rel=1e-12)
    assert data.std == pytest.approx([images.std() / 255], rel=1e-12)
    assert data.sha256 == {name: files.sha256(tmp_path / "out" / name) for name in arrays.ARRAYS}


def test_subset_keeps_images_with_their_labels_in_the_order_of_the_file(raw, tmp_path, monkeypatch):
    monkeypatch.setattr(idx, "BLOCK", 7 * 20)  # blocks of seven images
    prepare(SETTINGS, raw, tmp_path / "out")
    data = arrays.load(tmp_path / "out")
    images, labels = idx.read(raw / idx.IMAGES["train"]), idx.read(raw / idx.LABELS["train"])
    rows = [int(np.flatnonzero((images == image[..., 0]).all(axis=(1, 2)))[0]) for image in data.train_images]
    assert rows == sorted(set(rows))
    assert rows != list(range(30))
    np.testing.assert_array_equal(labels[rows], data.train_labels)
    assert np.bincount(data.train_labels).tolist() == [10, 10, 10]
    assert data.mean == pytest.approx([images[rows].mean() / 255], rel=1e-12)


def test_two_runs_give_the_same_bytes_and_another_seed_other_rows(raw, tmp_path):
    for name, seed in (("one", 0), ("two", 0), ("three", 1)):
        prepare({**SETTINGS, "seed": seed}, raw, tmp_path / name)
    one, two, three = ({p.name: p.read_bytes() for p in (tmp_path / n).iterdir()} for n in ("one", "two", "three"))
    assert one == two
    assert sorted(one) == sorted([arrays.META, *arrays.ARRAYS])
    assert one["train_images.npy"] != three["train_images.npy"]


def test_meta_has_the_promised_keys(raw, tmp_path):
    prepare(SETTINGS, raw, tmp_path / "out")
    meta = json.loads((tmp_path / "out" / arrays.META).read_text())
    assert list(meta) == ["dataset", "classes", "shape", "train", "test", "mean", "std", "source", "sha256"]
    assert (meta["shape"], meta["train"], meta["test"]) == ([4, 5, 1], 30, 12)


def test_fewer_images_than_asked_for_names_both_numbers(raw, tmp_path):
    with pytest.raises(DataError, match=r"at least 61 train images, found 60.*ask for fewer \(`train`\)"):
        prepare({**SETTINGS, "train": 61}, raw, tmp_path / "out")


def test_label_beyond_the_classes(raw, tmp_path):
    with pytest.raises(DataError, match=r"expected labels 0 to 1, found 2.*`classes`"):
        prepare({**SETTINGS, "classes": ["a", "b"]}, raw, tmp_path / "out")


def test_labels_that_do_not_match_the_images(raw, tmp_path):
    idx.write(raw / idx.LABELS["test"], np.zeros(29, np.uint8))
    with pytest.raises(DataError, match=r"t10k-labels.*expected 30 labels.*found 29"):
        prepare(SETTINGS, raw, tmp_path / "out")


@pytest.mark.parametrize("shape", [(30,), (0, 4, 5), (30, 4, 5, 1)])
def test_images_of_another_kind(raw, tmp_path, shape):
    idx.write(raw / idx.IMAGES["test"], np.zeros(shape, np.uint8))
    with pytest.raises(DataError, match=r"t10k-images.*expected images"):
        prepare(SETTINGS, raw, tmp_path / "out")


def test_labels_of_another_kind(raw, tmp_path):
    idx.write(raw / idx.LABELS["train"], np.zeros((60, 1), np.uint8))
    with pytest.raises(DataError, match=r"train-labels.*expected labels"):
        prepare(SETTINGS, raw, tmp_path / "out")


def test_splits_of_different_sizes(raw, tmp_path):
    idx.write(raw / idx.IMAGES["test"], np.zeros((30, 5, 4), np.uint8))
    with pytest.raises(DataError, match="images of one size"):
        prepare(SETTINGS, raw, tmp_path / "out")


def test_truncated_images(raw, tmp_path):
    path = raw / idx.IMAGES["train"]
    path.write_bytes(path.read_bytes()[:-20])
    with pytest.raises(DataError, match=r"train-images.*intact gzip"):
        prepare(SETTINGS, raw, tmp_path / "out")


@given(st.lists(st.integers(0, 4), min_size=1, max_size=80), st.data())
@hypothesis_settings(max_examples=100, deadline=None)
def test_subset_is_stratified(labels, data):
    labels = np.array(labels)
    count = data.draw(st.integers(1, len(labels)))
    rows = subset(labels, count, 5, np.random.SeedSequence(data.draw(st.integers(0, 99))))
    assert len(rows) == len(set(rows.tolist())) == count
    assert (np.diff(rows) > 0).all()
    exact = np.bincount(labels, minlength=5) * count / len(labels)
    assert (np.abs(np.bincount(labels[rows], minlength=5) - exact) < 1).all()


def test_subset_is_fixed_on_every_machine():
    rows = subset(np.arange(20) % 2, 6, 2, np.random.SeedSequence([0, 0]))
    assert rows.tolist() == [2, 3, 8, 11, 13, 18]


def test_statistics_are_exact_where_floats_lose_the_difference():
    n = 10**12
    mean, std = statistics(np.array([255 * n]), np.array([255 * 255 * n]), n)
    assert (mean, std) == ([1.0], [0.0])
    assert statistics(np.array([255, 0]), np.array([255**2, 0]), 2) == ([0.5, 0.0], [0.5, 0.0])
