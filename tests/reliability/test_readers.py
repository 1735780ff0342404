"""Every reader against damaged and forged input: a short run of `fuzz.py`, and what chance alone will not find."""

import contextlib
import gzip
import io
import json
import os
import pickle
import struct
import subprocess
import sys
import tarfile
import zlib

import numpy as np
import pytest

import attacked_readers
import fuzz
import guard
from revisit import config, reading
from revisit.data import archives, arrays, images, pickles, provenance
from revisit.data.fetch import fetch
from revisit.data.formats.folder import reader as image_folders
from revisit.data.formats.idx import facts as idx_facts
from revisit.data.prepare import prepare
from revisit.errors import ArtifactError, ConfigError, DataError
from revisit.report import claims, expressions, statistics
from revisit.report.seeds import Seeds

CASES = 700  # of all readers together
PICTURE = attacked_readers.picture("PNG", 1)


@pytest.fixture(scope="module")
def rows(tmp_path_factory):
    path = tmp_path_factory.mktemp("fuzz") / "rows.json"
    command = [sys.executable, fuzz.__file__, "--cases", str(CASES), "--seed", "20190302", "--json", str(path)]
    subprocess.run(command, check=False)
    return {row["attack"]: row for row in json.loads(path.read_bytes())}


@pytest.mark.parametrize("name", [reader.name for reader in attacked_readers.table()])
def test_damaged_input_is_read_rightly_or_refused_with_a_remedy(rows, name):
    row = rows[name]
    assert row["failures"] == []
    assert row["other"] == 0
    assert row["read"] + row["refused"] == row["tried"] >= CASES // len(rows)
    assert row["refused"] > 0
    assert row["MB"] < 600


LAUGHS = "a0: &a0 [x, x]\n" + "".join(f"a{n}: &a{n} [*a{n - 1}, *a{n - 1}]\n" for n in range(1, 60))
MERGES = "a0: &a0 {x: 1}\n" + "".join(f"a{n}: &a{n} {{<<: [*a{n - 1}, *a{n - 1}]}}\n" for n in range(1, 25))
YAML = {
    "a bomb of aliases": (LAUGHS, "100000 values, or 50 levels"),
    "a wide bomb of aliases": (f"a: &a [{'x, ' * 1000}]\nb: [{'*a, ' * 1000}]\n", "100000 values"),
    "a bomb of merge keys": (MERGES, r"merge keys \(<<\) are not read"),
    "a bomb of merge keys in disguise": (MERGES.replace("<<", "!!merge b"), r"merge keys \(<<\) are not read"),
    "a value inside itself": ("a: &a [*a]\n", "50 levels"),
    "deep nesting": ("[" * 100_000, "50 levels"),
    "deep nesting, closed": ("[" * 500 + "]" * 500, "50 levels"),
    "an object of Python": ("a: !!python/object/apply:os.mkdir [ran]\n", "not valid YAML"),
    "a new object of Python": ("!!python/object/new:os.mkdir [ran]\n", "not valid YAML"),
    "a key given twice": ("a: 1\na: 2\n", "not valid YAML"),
    "a list for a key": ("? [a]\n: 1\n", "missing; it has no default|a list of claims"),
    "a number of 10,000 digits": (f"a: {'9' * 10_000}\n", "cannot be read"),
    "not UTF-8": ("a: \udcff\n", "not UTF-8|not valid YAML"),
    "a zero byte": ("a: \0\n", "not valid YAML"),
}


@pytest.mark.parametrize("kind", ["params.yaml", "fashion.yaml"])
@pytest.mark.parametrize("attack", YAML)
def test_hostile_yaml(tmp_path, monkeypatch, kind, attack):
    from revisit.params.load import load

    monkeypatch.chdir(tmp_path)
    text, message = YAML[attack]
    (tmp_path / kind).write_bytes(text.encode(errors="surrogateescape"))
    with guard.within(20), pytest.raises(ConfigError, match=rf"(?s){kind}.*({message})") as caught:
        load(tmp_path / kind) if kind == "params.yaml" else claims.of_study("fashion", tmp_path)
    assert len(str(caught.value)) < 5000
    assert not (tmp_path / "ran").exists()


def test_what_is_written_out_may_be_long(tmp_path):
    """As params.yaml is with some thousand experiments."""
    path = tmp_path / "long.yaml"
    path.write_text(f"a: [{'x, ' * reading.NODES}]\n")
    assert len(reading.yaml_value(path)["a"]) == reading.NODES


@pytest.mark.parametrize(
    "text",
    ["(" * 3000, "-" * 3000 + "a.b", "a.b" + "+a.b" * 900, "a" + ".b" * 1900, "a.b+" * 2000, "a.b ** 3000"],
    ids=["brackets", "signs", "sums", "keys", "length", "power"],
)
def test_endless_expressions_of_claims(text):
    try:
        accepted = expressions.checked(text)
    except ValueError:
        return
    metrics = Seeds({"a": [{"b": 1}, {"b": 2}]})
    with contextlib.suppress(ArtifactError):
        assert all(isinstance(value, int | float) for value in metrics.values([accepted])(accepted))


def png(width, height, *chunks):
    """The start of a PNG file that announces so many pixels."""
    found = b"\x89PNG\r\n\x1a\n"
    for kind, data in ((b"IHDR", struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)), *chunks, (b"IEND", b"")):
        found += struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))
    return found


HUGE = {
    "png": png(30_000, 30_000, (b"IDAT", zlib.compress(bytes(1000)))),
    "png of one row": png(2**31 - 1, 1, (b"IDAT", zlib.compress(bytes(1000)))),
    "png with a text": png(2, 2, (b"zTXt", b"a\0\0" + zlib.compress(bytes(80 << 20)))),
    "gif": b"GIF89a" + struct.pack("<HHBBB", 65535, 65535, 0, 0, 0) + b",\0\0\0\0\xff\xff\xff\xff\0\x08\x01\0\0;",
    "bmp": b"BM" + struct.pack("<IHHIIiiHHIIiiII", 100, 0, 0, 54, 40, 30_000, -30_000, 1, 24, 0, 0, 0, 0, 0, 0),
    "not an image": b"<svg xmlns='http://www.w3.org/2000/svg'/>",
    "nothing": b"",
}


@pytest.mark.parametrize("name", HUGE)
def test_a_small_file_that_announces_a_huge_image(name):
    before = guard.most_memory()
    with pytest.raises(DataError, match=r"a\.zip: 'x': expected"):
        images.decode(HUGE[name], 8, "a.zip: 'x'")
    assert guard.most_memory() - before < 400 << 20


def folder_settings(held):
    return {"raw": "own", "format": "folder", "classes": None, "source": "mirror", "mirror": str(held), "files": {}}


def mirror_of(folder, *classes):
    for name in classes:
        (folder / name).mkdir(parents=True)
        (folder / name / "1.png").write_bytes(PICTURE)
    return folder


NAMES = ["a\nb", "\"'`$(touch ran)`", "<b onload=alert(1)>", "--help", "=1+1", "\u202eb", " ", "{{ 7 * 7 }}", "%s"]


def test_names_of_folders_stay_names_from_the_mirror_to_the_arrays(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    fetch(folder_settings(mirror_of(tmp_path / "held", *NAMES)), tmp_path / "raw")
    prepare({**attacked_readers.FOLDER, "test_share": 0.5}, tmp_path / "raw", tmp_path / "out")
    assert arrays.load(tmp_path / "out").classes == sorted(NAMES)
    assert sorted(path.name for path in tmp_path.iterdir()) == ["held", "out", "raw"]


@pytest.mark.parametrize("name", ["b\\c", "\udcff"])
def test_names_of_folders_that_no_archive_may_have(tmp_path, name):
    with pytest.raises(DataError, match=r"leads out of the archive|not UTF-8"):
        fetch(folder_settings(mirror_of(tmp_path / "held", "a", name)), tmp_path / "raw")


@pytest.mark.parametrize(
    "put",
    [os.mkfifo, lambda path: path.symlink_to("/dev/zero"), lambda path: path.symlink_to("nowhere")],
    ids=["pipe", "device", "broken link"],
)
def test_what_is_no_file_in_a_mirror_is_not_waited_for(tmp_path, put):
    held = mirror_of(tmp_path / "held", "a", "b")
    put(held / "a" / "2.png")
    with (
        guard.within(20),
        pytest.raises(DataError, match=r"2\.png: expected a file, found a broken link or a device: remove it"),
    ):
        fetch(folder_settings(held), tmp_path / "raw")


def test_a_folder_that_cannot_be_read_is_not_left_out(tmp_path, monkeypatch):
    held, scandir = mirror_of(tmp_path / "held", "a", "b"), os.scandir

    def refusing(path):
        if os.fspath(path).endswith("/b"):
            raise PermissionError(13, "Permission denied", str(path))
        return scandir(path)

    monkeypatch.setattr(os, "scandir", refusing)
    with pytest.raises(PermissionError):
        fetch(folder_settings(held), tmp_path / "raw")


def test_two_folders_for_one_split(tmp_path):
    for split in ("train", "Train", "test"):
        mirror_of(tmp_path / "held" / split, "a", "b")
    fetch(folder_settings(tmp_path / "held"), tmp_path / "raw")
    with pytest.raises(DataError, match="one folder for each split, found Train, test, train: keep one"):
        image_folders.read(tmp_path / "raw", attacked_readers.FOLDER)


def test_folders_within_folders_without_end(tmp_path):
    deep = "d/" * 14_000
    parts = [(f"{deep}{name}/{number}.png", PICTURE) for name in "ab" for number in range(20)]
    attacked_readers.write(attacked_readers.zipped(parts), tmp_path)
    with guard.within(20):
        found = image_folders.read(tmp_path, attacked_readers.FOLDER)
    assert found["train"].classes == ["a", "b"]


@pytest.mark.parametrize("line", ["../../../../etc/passwd  1", "/etc/passwd -1", "\0 1", "000001 2", "000001", "1 1 1"])
def test_images_outside_of_a_devkit(tmp_path, line):
    parts = [
        (name, f"{line}\n".encode() if name.endswith("ant_train.txt") else data)
        for name, data in attacked_readers._voc_parts()
    ]
    attacked_readers.write(attacked_readers.tar(parts), tmp_path / "tiny")
    provenance.write(tmp_path / "tiny", provenance.COPY)
    with pytest.raises(DataError, match=r"expected (the same images|`<image> <1, -1 or 0>`)"):
        prepare(attacked_readers.VOC, tmp_path / "tiny", tmp_path / "out")


def test_a_tar_that_says_it_is_larger_than_the_disk(tmp_path):
    member = tarfile.TarInfo("a/1.png")
    member.size = 1 << 60
    (tmp_path / "a.tar").write_bytes(member.tobuf(tarfile.GNU_FORMAT) + bytes(5000))
    with pytest.raises(DataError, match=r"a\.tar"):
        archives.index(tmp_path / "a.tar")


def test_pickles_that_nest_where_a_number_belongs():
    deep = b"]" + b"\x85" * 100_000
    state = b"(K\x01" + deep + deep + b"\x86cnumpy\ndtype\nU\x02u1K\x00K\x01\x87R\x89U\x01xt"
    array = b"cnumpy.core.multiarray\n_reconstruct\ncnumpy\nndarray\nK\x00\x85U\x01b\x87R" + state + b"b"
    with pytest.raises(DataError, match="expected a pickled dictionary"):
        pickles.read(b"\x80\x02}U\x04data" + array + b"s.", "data_batch_1")


def test_texts_of_protocol_0():
    with pytest.raises(DataError, match="the operation STRING"):
        pickles.read(b"\x80\x02}S'\\d'\nK\x01s.", "data_batch_1")


def test_half_of_a_surrogate_pair_in_a_pickle():
    with pytest.raises(DataError, match=r"batches\.meta: .*surrogates not allowed"):
        pickles.read(pickle.dumps({"label_names": ["\ud800", "b"]}, protocol=2), "batches.meta")


def test_names_given_twice_in_an_archive_of_batches(tmp_path):
    parts = [(name, b"a\na\nb\n" if name.endswith(".txt") else data) for name, data in attacked_readers._cifar_binary()]
    attacked_readers.write(attacked_readers.tar_gz(parts), tmp_path / "tiny")
    provenance.write(tmp_path / "tiny", provenance.COPY)
    with pytest.raises(DataError, match="names of classes, each once"):
        prepare({**attacked_readers.CIFAR, "classes": None}, tmp_path / "tiny", tmp_path / "out")


def test_more_images_than_any_data_set_has(tmp_path):
    """A gigabyte of labels packs into a megabyte, and would be eight gigabytes of numbers."""
    for split in idx_facts.IMAGES:
        for path, shape in ((idx_facts.IMAGES[split], (1 << 25, 1, 1)), (idx_facts.LABELS[split], (1 << 25,))):
            header = bytes([0, 0, 8, len(shape)]) + b"".join(side.to_bytes(4, "big") for side in shape)
            (tmp_path / path).write_bytes(header + bytes(100))
    provenance.write(tmp_path, provenance.COPY)
    with pytest.raises(DataError, match="at most 16777216 images, found 33554432"):
        prepare(attacked_readers._settings("idx"), tmp_path, tmp_path / "out")


JSON = {
    "deep nesting": "[" * 100_000,
    "no mapping": "[1]",
    "not a number": '{"settings": NaN}',
    "infinite": '{"settings": 1e999}',
    "nothing": "",
    "not text": "\udcff",
}


@pytest.mark.parametrize("attack", JSON)
def test_hostile_json(tmp_path, monkeypatch, attack):
    from revisit.models import registry

    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("DVC_STAGE", "train")
    (tmp_path / "results/config").mkdir(parents=True)
    for name, read in (
        ("results/config/report.json", lambda: config.settings("report")),
        ("meta.json", lambda: arrays.load(tmp_path)),
        ("network.json", lambda: registry.load(tmp_path, "cpu")),
    ):
        (tmp_path / name).write_bytes(JSON[attack].encode(errors="surrogateescape"))
        with pytest.raises(ArtifactError, match=rf"{name}: .*damaged"):
            read()


def packed_array():
    stream = io.BytesIO()
    np.savez(stream, a=np.zeros(3))
    return stream.getvalue()


ARRAYS = {
    "objects": "{'descr': '|O', 'fortran_order': False, 'shape': (5,)}\n",
    "a shape beyond all memory": f"{{'descr': '|u1', 'fortran_order': False, 'shape': ({2**62}, {2**62})}}\n",
    "a negative shape": "{'descr': '|u1', 'fortran_order': False, 'shape': (-5,)}\n",
    "an unfinished header": "{'descr': '|u1', 'fortran_order': False, 'shape': (5,\n",
    "a header of brackets": "(" * 5000,
    "a header of signs": "-" * 9000 + "1",
    "a type of nothing": "{'descr': [], 'fortran_order': False, 'shape': (5,)}\n",
    "a key that is none": "{[]: 1}\n",
}


@pytest.mark.parametrize("attack", [*ARRAYS, "an archive of arrays"])
def test_hostile_arrays(tmp_path, attack):
    files = files_of("prepared arrays")
    header = ARRAYS.get(attack, "").encode()
    files["train_labels.npy"] = b"\x93NUMPY\x01\x00" + struct.pack("<H", len(header)) + header + bytes(40)
    if attack == "an archive of arrays":
        files["train_labels.npy"] = packed_array()
    attacked_readers.write(files, tmp_path)
    with pytest.raises(ArtifactError, match=r"train_labels\.npy: (damaged|expected).*prepare@"):
        arrays.load(tmp_path)


def files_of(name):
    """The valid input of a reader."""
    reader = next(reader for reader in attacked_readers.table() if reader.name == name)
    return reader.pack(reader.parts())


def test_labels_that_no_class_has(tmp_path):
    files = files_of("prepared arrays")
    files["test_labels.npy"] = files["test_labels.npy"][:-8] + struct.pack("<q", 3)
    attacked_readers.write(files, tmp_path)
    with pytest.raises(ArtifactError, match=r"test_labels\.npy: expected labels 0 to 2, found 1 to 3|found 0 to 3"):
        arrays.load(tmp_path)


@pytest.mark.parametrize("content", ["step,loss\n1,\0\n", "step,loss\n1\n", "\udcff", '"' + "x" * 200_000, "a\nb\n"])
def test_tables_that_are_none(tmp_path, content):
    (tmp_path / "history.csv").write_bytes(content.encode(errors="surrogateescape"))
    with pytest.raises(ValueError, match="no table of numbers"):
        statistics.read_columns(tmp_path / "history.csv")


@pytest.mark.parametrize("size", [0, 1, 2**31, 2**63, 2**64 - 1])
def test_a_header_of_weights_without_end(tmp_path, size):
    from revisit.models import registry

    files = files_of("network, safetensors")
    files["model.safetensors"] = struct.pack("<Q", size) + files["model.safetensors"][8:]
    attacked_readers.write(files, tmp_path)
    with pytest.raises(ArtifactError, match=r"model\.safetensors: damaged"):
        registry.load(tmp_path, "cpu")


@pytest.mark.parametrize("shape", ["[60000, 60000, 1]", "[1e15, 1e15, 1]", "[8, 8, -1]", f"[{2**62}, {2**62}, 9]"])
def test_a_network_for_images_beyond_all_memory(tmp_path, shape):
    from revisit.models import registry

    files = files_of("network, safetensors")
    files["network.json"] = files["network.json"].replace(b"[8, 8, 1]", shape.encode())
    attacked_readers.write(files, tmp_path)
    before = guard.most_memory()
    with pytest.raises(ArtifactError, match=r"damaged|not those of the network"):
        registry.load(tmp_path, "cpu")
    assert guard.most_memory() - before < 200 << 20


def test_a_snapshot_of_another_name(tmp_path):
    from revisit.models import registry

    attacked_readers.write({"snapshots/step_x.safetensors": b""}, tmp_path)
    with pytest.raises(ArtifactError, match=r"step_x\.safetensors: expected snapshots called"):
        registry.snapshots(tmp_path)


def test_images_of_one_colour_become_zeros():
    import torch

    from revisit.data.tensors import Preprocessing

    preprocessing = Preprocessing([9 / 255], [0.0], torch.device("cpu"))
    found = preprocessing(torch.full((2, 4, 4, 1), 9, dtype=torch.uint8))
    assert found.abs().max() < 1e-6


def test_a_compressed_table_is_read_as_the_plain_one_which_comes_first(tmp_path):
    text = "step,loss\n1,0.5\n"
    (tmp_path / "history.csv.gz").write_bytes(gzip.compress(text.encode()))
    with reading.table(tmp_path / "history.csv") as stream:
        assert stream.read() == text
    (tmp_path / "history.csv").write_text("step\n2\n")
    assert statistics.read_columns(tmp_path / "history.csv")["step"].tolist() == [2.0]


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (gzip.compress(b"step\n1\n" * 99, mtime=0)[:-9], "cannot be unpacked"),
        (gzip.compress(b"step\n1\n", mtime=0)[:12] + bytes(20), "cannot be unpacked"),
        (b"step\n1\n", "cannot be unpacked"),
        (gzip.compress(b"\xff\n1\n", mtime=0), "utf-8"),
        (gzip.compress(bytes(2000), mtime=0), "holds more than 0 MB"),
    ],
    ids=["cut", "overwritten", "not compressed", "not text", "huge"],
)
def test_a_damaged_compressed_table_is_one_message(tmp_path, monkeypatch, content, words):
    monkeypatch.setattr(reading, "UNPACKED", 1000)
    (tmp_path / "history.csv.gz").write_bytes(content)
    with pytest.raises(ValueError, match=words):
        statistics.read_columns(tmp_path / "history.csv")
