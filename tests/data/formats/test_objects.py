"""Boxes and masks: PASCAL VOC's kit, XML beside images, COCO's JSON; and what is refused in them."""

import io
import json

import numpy as np
import pytest
from PIL import Image

from revisit.data import arrays, embedded
from revisit.data.formats import voc_xml
from revisit.data.prepare import prepare
from revisit.errors import ArtifactError, DataError
from revisit_drawing import scenes

CLASSES = ["cat", "dog"]
KIT = "VOCdevkit/VOC2012/"


def thing(name="cat", box=(2, 1, 4, 3), difficult=0, truncated=0):
    corners = "".join(f"<{key}>{v}</{key}>" for key, v in zip(("xmin", "ymin", "xmax", "ymax"), box, strict=True))
    marks = f"<difficult>{difficult}</difficult><truncated>{truncated}</truncated>"
    return f"<object><name>{name}</name>{marks}<bndbox>{corners}</bndbox></object>"


def xml(*things, size=(8, 6)):
    sides = f"<width>{size[0]}</width><height>{size[1]}</height><depth>3</depth>"
    return f"<annotation><size>{sides}</size>{''.join(things)}</annotation>".encode()


def png(numbers, mode="P"):
    image = Image.fromarray(np.array(numbers, np.uint8))
    if mode == "P":
        image.putpalette(bytes(range(256)) * 3)
    stream = io.BytesIO()
    image.convert(mode).save(stream, "PNG") if mode not in ("P", "L") else image.save(stream, "PNG")
    return stream.getvalue()


@pytest.fixture
def prepared(tmp_path, archive, settings):
    def run(files, kind="voc", **other):
        archive(tmp_path / "raw" / "a.zip", files)
        (tmp_path / "raw" / "provenance.json").write_text('{"provenance": "copy"}')
        asked = {"format": kind, "classes": CLASSES, "size": 8, "objects": "boxes", **other}
        prepare(settings(**asked), tmp_path / "raw", tmp_path / "tiny")
        return arrays.load(tmp_path / "tiny")

    return run


@pytest.fixture
def kit(picture):
    """A kit of two sets with an image each, of 8 x 6 pixels."""

    def make(**changed):
        numbers = np.zeros((6, 8), int)
        numbers[0:3, 1:4] = 1
        numbers[5, 7] = 255
        files = {}
        for name, image in (("train", "a"), ("val", "b")):
            files |= {
                f"{KIT}ImageSets/Main/{name}.txt": image.encode(),
                f"{KIT}ImageSets/Segmentation/{name}.txt": image.encode(),
                f"{KIT}JPEGImages/{image}.jpg": picture((9, 9, 9), (8, 6), "JPEG"),
                f"{KIT}Annotations/{image}.xml": xml(thing(), thing("dog", (1, 1, 8, 6), 1, 1)),
                f"{KIT}SegmentationObject/{image}.png": png(numbers),
            }
        return files | {KIT + path: data for path, data in changed.items()}

    return make


def test_boxes_are_corners_in_stored_pixels(prepared, kit):
    data = prepared(kit())
    found = data.objects("train")
    # 2..4 of 8 columns are 1 to 4; 1..3 of 6 rows are 0 to 3, stretched to 8
    np.testing.assert_allclose(found.boxes, [[1, 0, 4, 4], [0, 0, 8, 8]])
    assert found.kinds.tolist() == [0, 1]
    assert found.flags.tolist() == [[False, False], [True, True]]
    assert found.views.tolist() == [0, 0]
    assert found.offsets.tolist() == [0, 2]
    assert found.sizes.tolist() == [[6, 8]]
    assert found.images.tolist() == [0, 0]
    assert found.rows(0) == slice(0, 2)
    assert found.masks is None
    assert found.proposals is None
    assert data.train_labels.tolist() == [[1, 0]]  # the dog is difficult
    assert data.label_kind == "multi"


def test_masks_are_resized_with_the_image_by_the_nearest_pixel(prepared, kit):
    masks = prepared(kit(), objects="masks").objects("test").masks
    wanted = np.zeros((8, 8), int)
    wanted[0:4, 1:4] = 1
    wanted[7:, 7] = 255
    assert masks.dtype == np.uint8
    np.testing.assert_array_equal(masks[0], wanted)


def test_numbers_that_the_annotation_lacks_are_void(prepared, kit):
    numbers = np.zeros((6, 8), int)
    numbers[2, 2], numbers[3, 3] = 2, 3
    masks = (
        prepared(kit(**{"SegmentationObject/b.png": png(numbers)}), objects="masks", size=None).objects("test").masks
    )
    assert (masks[0, 2, 2], masks[0, 3, 3]) == (2, 255)


def draw_scenes(raw, train, test):
    drawn = {"drawing": "scenes", "train": train, "test": test, "size": 48, "splits": {"train": "train", "test": "val"}}
    raw.mkdir()
    embedded.draw(
        {"raw": "some", "format": "voc", "classes": None, "source": "embedded", "embedded": drawn, "seed": 0}, raw
    )
    (raw / "provenance.json").write_text('{"provenance": "drawn"}')


def test_labels_and_images_are_the_same_with_objects_and_without(tmp_path, settings):
    """By image sets, one file for each class, and by annotations: whoever trains on labels sees no difference."""
    draw_scenes(tmp_path / "raw", 90, 30)
    asked = settings(format="voc", classes=list(scenes.CLASSES), size=32, train=60, test=20)
    for name, more in (("sets", {}), ("objects", {"objects": "boxes"})):
        prepare(asked | more, tmp_path / "raw", tmp_path / name)
    for file in (f"{split}_{kind}.npy" for split in ("train", "test") for kind in ("images", "labels")):
        assert (tmp_path / "objects" / file).read_bytes() == (tmp_path / "sets" / file).read_bytes()
    by_sets, by_objects = (arrays.load(tmp_path / name) for name in ("sets", "objects"))
    assert (by_sets.objects("test"), by_objects.object_kind) == (None, "boxes")
    assert (by_sets.mean, by_sets.std) == (by_objects.mean, by_objects.std)
    assert set(np.unique(by_sets.train_labels)) == {-1, 0, 1}


def test_drawn_scenes_come_back(tmp_path, settings):
    draw_scenes(tmp_path / "raw", 6, 4)
    asked = settings(format="voc", classes=list(scenes.CLASSES), size=48, objects="masks")
    prepare(asked, tmp_path / "raw", tmp_path / "tiny")
    data = arrays.load(tmp_path / "tiny")
    found = data.objects("train")
    for row, scene in enumerate(scenes.pictures(6, 0, 0, 48)):
        height, width = scene.masks.shape
        own = found.rows(row)
        assert [scenes.CLASSES[kind] for kind in found.kinds[own]] == [o.name for o in scene.objects]
        corners = [(x0, y0, x1 + 1, y1 + 1) for x0, y0, x1, y1 in (o.extent for o in scene.objects)]
        scale = np.array([48 / width, 48 / height] * 2)
        np.testing.assert_allclose(found.boxes[own], np.array(corners) * scale, rtol=1e-6)
        assert data.train_labels[row].tolist() == [
            max((1 - o.difficult for o in scene.objects if o.name == name), default=-1) for name in scenes.CLASSES
        ]
        assert set(np.unique(found.masks[row])) <= {*range(len(scene.objects) + 1), 255}


@pytest.mark.parametrize(
    ("changed", "words"),
    [
        ({"Annotations/b.xml": b"<annotation>"}, "expected an XML file, found a damaged one"),
        ({"Annotations/b.xml": b"<html/>"}, "expected <annotation>, found <html>"),
        (
            {"Annotations/b.xml": b'<!DOCTYPE a [<!ENTITY x "y">]><annotation>&x;</annotation>'},
            "expected XML without document type and entities",
        ),
        ({"Annotations/b.xml": b"<annotation>" + b" " * (1 << 20)}, "expected an annotation of at most"),
        ({"Annotations/b.xml": xml(thing(), size=(0, 6))}, "size/height of at least 1 pixel"),
        ({"Annotations/b.xml": xml(thing(), size=("wide", 6))}, "size/width with a number, found 'wide'"),
        ({"Annotations/b.xml": xml(thing(), size=(9, 6))}, "expected 9 x 6 pixels as the annotation says, found 8 x 6"),
        ({"Annotations/b.xml": xml(thing(box=(4, 1, 2, 3)))}, "xmin ≤ xmax and ymin ≤ ymax, found 4, 1, 2, 3"),
        ({"Annotations/b.xml": xml(thing(box=(1, 1, 20, 3)))}, "a box within the image of 8 x 6 pixels"),
        ({"Annotations/b.xml": xml(thing(box=(1, 1, "nan", 3)))}, "bndbox/xmax with a number, found 'nan'"),
        ({"Annotations/b.xml": xml(thing(box=(1, 1, "", 3)))}, "bndbox/xmax with a number"),
        ({"Annotations/b.xml": xml(thing("cow"))}, "object 1: expected one of the classes cat, dog, found 'cow'"),
        ({"Annotations/b.xml": xml(thing(difficult="maybe"))}, "difficult of 0 or 1, found 'maybe'"),
        ({"Annotations/b.xml": xml(*[thing()] * 1001)}, "at most 1000 objects, found 1001"),
        ({"ImageSets/Main/val.txt": b"b b\nb\n"}, "expected the name of an image, each once, found 'b'"),
        ({"ImageSets/Main/val.txt": b"\n"}, "expected names of images, found none"),
        ({"ImageSets/Main/val.txt": b"c"}, "Annotations/c.xml', which an image set lists, found none"),
        ({"ImageSets/Main/val.txt": b"a"}, "expected image sets without common images"),
        ({"JPEGImages/b.jpg": b"no image"}, "expected an intact image"),
    ],
)
def test_damaged_kits_are_refused_with_one_message(prepared, kit, changed, words):
    with pytest.raises(DataError) as caught:
        prepared(kit(**changed))
    assert words in str(caught.value)


@pytest.mark.parametrize(
    ("mask", "words"),
    [
        (png(np.zeros((6, 9))), "expected 8 x 6 pixels as the annotation says, found 9 x 6"),
        (png(np.zeros((6, 8)), "RGB"), "expected numbers (a palette or 8 bits of grey), found mode RGB"),
        (png(np.zeros((6, 8)), "1"), "found mode 1"),
        (b"no image", "expected an intact image (PNG)"),
    ],
)
def test_damaged_masks_are_refused_with_one_message(prepared, kit, mask, words):
    with pytest.raises(DataError) as caught:
        prepared(kit(**{"SegmentationObject/b.png": mask}), objects="masks")
    assert words in str(caught.value)


def test_an_absent_image_set_is_told_with_those_there(prepared, kit):
    with pytest.raises(DataError, match=r"expected ImageSets/Main/all.txt once in the archives, found only train, val"):
        prepared(kit(), splits={"train": "train", "test": "all"})


def test_tools_that_count_from_zero_are_understood():
    found = voc_xml.parse(xml(thing(box=(0, 0, 8, 6))), CLASSES, "here")
    assert found.boxes.tolist() == [[0, 0, 8, 6]]
    assert found.size == (6, 8)
    single = voc_xml.parse(xml(thing(box=(3, 2, 3, 2))), CLASSES, "here")  # one pixel is a box
    assert single.boxes.tolist() == [[2, 1, 3, 2]]


def pairs(picture, names, **changed):
    files = {}
    for number, name in enumerate(names):
        files[f"{name}.png"] = picture((number, 0, 0), (8, 6))
        files[f"{name}.xml"] = xml(thing(CLASSES[number % 2]))
    return files | changed


def test_xml_beside_images_is_divided_by_share(prepared, picture):
    data = prepared(pairs(picture, "abcdefgh"), "xml", classes=None, objects="boxes")
    assert data.classes == CLASSES
    assert (len(data.train_labels), len(data.test_labels)) == (6, 2)
    found = data.objects("train")
    shown = data.train_images[:, 0, 0, 0]  # the number of the image
    assert found.kinds.tolist() == (shown % 2).tolist()


def test_xml_keeps_splits_of_folders(prepared, picture):
    files = pairs(picture, ["train/x", "train/y", "val/x"])
    data = prepared(files, "xml")
    assert (len(data.train_labels), len(data.test_labels)) == (2, 1)


def test_xml_may_lie_in_a_folder_of_its_own(prepared, picture):
    files = {
        f"set/{'images' if name.endswith('png') else 'boxes'}/{name}": d for name, d in pairs(picture, "ab").items()
    }
    assert len(prepared(files, "xml").train_labels) == 1


@pytest.mark.parametrize(
    ("names", "changed", "words"),
    [
        ("ab", {"c.xml": xml(thing())}, "an XML file without an image: 'c'"),
        ("ab", {"c.png": b"?"}, "an image without an XML file: 'c'"),
        ("ab", {"more/a.png": b"?"}, "expected each name once, found the images"),
        ("a", {}, "expected at least two images with boxes, found 1"),
        (["train/a", "val/b", "c"], {}, "expected all images in train and val, found 'c.png' outside of both"),
    ],
)
def test_xml_that_does_not_fit_is_refused(prepared, picture, names, changed, words):
    with pytest.raises(DataError) as caught:
        prepared(pairs(picture, names, **changed), "xml")
    assert words in str(caught.value)


def coco(names, **changed):
    content = {
        "categories": [{"id": 7, "name": "dog"}, {"id": 3, "name": "cat"}],
        "images": [{"id": n, "file_name": f"{name}.png", "width": 8, "height": 6} for n, name in enumerate(names)],
        "annotations": [
            {"id": n, "image_id": n, "category_id": (3, 7)[n % 2], "bbox": [1, 0, 3, 3], "iscrowd": n % 2}
            for n in range(len(names))
        ],
    }
    return json.dumps(content | changed).encode()


def coco_files(picture, **changed):
    files = {f"images/{name}.png": picture((n, 0, 0), (8, 6)) for n, name in enumerate("abcd")}
    return files | {"instances.json": coco("abcd", **changed)}


def test_coco(prepared, picture):
    data = prepared(coco_files(picture), "coco", classes=None)
    assert data.classes == CLASSES
    found = data.objects("train")
    np.testing.assert_allclose(found.boxes, [[1, 0, 4, 4]] * 3)
    shown = data.train_images[:, 0, 0, 0]
    assert found.kinds.tolist() == (shown % 2).tolist()
    assert found.difficult.tolist() == (shown % 2 == 1).tolist()  # a crowd


def test_coco_has_a_file_for_each_split_and_names_may_repeat(prepared, picture):
    files = {f"{part}2017/a.png": picture((n, 0, 0), (8, 6)) for n, part in enumerate(("train", "val"))}
    files |= {f"annotations/instances_{part}2017.json": coco("a") for part in ("train", "val")}
    data = prepared(files, "coco")
    assert (data.train_images[0, 0, 0, 0], data.test_images[0, 0, 0, 0]) == (0, 1)


@pytest.mark.parametrize(
    ("changed", "words"),
    [
        ({"images": 3}, "expected a list of `images`"),
        ({"images": [{"id": 0, "file_name": "a.png"}]}, "expected images with `id`, `file_name`, `width` and `height`"),
        ({"images": [{"id": 0, "file_name": "x.png", "width": 8, "height": 6}]}, "the image 'x.png' once"),
        ({"categories": [{"id": 1}]}, "expected categories with `id` and `name`"),
        ({"categories": [{"id": [], "name": "dog"}]}, "expected categories with `id` and `name`"),
        ({"annotations": [{"image_id": [], "category_id": 3, "bbox": [0, 0, 1, 1]}]}, "an image and a category that"),
        ({"annotations": [{"image_id": 0, "category_id": {}, "bbox": [0, 0, 1, 1]}]}, "an image and a category that"),
        ({"categories": [{"id": 3, "name": "cow"}, {"id": 7, "name": "dog"}]}, "not there: cat; not expected: cow"),
        ({"annotations": [{"image_id": 9, "category_id": 3, "bbox": [0, 0, 1, 1]}]}, "an image and a category that"),
        ({"annotations": [{"image_id": 0, "category_id": 3, "bbox": [0, 0, 1]}]}, "a `bbox` of four numbers"),
        ({"annotations": [{"image_id": 0, "category_id": 3, "bbox": [0, 0, 0, 1]}]}, "a box within the image of 8 x 6"),
        (
            {"annotations": [{"image_id": 0, "category_id": 3, "bbox": [0, 0, 99, 1]}]},
            "a box within the image of 8 x 6",
        ),
    ],
)
def test_coco_that_does_not_fit_is_refused(prepared, picture, changed, words):
    with pytest.raises(DataError) as caught:
        prepared(coco_files(picture, **changed), "coco")
    assert words in str(caught.value)


@pytest.mark.parametrize(
    "content", [b"[" * 100_000, rb'{"categories": [{"id": 1, "name": "\ud800"}]}', b'"\xed\xa0\x80"']
)
def test_json_that_is_none_is_refused(prepared, picture, content):
    with pytest.raises(DataError, match="expected a JSON file, found a damaged one"):
        prepared(coco_files(picture) | {"instances.json": content}, "coco")


@pytest.mark.parametrize("name", ["boxes", "kinds", "flags", "views", "offsets", "sizes", "masks"])
def test_prepared_arrays_that_do_not_fit_are_refused(prepared, kit, tmp_path, name):
    prepared(kit(), objects="masks")
    path = tmp_path / "tiny" / f"train_{name}.npy"
    np.save(path, np.load(path)[:-1])
    with pytest.raises(ArtifactError, match=r"train_\*\.npy: damaged"):
        arrays.load(tmp_path / "tiny")
    path.unlink()
    with pytest.raises(ArtifactError, match="missing"):
        arrays.load(tmp_path / "tiny")


@pytest.mark.parametrize(("name", "damage"), [("views", -1), ("views", 5), ("sizes", 0)])
def test_views_and_sizes_that_there_are_not_are_refused(prepared, kit, tmp_path, name, damage):
    prepared(kit())
    path = tmp_path / "tiny" / f"train_{name}.npy"
    np.save(path, np.full_like(np.load(path), damage))
    with pytest.raises(ArtifactError, match="views below 5 and sides of 1 pixel at least"):
        arrays.load(tmp_path / "tiny")


@pytest.mark.parametrize(("pose", "number"), [("Frontal", 1), (" Right ", 4), ("Unspecified", 0), ("sideways", 0)])
def test_views_are_vocs_words_and_others_say_nothing(prepared, kit, pose, number):
    seen = thing().replace("<name>", f"<pose>{pose}</pose><name>")
    data = prepared(kit(**{"Annotations/a.xml": xml(seen, thing("dog"))}))
    assert data.objects("train").views.tolist() == [number, 0]


@pytest.mark.parametrize(
    "damage", [lambda boxes: boxes + 5, lambda boxes: boxes[:, ::-1], lambda boxes: boxes * np.nan]
)
def test_corners_outside_the_images_are_refused(prepared, kit, tmp_path, damage):
    prepared(kit())
    path = tmp_path / "tiny" / "train_boxes.npy"
    np.save(path, damage(np.load(path)))
    with pytest.raises(ArtifactError, match="corners within the images of 8 x 8"):
        arrays.load(tmp_path / "tiny")


@pytest.mark.parametrize("corner", [np.nan, np.inf, -1, 8.5])
def test_proposals_outside_the_images_are_refused(prepared, kit, tmp_path, corner):
    prepared(kit())
    meta = json.loads((tmp_path / "tiny" / arrays.META).read_text())
    (tmp_path / "tiny" / arrays.META).write_text(json.dumps(meta | {"proposals": 2}))
    for split in arrays.SPLITS:
        boxes = np.zeros((1, 2, 4), np.float32)
        np.save(tmp_path / "tiny" / f"{split}_proposals.npy", boxes)
    assert arrays.load(tmp_path / "tiny").test_objects.proposals.shape == (1, 2, 4)
    boxes[0, 1, 2] = corner
    np.save(tmp_path / "tiny" / "test_proposals.npy", boxes)
    with pytest.raises(ArtifactError, match="proposals: expected corners within the images of 8 x 8"):
        arrays.load(tmp_path / "tiny")
