"""Rows of the table of `attacked_readers` with objects: boxes and masks in files, and in prepared arrays."""

import io
import json
from functools import partial
from typing import Any

import numpy as np
from PIL import Image

from attacked_artifacts import SHAPE, prepared_files, read_prepared
from attacked_readers import CLASSES, Reader, _settings, tar, through_the_stages, zipped
from mutations import Part
from revisit.data import arrays
from revisit_drawing.writers import voc

SIDES = (6, 5)  # of a picture, columns and rows
SPLITS = {"train": ["000001", "000002", "000003"], "val": ["000004", "000005"]}
OBJECTS = {"objects": "boxes", "size": 4}


def table() -> list[Reader]:
    """The readers of this module."""
    masks = _settings("voc", classes=CLASSES, size=4, objects="masks")
    return [
        Reader("voc with masks, tar", _voc, tar, partial(through_the_stages, masks), named=True),
        Reader("images with XML files, zip", _xml, zipped, _read("xml"), named=True),
        Reader("images with COCO's JSON, zip", _coco, zipped, _read("coco"), named=True),
        Reader("prepared arrays with objects", _prepared, prepared_files, read_prepared),
    ]


def _read(kind: str) -> Any:
    return partial(through_the_stages, _settings(kind, **OBJECTS))


def _jpeg(colour: int) -> bytes:
    stream = io.BytesIO()
    pixels = np.random.default_rng(colour).integers(0, 256, (*SIDES[::-1], 3), np.uint8)
    Image.fromarray(pixels).save(stream, "JPEG")
    return stream.getvalue()


def _picture(name: str) -> voc.Picture:
    """With two objects, the second of them difficult in some."""
    number = int(name)
    things = [
        voc.Object(CLASSES[number % 3], (0, 1, 2, 3), False, False),
        voc.Object(CLASSES[0], (3, 0, 5, 4), number % 2 == 0, True),
    ]
    masks = np.zeros(SIDES[::-1], np.uint8)
    for place, thing in enumerate(things, start=1):
        x0, y0, x1, y1 = thing.extent
        masks[y0 : y1 + 1, x0 : x1 + 1] = place
    return voc.Picture(name, _jpeg(number), np.ones(len(CLASSES), np.int8), things, masks)


def _voc() -> list[Part]:
    top, found = voc.FOLDER, []
    for image_set, names in SPLITS.items():
        for picture in map(_picture, names):
            found += [
                (f"{top}/JPEGImages/{picture.identity}.jpg", picture.jpeg),
                (f"{top}/Annotations/{picture.identity}.xml", voc.annotation(picture)),
                (f"{top}/SegmentationObject/{picture.identity}.png", voc.png(picture.masks)),
            ]
        found.append((f"{top}/ImageSets/Segmentation/{image_set}.txt", "".join(f"{name}\n" for name in names).encode()))
    return found


def _xml() -> list[Part]:
    found = []
    for image_set, names in SPLITS.items():
        for picture in map(_picture, names):
            found += [
                (f"{image_set}/{picture.identity}.jpg", picture.jpeg),
                (f"{image_set}/{picture.identity}.xml", voc.annotation(picture)),
            ]
    return found


def _coco() -> list[Part]:
    found = []
    for image_set, names in SPLITS.items():
        width, height = SIDES
        images = [{"id": int(n), "file_name": f"{n}.jpg", "width": width, "height": height} for n in names]
        boxes = [
            {"image_id": int(name), "category_id": kind, "bbox": [kind, 0.5, 2, 3], "iscrowd": kind % 2}
            for name in names
            for kind in (1, 2)
        ]
        categories = [{"id": number, "name": name} for number, name in enumerate(CLASSES, start=1)]
        listed = {"images": images, "categories": categories, "annotations": boxes}
        found.append((f"{image_set}.json", json.dumps(listed).encode()))
        found += [(f"{image_set}/{name}.jpg", _jpeg(int(name))) for name in names]
    return found


def _prepared() -> list[Part]:
    """Arrays as `prepare` and `propose` leave them, headers apart from values."""
    random, found = np.random.default_rng(3), []
    for split, count in (("train", 5), ("test", 4)):
        boxes = np.tile(np.float32([1, 2, 5, 8]), (2 * count, 1))
        values = {
            "images": random.integers(0, 256, (count, *SHAPE), np.uint8),
            "labels": np.ones((count, len(CLASSES)), np.int8),
            "boxes": boxes,
            "kinds": np.arange(2 * count, dtype=np.int64) % len(CLASSES),
            "flags": random.integers(0, 2, (2 * count, 2)).astype(bool),
            "views": np.arange(2 * count, dtype=np.int64) % 5,
            "offsets": np.arange(0, 2 * count + 1, 2, dtype=np.int64),
            "sizes": np.full((count, 2), 8, np.int64),
            "masks": random.integers(0, 3, (count, *SHAPE[:2]), np.uint8),
            "proposals": np.stack([boxes[:count], boxes[count:]], 1),
        }
        for name, array in values.items():
            header = {"descr": array.dtype.str, "fortran_order": False, "shape": array.shape}
            file = f"{split}_{name}.npy"
            found += [(file, f"{header}\n".encode()), (file, array.tobytes())]
    meta = {"dataset": "tiny", "classes": CLASSES, "labels": "multi", "shape": list(SHAPE), "train": 5, "test": 4}
    meta |= {"mean": [0.5], "std": [0.25], "source": "web", "provenance": "published", "objects": "masks"}
    meta |= {"proposals": 2, "sha256": dict.fromkeys(arrays.names("masks", proposals=True), "0" * 64)}
    return [("meta.json", json.dumps(meta).encode()), *found]
