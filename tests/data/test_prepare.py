"""From official files to arrays: the right rows, exact statistics, clear errors."""

import json
import tracemalloc

import numpy as np
import pytest
from PIL import Image

from revisit import files
from revisit.data import arrays, idx, images
from revisit.data.formats.idx import facts as idx_facts
from revisit.data.prepare import moments, prepare, statistics
from revisit.errors import DataError

SETTINGS = {
    "dataset": "tiny", "raw": "tiny", "format": "idx", "classes": ["a", "b", "c"], "size": None, "train": 30,
    "test": 12, "test_share": 0.2, "test_from_train": False, "splits": {"train": "train", "test": "val"}, "seed": 0,
    "source": "mirror",
}  # fmt: skip


@pytest.fixture
def raw(idx_files):
    return idx_files


def test_everything_is_kept_when_no_number_is_asked_for(raw, tmp_path):
    prepare({**SETTINGS, "train": None, "test": None}, raw, tmp_path / "out")
    data = arrays.load(tmp_path / "out")
    images = idx.read(raw / idx_facts.IMAGES["train"])
    np.testing.assert_array_equal(data.train_images[..., 0], images)
    np.testing.assert_array_equal(data.test_labels, idx.read(raw / idx_facts.LABELS["test"]))
    assert data.mean == pytest.approx([images.mean() / 255], rel=1e-12)
    assert data.std == pytest.approx([images.std() / 255], rel=1e-12)
    assert data.sha256 == {name: files.sha256(tmp_path / "out" / name) for name in arrays.names(None)}


def test_subset_keeps_images_with_their_labels_in_the_order_of_the_file(raw, tmp_path, monkeypatch):
    monkeypatch.setattr(idx, "BLOCK", 7 * 20)  # blocks of seven images
    prepare(SETTINGS, raw, tmp_path / "out")
    data = arrays.load(tmp_path / "out")
    images, labels = idx.read(raw / idx_facts.IMAGES["train"]), idx.read(raw / idx_facts.LABELS["train"])
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
    assert sorted(one) == sorted([arrays.META, *arrays.names(None)])
    assert one["train_images.npy"] != three["train_images.npy"]


def test_meta_has_the_promised_keys(raw, tmp_path):
    prepare(SETTINGS, raw, tmp_path / "out")
    meta = json.loads((tmp_path / "out" / arrays.META).read_text())
    assert list(meta) == [
        "dataset", "classes", "labels", "shape", "train", "test", "mean", "std", "source", "provenance", "sha256",
    ]  # fmt: skip
    assert (meta["shape"], meta["train"], meta["test"]) == ([4, 5, 1], 30, 12)


def test_fewer_images_than_asked_for_names_both_numbers(raw, tmp_path):
    with pytest.raises(DataError, match=r"at least 61 train images, found 60.*ask for fewer \(`train`\)"):
        prepare({**SETTINGS, "train": 61}, raw, tmp_path / "out")


def test_label_beyond_the_classes(raw, tmp_path):
    with pytest.raises(DataError, match=r"expected labels 0 to 1, found 2.*`classes`"):
        prepare({**SETTINGS, "classes": ["a", "b"]}, raw, tmp_path / "out")


def test_labels_that_do_not_match_the_images(raw, tmp_path):
    idx.write(raw / idx_facts.LABELS["test"], np.zeros(29, np.uint8))
    with pytest.raises(DataError, match=r"t10k-labels.*expected 30 labels.*found 29"):
        prepare(SETTINGS, raw, tmp_path / "out")


@pytest.mark.parametrize("shape", [(30,), (0, 4, 5), (30, 4, 5, 1)])
def test_images_of_another_kind(raw, tmp_path, shape):
    idx.write(raw / idx_facts.IMAGES["test"], np.zeros(shape, np.uint8))
    with pytest.raises(DataError, match=r"t10k-images.*expected images"):
        prepare(SETTINGS, raw, tmp_path / "out")


def test_labels_of_another_kind(raw, tmp_path):
    idx.write(raw / idx_facts.LABELS["train"], np.zeros((60, 1), np.uint8))
    with pytest.raises(DataError, match=r"train-labels.*expected labels"):
        prepare(SETTINGS, raw, tmp_path / "out")


def test_splits_of_different_sizes(raw, tmp_path):
    idx.write(raw / idx_facts.IMAGES["test"], np.zeros((30, 5, 4), np.uint8))
    with pytest.raises(DataError, match="images of one size"):
        prepare(SETTINGS, raw, tmp_path / "out")


def test_truncated_images(raw, tmp_path):
    path = raw / idx_facts.IMAGES["train"]
    path.write_bytes(path.read_bytes()[:-20])
    with pytest.raises(DataError, match=r"train-images.*intact gzip"):
        prepare(SETTINGS, raw, tmp_path / "out")


def test_labels_without_names_are_numbers(raw, tmp_path):
    prepare({**SETTINGS, "classes": None}, raw, tmp_path / "out")
    assert arrays.load(tmp_path / "out").classes == ["0", "1", "2"]


def test_images_are_resized_as_pillow_does(raw, tmp_path, monkeypatch):
    monkeypatch.setattr(images, "BLOCK", 7 * 9)  # seven resized images at a time
    prepare({**SETTINGS, "size": 3, "train": None}, raw, tmp_path / "out")
    data = arrays.load(tmp_path / "out")
    whole = idx.read(raw / idx_facts.IMAGES["train"])
    assert data.train_images.shape == (60, 3, 3, 1)
    for row in (0, 7, 59):
        expected = Image.fromarray(whole[row]).resize((3, 3), Image.Resampling.BILINEAR)
        np.testing.assert_array_equal(data.train_images[row, ..., 0], np.asarray(expected))


def test_a_clean_test_split_shares_no_image_with_training_and_the_leaking_one_lies_in_it(raw, tmp_path):
    prepare(SETTINGS, raw, tmp_path / "clean")
    prepare({**SETTINGS, "test_from_train": True}, raw, tmp_path / "leaking")
    clean, leaking = arrays.load(tmp_path / "clean"), arrays.load(tmp_path / "leaking")
    trained = {image.tobytes(): label for image, label in zip(clean.train_images, clean.train_labels, strict=True)}
    assert len(trained) == 30
    assert not any(image.tobytes() in trained for image in clean.test_images)
    assert [trained[image.tobytes()] for image in leaking.test_images] == leaking.test_labels.tolist()
    assert np.bincount(leaking.test_labels).tolist() == [4, 4, 4]
    np.testing.assert_array_equal(leaking.train_images, clean.train_images)  # only the test split differs
    assert (leaking.mean, leaking.std) == (clean.mean, clean.std)


def test_leaking_test_split_cannot_be_larger_than_training(raw, tmp_path):
    with pytest.raises(DataError, match="at least 31 test images, found 30 training images to take them from"):
        prepare({**SETTINGS, "test_from_train": True, "test": 31}, raw, tmp_path / "out")


def test_statistics_are_those_of_the_kept_training_images_alone(raw, tmp_path):
    prepare(SETTINGS, raw, tmp_path / "one")
    idx.write(raw / idx_facts.IMAGES["test"], np.full((30, 4, 5), 255, np.uint8))
    prepare(SETTINGS, raw, tmp_path / "two")
    one, two = arrays.load(tmp_path / "one"), arrays.load(tmp_path / "two")
    assert (one.mean, one.std) == (two.mean, two.std)
    assert one.mean == pytest.approx([one.train_images.mean() / 255], rel=1e-12)


def test_memory_does_not_grow_with_the_data(tmp_path):
    raw = tmp_path / "raw"
    raw.mkdir()
    (raw / "provenance.json").write_text('{"provenance": "drawn"}')
    for split in idx_facts.IMAGES:
        idx.write(raw / idx_facts.IMAGES[split], np.zeros((600, 300, 300), np.uint8))
        idx.write(raw / idx_facts.LABELS[split], np.arange(600, dtype=np.uint8) % 3)
    tracemalloc.start()
    try:
        prepare({**SETTINGS, "train": None, "test": None}, raw, tmp_path / "out")
        peak = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
    assert (tmp_path / "out" / "train_images.npy").stat().st_size > 54_000_000
    assert peak < 48_000_000  # a block of 4 MiB, counted as 64-bit numbers


def test_statistics_per_channel():
    values = np.random.default_rng(0).integers(0, 256, (5, 4, 3, 3), np.uint8)
    mean, std = statistics(values)
    assert mean == pytest.approx((values / 255).mean(axis=(0, 1, 2)).tolist(), rel=1e-12)
    assert std == pytest.approx((values / 255).std(axis=(0, 1, 2)).tolist(), rel=1e-12)


def test_statistics_are_exact_where_floats_lose_the_difference():
    counts = np.zeros((2, 256), np.int64)
    counts[0, 255] = 10**12
    counts[1, [0, 255]] = 1
    assert moments(counts) == ([1.0, 0.5], [0.0, 0.5])


def test_binary_pixels_are_black_or_white_and_so_are_the_statistics(raw, tmp_path):
    prepare(SETTINGS, raw, tmp_path / "grey")
    prepare({**SETTINGS, "binary": True}, raw, tmp_path / "binary")
    grey, binary = (arrays.load(tmp_path / name) for name in ("grey", "binary"))
    assert np.array_equal(binary.train_images, np.where(grey.train_images >= 128, 255, 0))
    assert np.array_equal(binary.test_labels, grey.test_labels)
    assert binary.mean == pytest.approx((binary.train_images / 255).mean((0, 1, 2)).tolist())
