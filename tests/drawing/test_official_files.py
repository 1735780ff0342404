"""Drawn data sets in their official formats, read back by other means than the project's own readers."""

import gzip
import hashlib
import io
import tarfile

import numpy as np
import pytest
from defusedxml import ElementTree
from PIL import Image

from revisit.data import embedded
from revisit.data.formats.idx import facts as idx_facts
from revisit.params.data import DRAWINGS
from revisit_drawing import digits, garments, objects, patterns, plants, scenes


def settings(drawing, train, test, **more):
    return {
        "raw": "some",
        "format": DRAWINGS[drawing],
        "classes": None,
        "source": "embedded",
        "embedded": {"drawing": drawing, "train": train, "test": test, **more},
        "seed": 0,
    }


def files(folder):
    return {path.name: hashlib.sha256(path.read_bytes()).hexdigest() for path in sorted(folder.iterdir())}


def members(path):
    with tarfile.open(path) as archive:
        for entry in archive:
            assert entry.isfile()
            assert (entry.mtime, entry.uid, entry.gid, entry.uname, entry.gname) == (0, 0, 0, "", "")
            yield entry.name, archive.extractfile(entry).read()


@pytest.mark.parametrize(("drawing", "draw"), [("garments", garments.draw), ("digits", digits.draw)])
def test_idx(drawing, draw, tmp_path):
    embedded.draw(settings(drawing, 30, 20), tmp_path)
    assert sorted(files(tmp_path)) == sorted(idx_facts.FACTS.files)
    for number, (split, count) in enumerate((("train", 30), ("test", 20))):
        images, labels = draw(count, 0, number)
        raw = gzip.decompress((tmp_path / idx_facts.IMAGES[split]).read_bytes())
        assert np.frombuffer(raw, ">u4", 4).tolist() == [0x803, count, 28, 28]
        assert raw[16:] == images.tobytes()
        assert gzip.decompress((tmp_path / idx_facts.LABELS[split]).read_bytes())[8:] == labels.tobytes()


def test_garments_keep_their_bytes(tmp_path):
    embedded.draw(settings("garments", 20, 10), tmp_path)
    assert (
        hashlib.sha256("".join(files(tmp_path).values()).encode()).hexdigest()
        == "b2e2bb4e19885119bf3c87d3bb99511142f27aa5bfa39e8f105eba0e5e38cef9"
    )


def test_cifar(tmp_path):
    embedded.draw(settings("objects", 33, 12), tmp_path)
    assert list(files(tmp_path)) == ["cifar-10-binary.tar.gz"]
    packed = (tmp_path / "cifar-10-binary.tar.gz").read_bytes()
    assert packed[:8] == b"\x1f\x8b\x08\0\0\0\0\0"
    held = dict(members(tmp_path / "cifar-10-binary.tar.gz"))
    folder = "cifar-10-batches-bin"
    assert sorted(held) == sorted(
        [
            f"{folder}/batches.meta.txt",
            f"{folder}/test_batch.bin",
            *(f"{folder}/data_batch_{i}.bin" for i in range(1, 6)),
        ]
    )
    assert held[f"{folder}/batches.meta.txt"].decode().split() == list(objects.CLASSES)
    batches = [np.frombuffer(held[f"{folder}/data_batch_{i}.bin"], np.uint8).reshape(-1, 3073) for i in range(1, 6)]
    assert [len(batch) for batch in batches] == [7, 7, 7, 6, 6]
    images, labels = objects.draw(33, 0, 0)
    for i in range(33):
        record = batches[i % 5][i // 5]
        assert record[0] == labels[i]
        np.testing.assert_array_equal(record[1:1025].reshape(32, 32), images[i, :, :, 0])
        np.testing.assert_array_equal(record[2049:].reshape(32, 32), images[i, :, :, 2])
    test = np.frombuffer(held[f"{folder}/test_batch.bin"], np.uint8).reshape(12, 3073)
    np.testing.assert_array_equal(test[:, 0], objects.draw(12, 0, 1)[1])


def near(jpeg, image):
    """The JPEG file shows this picture."""
    with Image.open(io.BytesIO(jpeg)) as opened:
        assert (opened.format, opened.mode) == ("JPEG", "RGB")
        shown = np.asarray(opened).astype(int)
    return shown.shape == image.shape and np.abs(shown - image).mean() < 10


def annotated(held, identity, scene):
    """The annotation and the masks of a picture say what the scene shows."""
    folder = "VOCdevkit/VOC2007"
    tree = ElementTree.fromstring(held[f"{folder}/Annotations/{identity}.xml"])
    height, width = scene.masks.shape
    assert [tree.findtext(f"size/{side}") for side in ("width", "height", "depth")] == [str(width), str(height), "3"]
    assert [thing.findtext("name") for thing in tree.findall("object")] == [thing.name for thing in scene.objects]
    for found, thing in zip(tree.findall("object"), scene.objects, strict=True):
        corners = [int(found.findtext(f"bndbox/{key}")) for key in ("xmin", "ymin", "xmax", "ymax")]
        assert corners == [value + 1 for value in thing.extent]
        assert found.findtext("difficult") == str(int(thing.difficult))
    with Image.open(io.BytesIO(held[f"{folder}/SegmentationObject/{identity}.png"])) as opened:
        assert opened.mode == "P"
        assert opened.getpalette()[:12] == [0, 0, 0, 128, 0, 0, 0, 128, 0, 128, 128, 0]  # VOC's first colours
        np.testing.assert_array_equal(np.asarray(opened), scene.masks)
    with Image.open(io.BytesIO(held[f"{folder}/SegmentationClass/{identity}.png"])) as opened:
        kinds = np.asarray(opened)
    for j, thing in enumerate(scene.objects, 1):
        assert set(kinds[scene.masks == j]) <= {1 + scenes.CLASSES.index(thing.name)}
    np.testing.assert_array_equal(kinds == 255, scene.masks == 255)


def test_voc(tmp_path):
    embedded.draw(settings("scenes", 6, 4, size=48, splits={"train": "trainval", "test": "test"}), tmp_path)
    assert list(files(tmp_path)) == ["VOCtest_06-Nov-2007.tar", "VOCtrainval_06-Nov-2007.tar"]
    every = []
    for number, (name, file, count) in enumerate(
        (("trainval", "VOCtrainval_06-Nov-2007.tar", 6), ("test", "VOCtest_06-Nov-2007.tar", 4))
    ):
        held = dict(members(tmp_path / file))
        assert all(path.startswith("VOCdevkit/VOC2007/") for path in held)
        main = "VOCdevkit/VOC2007/ImageSets/Main"
        ids = held[f"{main}/{name}.txt"].decode().split()
        every += ids
        assert len(held) == 4 * count + 22
        assert held["VOCdevkit/VOC2007/ImageSets/Segmentation/" + f"{name}.txt"].decode().split() == ids
        for k, kind in enumerate(scenes.CLASSES):
            rows = [line.split() for line in held[f"{main}/{kind}_{name}.txt"].decode().splitlines()]
            assert [row[0] for row in rows] == ids
            assert [int(row[1]) for row in rows] == [s.codes[k] for s in scenes.pictures(count, 0, number, 48)]
        for identity, scene in zip(ids, scenes.pictures(count, 0, number, 48), strict=True):
            assert near(held[f"VOCdevkit/VOC2007/JPEGImages/{identity}.jpg"], scene.image)
            annotated(held, identity, scene)
    assert len(set(every)) == 10
    assert all(len(identity) == 6 for identity in every)


def test_voc_sets_other_than_test_share_an_archive(tmp_path):
    embedded.draw(settings("scenes", 3, 2, size=32, splits={"train": "train", "test": "val"}), tmp_path)
    assert list(files(tmp_path)) == ["VOCtrainval_06-Nov-2007.tar"]
    held = dict(members(tmp_path / "VOCtrainval_06-Nov-2007.tar"))
    assert len(held) == 4 * 5 + 2 * 22
    assert len(held["VOCdevkit/VOC2007/ImageSets/Main/cat_val.txt"].splitlines()) == 2


def test_plants_are_folders_of_classes_without_splits(tmp_path):
    embedded.draw(settings("plants", 20, 5, size=32), tmp_path)
    assert list(files(tmp_path)) == ["plants.tar"]
    held = list(members(tmp_path / "plants.tar"))
    assert len(held) == 25
    for (path, jpeg), (image, label) in zip(held, plants.pictures(25, 0, 32), strict=True):
        root, kind, file = path.split("/")
        assert (root, kind) == ("plant_seedlings", plants.CLASSES[label])
        assert file.endswith(".jpg")
        assert near(jpeg, image)


def test_patterns_are_folders_of_splits_and_classes(tmp_path):
    embedded.draw(settings("patterns", 21, 4, size=32), tmp_path)
    held = list(members(tmp_path / "patterns.tar"))
    split = [path.split("/")[:2] for path, _ in held]
    assert split == [["patterns", "train"]] * 21 + [["patterns", "test"]] * 4
    drawn = [*patterns.pictures(21, 0, 0, 32), *patterns.pictures(4, 0, 1, 32)]
    for (path, jpeg), (image, label) in zip(held, drawn, strict=True):
        assert path.split("/")[2] == patterns.CLASSES[label]
        assert near(jpeg, image)


@pytest.mark.parametrize("drawing", embedded.available())
def test_twice_the_same_bytes(drawing, tmp_path):
    found = []
    for name in "ab":
        (tmp_path / name).mkdir()
        embedded.draw(settings(drawing, 7, 3, size=24), tmp_path / name)
        found.append(files(tmp_path / name))
    assert found[0] == found[1]
    assert found[0]
