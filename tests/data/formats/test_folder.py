"""Image folders: each layout in each archive gives the same rows; what is not such a folder is said."""

import numpy as np
import pytest

from revisit.data import arrays
from revisit.data.prepare import prepare
from revisit.errors import DataError

KINDS = ["a.tar", "a.tar.gz", "a.zip"]


@pytest.fixture
def made(picture):
    """Files of one colour each, which tells them apart: made("ant", 3) has ant/00.png, ..."""

    def make(name, count, top="", kind="PNG", ending="png", size=(6, 6)):
        return {
            f"{top}{name}/{number:02}.{ending}": picture((len(top), ord(name[0]), number), size, kind)
            for number in range(count)
        }

    return make


@pytest.fixture
def prepared(tmp_path, archive, settings):
    """Prepares archives, given as {name: files}."""
    runs = iter(range(99))

    def run(packed, **other):
        place = tmp_path / str(next(runs))
        for name, files in packed.items():
            archive(place / "raw" / name, files)
        (place / "raw" / "provenance.json").write_text('{"provenance": "copy"}')
        prepare(settings(format="folder", **other), place / "raw", place / "tiny")
        return arrays.load(place / "tiny")

    return run


def colours(images):
    return [tuple(image[0, 0].tolist()) for image in images]


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("top", ["", "set/", "a/b/"])
def test_given_splits(prepared, made, kind, top):
    files = made("bee", 2, f"{top}test/") | made("bee", 3, f"{top}train/") | made("ant", 2, f"{top}train/")
    files |= {f"{top}train/.DS_Store": b"x", f"__MACOSX/{top}train/ant/._00.png": b"x", f"{top}readme.txt": b"x"}
    data = prepared({kind: files})
    n = len(top)
    assert data.classes == ["ant", "bee"]
    assert data.train_labels.tolist() == [0, 0, 1, 1, 1]
    assert colours(data.train_images) == [(n + 6, 97, 0), (n + 6, 97, 1), *((n + 6, 98, i) for i in range(3))]
    assert data.test_labels.tolist() == [1, 1]
    assert colours(data.test_images) == [(n + 5, 98, 0), (n + 5, 98, 1)]


@pytest.mark.parametrize("name", ["val", "valid", "Test", "VAL"])
def test_other_names_of_the_test_split(prepared, made, name):
    files = made("ant", 2, "Train/") | made("bee", 2, "Train/") | made("ant", 1, f"{name}/")
    assert prepared({"a.tar": files}).test_labels.tolist() == [0]


def test_test_goes_before_validation(prepared, made):
    files = made("ant", 2, "train/") | made("bee", 2, "train/") | made("ant", 1, "val/") | made("bee", 1, "test/")
    assert prepared({"a.tar": files}).test_labels.tolist() == [1]


@pytest.mark.parametrize("top", ["", "plants/", "train/"])
def test_split_drawn_in_proportion(prepared, made, top):
    files = made("ant", 20, top) | made("bee", 8, top)
    one = prepared({"a.tar": files}, test_share=0.25)
    assert np.bincount(one.test_labels).tolist() == [5, 2]
    assert np.bincount(one.train_labels).tolist() == [15, 6]
    everything = colours(one.train_images) + colours(one.test_images)
    assert len(set(everything)) == 28
    other = prepared({"a.zip": dict(reversed(files.items()))}, test_share=0.25)  # another archive, the same rows
    assert one.sha256 == other.sha256
    assert prepared({"a.tar": files}, test_share=0.25, seed=1).sha256 != one.sha256


def test_images_lie_in_the_memmap_by_row_whatever_the_order_of_the_archive(prepared, made, monkeypatch):
    monkeypatch.setattr("revisit.data.images.BLOCK", 5 * 6 * 6 * 3)
    files = made("ant", 9, "train/") | made("bee", 9, "train/") | made("ant", 1, "test/")
    shuffled = {name: files[name] for name in sorted(files, key=lambda name: (name[-6:], name))}
    data = prepared({"a.tar.gz": shuffled}, train=10)
    found = colours(data.train_images)
    assert found == sorted(found)
    assert [{97: 0, 98: 1}[green] for _, green, _ in found] == data.train_labels.tolist()
    assert np.bincount(data.train_labels).tolist() == [5, 5]


def test_several_archives_are_one_data_set(prepared, made, picture):
    parts = {"a.tar": made("ant", 3, "train/"), "b.zip": made("bee", 3, "train/") | made("bee", 1, "test/")}
    assert prepared(parts).train_labels.tolist() == [0, 0, 0, 1, 1, 1]
    with pytest.raises(DataError, match=r"expected each file once, found 'train/ant/00.png' in a.tar and in c.tar"):
        prepared(parts | {"c.tar": made("ant", 1, "train/")})


def test_every_format_and_deeper_folders(prepared, made):
    files = {}
    for kind, ending in (
        ("PNG", "png"),
        ("JPEG", "JPG"),
        ("JPEG", "jpeg"),
        ("BMP", "bmp"),
        ("GIF", "gif"),
        ("WEBP", "webp"),
        ("TIFF", "tif"),
        ("AVIF", "avif"),
        ("JPEG", "jfif"),
        ("PPM", "ppm"),
    ):
        files |= made("ant/deep", 1, "train/", kind, ending)
    data = prepared({"a.tar": files | made("bee", 1, "train/") | made("bee", 1, "test/")})
    assert data.train_labels.tolist() == [0] * 10 + [1]


def test_given_classes_set_the_order(prepared, made):
    files = {"a.tar": made("ant", 4) | made("bee", 4)}
    data = prepared(files, classes=["bee", "ant"])
    assert data.classes == ["bee", "ant"]
    assert [green for _, green, _ in colours(data.train_images)] == [98 if k == 0 else 97 for k in data.train_labels]
    with pytest.raises(
        DataError, match=r"expected the classes of params.yaml, ant, cow, found ant, bee \(not there: cow; not"
    ):
        prepared(files, classes=["ant", "cow"])


def test_sizes_that_differ(prepared, made):
    files = {"a.tar": made("ant", 3) | made("bee", 3, size=(9, 6))}
    with pytest.raises(DataError, match=r"expected \d x 6 pixels as the other images have, found \d x 6: set `size`"):
        prepared(files)
    assert prepared(files, size=5).shape == (5, 5, 3)
    apart = made("ant", 1, "train/") | made("bee", 1, "train/") | made("ant", 1, "test/", size=(4, 4))
    with pytest.raises(
        DataError, match=r"images of one size, found \(6, 6, 3\) in train and \(4, 4, 3\) in test: set `size`"
    ):
        prepared({"a.tar": apart})


def test_damaged_image_names_archive_and_member(prepared, made):
    files = made("ant", 3) | made("bee", 3)
    files["bee/01.png"] = files["bee/01.png"][:-30]
    with pytest.raises(DataError, match=r"a\.zip: 'bee/01\.png': expected an intact image"):
        prepared({"a.zip": files}, test_share=0.5)


def test_every_damaged_image_is_named_in_one_message(prepared, made):
    files = made("ant", 30) | made("bee", 3)
    for number in range(25):
        files[f"ant/{number:02}.png"] = b"damaged"
    with pytest.raises(DataError, match=r"24 images are refused\. The first: .*: 'ant/00\.png': .* and 4 more$"):
        prepared({"a.zip": files}, test_share=0.01, test=1)


def test_a_class_of_images_that_are_not_read_is_refused(prepared, made):
    files = made("ant", 3) | made("bee", 3)
    prepared({"a.zip": files | {"ant/raw/9.heic": b"x", "notes/1.txt": b"x"}}, test_share=0.5)
    with pytest.raises(DataError, match=r"found none in the folder 'cow', which has 2 \.heic: convert them"):
        prepared({"a.zip": files | {"cow/1.heic": b"x", "cow/2.heic": b"x"}}, test_share=0.5)


def test_classes_that_look_alike(prepared, made):
    composed, apart = "caf\u00e9", "cafe\u0301"
    data = prepared({"a.zip": made(apart, 4) | made("bar", 4)}, classes=[composed, "bar"])
    assert data.classes == [composed, "bar"]
    with pytest.raises(DataError, match=r"classes that look alike, .* 'cafe\\u0301', 'caf\\xe9': put their images"):
        prepared({"a.zip": made(apart, 4) | made(composed, 4)})


def test_only_wanted_images_are_decoded(prepared, made):
    files = made("ant", 20, "train/") | made("bee", 20, "train/") | made("bee", 2, "test/")
    kept = {tuple(colour) for colour in colours(prepared({"a.tar": files}, train=2).train_images)}
    for name in files:
        colour = (6, ord(name.split("/")[1][0]), int(name[-6:-4]))
        if name.startswith("train") and colour not in kept:
            files[name] = b"never looked at"
    assert {tuple(c) for c in colours(prepared({"a.tar": files}, train=2).train_images)} == kept


@pytest.mark.parametrize(
    ("files", "message"),
    [
        ({"notes.txt": b"x"}, "found no image"),
        ({"1.png": b"x", "2.png": b"x"}, r"expected a folder for each class, .*found none"),
        ({"ant/1.png": b"x", "ant/2.png": b"x"}, r"expected a folder for each class, .*found ant"),
        ({"ant/1.png": b"x", "bee/1.png": b"x", "3.png": b"x"}, r"'3.png': expected each image in the folder of its"),
        (
            {"train/ant/1.png": b"x", "train/bee/1.png": b"x", "test/1.png": b"x"},
            r"expected the classes of train \(ant, bee\) in test, found also 1.png",
        ),
        (
            {"train/ant/1.png": b"x", "train/bee/1.png": b"x", "test/cow/1.png": b"x"},
            r"expected the classes of train \(ant, bee\) in test, found also cow",
        ),
    ],
)
def test_other_layouts(prepared, files, message):
    with pytest.raises(DataError, match=message):
        prepared({"a.tar": files})
