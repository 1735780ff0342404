"""The readers under attack: for each format a small valid input in parts, how they become files, how those are read.

`read(folder)` reads the files below `folder/in` as the pipeline's stages do, to the last byte, and asserts what must
hold of whatever was accepted. It may write below `folder` alone.
"""

import gzip
import io
import os
import pickle
import tarfile
import warnings
import zipfile
from collections.abc import Callable, Mapping
from functools import partial
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
from PIL import Image

from mutations import Part
from revisit.data import arrays, objects
from revisit.data.fetch import fetch
from revisit.data.formats.idx import facts as idx_facts
from revisit.data.prepare import prepare
from revisit_drawing.writers import cifar
from revisit_drawing.writers import voc as voc_files

Image.init()  # all decoders, which Pillow imports one by one as it meets odd files
Files = dict[str, bytes]
CLASSES = ["ant", "bee", "cat"]


class Reader(NamedTuple):
    """One row of the table."""

    name: str
    parts: Callable[[], list[Part]]
    pack: Callable[[list[Part]], Files]
    read: Callable[[Path], None]
    named: bool = False  # whether names of parts are a part of the input, as in an archive


def table() -> list[Reader]:
    """Every reader; PyTorch is imported by those alone that need it."""
    import attacked_artifacts as artifacts  # these take `Reader` from here
    import attacked_objects

    images = _folder_parts
    return [
        Reader("idx", _idx_parts, _idx_files, partial(through_the_stages, _settings("idx", classes=CLASSES))),
        Reader("cifar binary, tar.gz", _cifar_binary, tar_gz, partial(through_the_stages, CIFAR), named=True),
        Reader("cifar python, tar.gz", _cifar_python, tar_gz, partial(through_the_stages, CIFAR), named=True),
        Reader("voc, tar", _voc_parts, tar, partial(through_the_stages, VOC), named=True),
        Reader("image folders, zip", images, zipped, partial(through_the_stages, FOLDER), named=True),
        Reader("image folders, tar.gz", images, tar_gz, partial(through_the_stages, FOLDER), named=True),
        Reader("image folders, plain", images, dict, partial(through_the_stages, FOLDER)),
        *attacked_objects.table(),
        *artifacts.table(),
    ]


def _settings(kind: str, **other: Any) -> dict[str, Any]:
    return {
        "dataset": "tiny", "raw": "tiny", "format": kind, "classes": None, "size": None, "train": None, "test": None,
        "test_share": 0.25, "test_from_train": False, "splits": {"train": "train", "test": "val"}, "seed": 0,
        "source": "mirror", **other,
    }  # fmt: skip


CIFAR = _settings("cifar", classes=CLASSES)
VOC = _settings("voc", classes=CLASSES, size=4)
FOLDER = _settings("folder", size=4)


def through_the_stages(settings: Mapping[str, Any], folder: Path) -> None:
    """`fetch` from the mirror `folder/in`, `prepare`, and every value of the arrays."""
    files = {name: {"checksum": None} for name in (idx_facts.FACTS.files if settings["format"] == "idx" else ())}
    fetch({**settings, "mirror": str(folder / "in"), "files": files}, folder / "tiny")
    prepare(dict(settings), folder / "tiny", folder / "out")
    data = arrays.load(folder / "out")
    assert settings["classes"] in (None, data.classes)
    assert len(data.train_images)
    check_prepared(data)


def check_prepared(data: arrays.Prepared) -> None:
    """What must hold of any prepared data set, every value read."""
    assert len(set(data.classes)) == len(data.classes) > 0
    assert all(isinstance(name, str) for name in data.classes)
    assert len(data.mean) == len(data.std) == data.shape[2]
    assert np.isfinite([data.mean, data.std]).all()
    assert min(data.std) >= 0
    for split in ("train", "test"):
        images, labels = np.array(data.images(split)), np.array(data.labels(split))
        assert images.shape == (len(labels), *data.shape)
        low, high = (-1, 1) if data.multi_label else (0, len(data.classes) - 1)
        assert not labels.size or low <= labels.min() <= labels.max() <= high
        if (objects := data.objects(split)) is not None:
            _check_objects(objects, data)


def _check_objects(found: objects.Objects, data: arrays.Prepared) -> None:
    height, width, _ = data.shape
    boxes = np.array(found.boxes)
    assert len(found.images) == len(boxes) == len(found.kinds) == len(found.difficult)
    assert not len(boxes) or 0 <= found.kinds.min() <= found.kinds.max() < len(data.classes)
    assert (boxes[:, :2] >= 0).all()
    assert (boxes[:, :2] <= boxes[:, 2:]).all()
    assert (boxes[:, 2:] <= (width, height)).all()
    assert sum(len(boxes[found.rows(image)]) for image in range(len(found.offsets) - 1)) == len(boxes)
    if found.masks is not None:
        assert np.array(found.masks).shape == (len(found.offsets) - 1, height, width)
    if found.proposals is not None:
        assert np.isfinite(np.array(found.proposals)).all()


def _idx_parts() -> list[Part]:
    random, found = np.random.default_rng(1), []
    for split, count in (("train", 6), ("test", 3)):
        images = random.integers(0, 256, (count, 3, 4), np.uint8)
        for name, values in (
            (idx_facts.IMAGES[split], images),
            (idx_facts.LABELS[split], np.arange(count, dtype=np.uint8) % 3),
        ):
            header = bytes([0, 0, 8, values.ndim]) + b"".join(n.to_bytes(4, "big") for n in values.shape)
            found.append((name, header + values.tobytes()))
    return found


def _idx_files(parts: list[Part]) -> Files:
    """The training files plain, the test files packed: a mirror may hold either."""
    return {
        name.removesuffix(".gz") if name.startswith("train") else name: (
            data if name.startswith("train") else gzip.compress(data, 1, mtime=0)
        )
        for name, data in parts
    }


def _batches() -> dict[str, tuple[np.ndarray, np.ndarray]]:
    random = np.random.default_rng(2)
    names = [*(f"data_batch_{number}" for number in range(1, 6)), "test_batch"]
    return {name: (random.integers(0, 256, (2, 32, 32, 3), np.uint8), np.uint8([0, 2])) for name in names}


def _cifar_binary() -> list[Part]:
    top = cifar.FOLDER
    batches = [(f"{top}/{name}.bin", cifar.records(*batch)) for name, batch in _batches().items()]
    return [(f"{top}/batches.meta.txt", "\n".join([*CLASSES, ""]).encode()), *batches]


def _cifar_python() -> list[Part]:
    top = "cifar-10-batches-py"
    found = [(f"{top}/batches.meta", pickle.dumps({"label_names": CLASSES, "num_vis": 3072}, protocol=2))]
    for name, (images, labels) in _batches().items():
        rows = np.ascontiguousarray(images.transpose(0, 3, 1, 2).reshape(2, -1))
        content = {b"batch_label": name, b"labels": labels.tolist(), b"data": rows, b"filenames": ["a", "b"]}
        found.append((f"{top}/{name}", pickle.dumps(content, protocol=2)))
    return found


def picture(kind: str, colour: int, size: tuple[int, int] = (6, 5)) -> bytes:
    """The bytes of an image file."""
    stream = io.BytesIO()
    pixels = np.random.default_rng(colour).integers(0, 256, (size[1], size[0], 3), np.uint8)
    options = {"exif": Image.Exif()} if kind in ("JPEG", "PNG") else {}
    if options:
        options["exif"][0x0112] = 6
    Image.fromarray(pixels).save(stream, kind, **options)
    return stream.getvalue()


def _voc_parts() -> list[Part]:
    top, found = voc_files.FOLDER, []
    for image_set, names in (("train", ["000001", "000002", "000003"]), ("val", ["000004", "000005"])):
        found += [(f"{top}/JPEGImages/{name}.jpg", picture("JPEG", int(name))) for name in names]
        for number, kind in enumerate(CLASSES):
            lines = [f"{name} {(1, -1, 0)[(int(name) + number) % 3]:2d}\n" for name in names]
            found.append((f"{top}/ImageSets/Main/{kind}_{image_set}.txt", "".join(lines).encode()))
    return found


def _folder_parts() -> list[Part]:
    kinds = {"png": "PNG", "jpg": "JPEG", "gif": "GIF", "bmp": "BMP", "webp": "WEBP"}
    return [
        (f"top/{name}/{number}.{suffix}", picture(kind, number))
        for name in CLASSES[:2]
        for number, (suffix, kind) in enumerate(kinds.items())
    ]


def tar(parts: list[Part]) -> Files:
    """The parts as the members of a tar archive."""
    stream = io.BytesIO()
    with tarfile.open(fileobj=stream, mode="w", format=tarfile.GNU_FORMAT) as packed:
        for name, data in parts:
            member = tarfile.TarInfo(name)
            member.size = len(data)
            packed.addfile(member, io.BytesIO(data))
    return {"a.tar": stream.getvalue()}


def tar_gz(parts: list[Part]) -> Files:
    """The same, packed."""
    return {"a.tar.gz": gzip.compress(tar(parts)["a.tar"], 1, mtime=0)}


def zipped(parts: list[Part], method: int = zipfile.ZIP_DEFLATED) -> Files:
    """The parts as the members of a zip archive."""
    stream = io.BytesIO()
    with warnings.catch_warnings(action="ignore"), zipfile.ZipFile(stream, "w", method) as packed:  # two of one name
        for name, data in parts:
            member = zipfile.ZipInfo(name.encode(errors="replace").decode() or " ")  # of 1980, not of now
            packed.writestr(member, data, method)
    return {"a.zip": stream.getvalue()}


def write(files: Files, folder: Path) -> None:
    """Put files below a folder."""
    for name, data in files.items():
        path = folder / name
        os.makedirs(path.parent, exist_ok=True)
        path.write_bytes(data)
