"""CIFAR-10: both published archives, or one of image folders, give the same rows."""

import io
import pickle

import numpy as np
import pytest
from PIL import Image

from revisit.data import arrays
from revisit.data import prepare as stage
from revisit.data.formats.cifar import reader as cifar
from revisit.errors import DataError

NAMES = ["cat", "ant", "bee"]
BATCHES = [*(f"data_batch_{number}" for number in range(1, 6)), "test_batch"]


@pytest.fixture(scope="module")
def rows():
    """Labels and images (n, 32, 32, 3) of each batch; the batches differ in length."""
    random = np.random.default_rng(1)
    rows = {}
    for number, batch in enumerate(BATCHES):
        count = [6, 3, 1, 9, 6, 12][number]
        images = random.integers(0, 256, (count, 32, 32, 3), np.uint8)
        rows[batch] = np.arange(count, dtype=np.uint8) % 3, images
    return rows


def flat(images):
    return np.ascontiguousarray(images.transpose(0, 3, 1, 2)).reshape(-1, 3072)


def binary(rows):
    files = {"cifar-10-batches-bin/batches.meta.txt": ("\n".join(NAMES) + "\n\n").encode()}
    for batch in reversed(BATCHES):  # the published archives are not in order either
        labels, images = rows[batch]
        records = np.concatenate([labels[:, None], flat(images)], axis=1)
        files[f"cifar-10-batches-bin/{batch}.bin"] = records.tobytes()
    return files


def python(rows):
    files = {"cifar-10-batches-py/batches.meta": pickle.dumps({"label_names": NAMES}, protocol=2)}
    for batch in reversed(BATCHES):
        labels, images = rows[batch]
        content = {b"batch_label": batch.encode(), b"labels": labels.tolist(), b"data": flat(images)}
        files[f"cifar-10-batches-py/{batch}"] = pickle.dumps(content, protocol=2)
    return files


def folders(rows):
    files = {}
    for batch, (labels, images) in rows.items():
        for number, (label, image) in enumerate(zip(labels, images, strict=True)):
            stream = io.BytesIO()
            Image.fromarray(image).save(stream, "PNG")
            split = "test" if batch == "test_batch" else "train"
            files[f"cifar/{split}/{NAMES[label]}/{batch}{number:02}.png"] = stream.getvalue()
    return files


@pytest.fixture(params=["cifar-10-binary.tar.gz", "cifar-10-python.tar.gz"])
def published(request, tmp_path, archive, rows):
    make = binary if "binary" in request.param else python
    return archive(tmp_path / "raw" / request.param, make(rows)).parent


def prepare(settings, raw, destination):
    (raw / "provenance.json").write_text('{"provenance": "copy"}')
    stage.prepare(settings, raw, destination)


def whole(rows, batches):
    return tuple(np.concatenate([rows[batch][part] for batch in batches]) for part in (0, 1))


def test_everything_in_the_order_of_the_batches(published, tmp_path, settings, rows):
    prepare(settings(format="cifar"), published, tmp_path / "out")
    data = arrays.load(tmp_path / "out")
    assert (data.classes, data.shape) == (NAMES, (32, 32, 3))
    for split, batches in (("train", BATCHES[:5]), ("test", BATCHES[5:])):
        labels, images = whole(rows, batches)
        np.testing.assert_array_equal(data.labels(split), labels)
        np.testing.assert_array_equal(data.images(split), images)


def test_subset_resized(published, tmp_path, settings, rows):
    prepare(settings(format="cifar", size=28, train=9, test=6), published, tmp_path / "out")
    data = arrays.load(tmp_path / "out")
    assert np.bincount(data.train_labels).tolist() == [3, 3, 3]
    assert np.bincount(data.test_labels).tolist() == [2, 2, 2]
    labels, images = whole(rows, BATCHES[:5])
    resized = [np.asarray(Image.fromarray(i).resize((28, 28), Image.Resampling.BILINEAR)).tobytes() for i in images]
    kept = [resized.index(image.tobytes()) for image in data.train_images]
    assert kept == sorted(set(kept))
    assert labels[kept].tolist() == data.train_labels.tolist()


def test_classes_in_another_order(published, tmp_path, settings, rows):
    prepare(settings(format="cifar", classes=["ant", "bee", "cat"]), published, tmp_path / "out")
    data = arrays.load(tmp_path / "out")
    assert [data.classes[k] for k in data.test_labels] == [NAMES[k] for k in rows["test_batch"][0]]
    with pytest.raises(
        DataError, match=r"expected the classes of params.yaml, ant, dog, found cat, ant, bee .*`classes`"
    ):
        prepare(settings(format="cifar", classes=["ant", "dog"]), published, tmp_path / "out")


def test_image_folders_in_the_place_of_the_published_archive(tmp_path, archive, settings, rows):
    raw = archive(tmp_path / "raw" / "own.zip", folders(rows)).parent
    prepare(settings(format="cifar", classes=NAMES), raw, tmp_path / "out")
    data = arrays.load(tmp_path / "out")
    labels, images = whole(rows, BATCHES[:5])
    np.testing.assert_array_equal(np.sort(data.train_labels), np.sort(labels))
    known = {image.tobytes(): label for label, image in zip(labels, images, strict=True)}
    assert [known[image.tobytes()] for image in data.train_images] == data.train_labels.tolist()


@pytest.mark.parametrize("make", [binary, python])
def test_damaged_batches(tmp_path, archive, settings, rows, make):
    files = make(rows)
    first = next(name for name in files if "data_batch_2" in name)
    raw = tmp_path / "raw"

    def message(changed):
        archive(raw / "a.tar", changed)
        with pytest.raises(DataError) as caught:
            prepare(settings(format="cifar"), raw, tmp_path / "out")
        return str(caught.value)

    without = {name: data for name, data in files.items() if name != first}
    assert f"expected the member '{first}', found none" in message(without)
    assert f"'{first}': expected" in message(files | {first: files[first][:-50]})
    unnamed = {**rows, "data_batch_2": (np.full(3, 7, np.uint8), rows["data_batch_2"][1])}
    assert f"'{first}': expected labels 0 to 2, found 7" in message(make(unnamed))


def test_batch_without_records(tmp_path, archive, settings, rows):
    empty = {**rows, "data_batch_3": (np.empty(0, np.uint8), np.empty((0, 32, 32, 3), np.uint8))}
    raw = archive(tmp_path / "raw" / "a.zip", binary(empty)).parent
    prepare(settings(format="cifar"), raw, tmp_path / "out")
    _, images = whole(empty, BATCHES[:5])
    np.testing.assert_array_equal(arrays.load(tmp_path / "out").train_images, images)


def test_python_batch_with_other_content():
    for content in ({}, {"labels": [1], "data": np.zeros((2, 3072), np.uint8)}, {"labels": ["a"], "data": 3}):
        with pytest.raises(DataError, match="x: expected `labels` and as many rows of 3072 values in `data`"):
            cifar.python_batch(pickle.dumps(content, protocol=2), "x")


def test_folder_without_an_archive(tmp_path, settings):
    with pytest.raises(DataError, match=r"expected an archive \(.*found none: .*dvc repro --force fetch@"):
        prepare(settings(format="cifar"), tmp_path, tmp_path / "out")
