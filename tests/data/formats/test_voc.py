"""PASCAL VOC: the label matrix of the class files, with images that a class leaves out of the evaluation."""

import numpy as np
import pytest

from revisit.data import arrays
from revisit.data.prepare import prepare
from revisit.errors import DataError

KIT = "VOCdevkit/VOC2007/"
LABELS = {  # image -> cat, dog
    "train": {"000003": (1, -1), "000001": (0, 1), "000007": (-1, -1)},
    "val": {"000002": (-1, 1), "000005": (1, 1)},
}


def colour(image):
    return 5 * int(image), 100, 50


def kit(picture, labels=LABELS, classes=("cat", "dog"), top=KIT):
    files = {}
    for name, images in labels.items():
        for number, label in enumerate(classes):
            lines = "".join(f"{image} {codes[number]:2d}\n" for image, codes in images.items())
            files[f"{top}ImageSets/Main/{label}_{name}.txt"] = lines.encode()
        files[f"{top}ImageSets/Main/{name}.txt"] = "\n".join(images).encode()
        for image in reversed(images):
            files[f"{top}JPEGImages/{image}.jpg"] = picture(colour(image), (9, 6), "JPEG", quality=100)
            files[f"{top}Annotations/{image}.xml"] = b"<annotation/>"
    return files


@pytest.fixture
def prepared(tmp_path, archive, settings):
    def run(packed, **other):
        for name, files in packed.items():
            archive(tmp_path / "raw" / name, files)
        (tmp_path / "raw" / "provenance.json").write_text('{"provenance": "copy"}')
        prepare(settings(format="voc", **other), tmp_path / "raw", tmp_path / "tiny")
        return arrays.load(tmp_path / "tiny")

    return run


@pytest.mark.parametrize("name", ["a.tar", "a.tar.gz", "a.zip"])
@pytest.mark.parametrize("top", [KIT, "extra/" + KIT, "VOC2012/", ""])
def test_labels_and_images_by_name(prepared, picture, name, top):
    data = prepared({name: kit(picture, top=top)})
    assert data.multi_label
    assert data.classes == ["cat", "dog"]
    assert data.train_labels.dtype == np.int8
    assert data.train_labels.tolist() == [[0, 1], [1, -1], [-1, -1]]  # 1, 3, 7
    assert data.test_labels.tolist() == [[-1, 1], [1, 1]]
    assert data.shape == (6, 9, 3)
    assert abs(data.train_images[:, 0, 0].astype(int) - [colour(i) for i in (1, 3, 7)]).max() <= 2


def test_sets_in_several_archives_and_classes_in_another_order(prepared, picture):
    packed = {f"{name}.tar": kit(picture, {name: images}) for name, images in LABELS.items()}
    data = prepared(packed, classes=["dog", "cat"], splits={"train": "val", "test": "train"}, size=4)
    assert data.train_labels.tolist() == [[1, -1], [1, 1]]
    assert data.test_images.shape == (3, 4, 4, 3)


def test_random_subset_keeps_images_with_their_labels(prepared, picture):
    labels = {f"{i:06}": (1 if i % 2 else -1, 1 if i % 3 else 0) for i in range(40)}
    data = prepared({"a.tar": kit(picture, {"train": labels, "val": {"000050": (1, 1)}})}, train=15)
    rows = [round(float(image[..., 0].mean()) / 5) for image in data.train_images]
    assert rows == sorted(set(rows))
    assert len(rows) == 15
    assert rows != list(range(15))
    assert data.train_labels.tolist() == [list(labels[f"{row:06}"]) for row in rows]


def test_set_or_class_that_is_not_there(prepared, picture):
    with pytest.raises(
        DataError, match=r"expected ImageSets/Main/<class>_test.txt in the archives, found the image sets train, val"
    ):
        prepared({"a.tar": kit(picture)}, splits={"train": "train", "test": "test"})
    with pytest.raises(
        DataError, match=r"image set 'train': expected the classes of params.yaml, cat, cow, found cat, dog"
    ):
        prepared({"a.tar": kit(picture)}, classes=["cat", "cow"])


def test_missing_image(prepared, picture):
    files = kit(picture)
    del files[f"{KIT}JPEGImages/000007.jpg"]
    with pytest.raises(
        DataError, match=r"a.tar: expected the image '.*000007.jpg', which .*cat_train.txt lists, found none"
    ):
        prepared({"a.tar": files})


def test_class_files_with_different_images(prepared, picture):
    files = kit(picture)
    files[f"{KIT}ImageSets/Main/dog_train.txt"] = b"000003 1\n000001 1\n000008 -1\n"
    with pytest.raises(DataError, match=r"expected the same images in the files of all classes, found '000007' only"):
        prepared({"a.tar": files})


@pytest.mark.parametrize("line", ["000001", "000001 2", "000001 1 1", "000003 1", "\xff"])
def test_line_that_is_no_label(prepared, picture, line):
    files = kit(picture)
    files[f"{KIT}ImageSets/Main/dog_train.txt"] = f"000003 1\n\n{line}\n".encode("latin-1")
    with pytest.raises(DataError, match=r"dog_train.txt': line 3: expected `<image> <1, -1 or 0>`"):
        prepared({"a.tar": files})


def test_empty_list(prepared, picture):
    files = kit(picture) | {f"{KIT}ImageSets/Main/cat_val.txt": b"\n"}
    with pytest.raises(DataError, match=r"cat_val.txt': expected lines"):
        prepared({"a.tar": files})


def test_one_set_in_two_years(prepared, picture):
    files = kit(picture) | kit(picture, top="VOCdevkit/VOC2012/")
    with pytest.raises(
        DataError, match=r"expected the image set 'train' once, found it in .*VOC2007/, .*VOC2012/: keep"
    ):
        prepared({"a.tar": files})


def test_sets_that_share_images(prepared, picture):
    files = kit(picture, LABELS | {"trainval": LABELS["train"] | LABELS["val"]})
    with pytest.raises(DataError, match=r"found 3 in both 'train' and 'trainval' \(000001, .*`test_from_train`"):
        prepared({"a.tar": files}, splits={"train": "train", "test": "trainval"})


def test_leaking_test_split_of_several_labels(prepared, picture):
    data = prepared({"a.tar": kit(picture)}, test_from_train=True, test=2)
    trained = {
        image.tobytes(): labels.tolist() for image, labels in zip(data.train_images, data.train_labels, strict=True)
    }
    assert [trained[image.tobytes()] for image in data.test_images] == data.test_labels.tolist()
