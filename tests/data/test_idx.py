"""The IDX format: what is written is read again, and no damaged file gets through or takes memory."""

import gzip
import hashlib
import struct

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from revisit.data import idx
from revisit.data.formats.idx import facts as idx_facts
from revisit.errors import DataError

ARRAYS = st.sampled_from([np.uint8, np.int8, np.int16, np.int32, np.float32, np.float64]).flatmap(
    lambda dtype: hnp.arrays(dtype, hnp.array_shapes(min_dims=1, max_dims=4, min_side=0, max_side=5))
)


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    return tmp_path_factory.mktemp("idx")


@given(values=ARRAYS, name=st.sampled_from(["a", "a.gz"]))
@settings(max_examples=60, deadline=None)
def test_round_trip(folder, values, name):
    idx.write(folder / name, values)
    read = idx.read(folder / name)
    assert read.dtype == values.dtype
    np.testing.assert_array_equal(read, values)
    assert idx.read_header(folder / name).shape == values.shape


def test_bytes_are_those_of_the_published_description(tmp_path):
    idx.write(tmp_path / "a", np.array([[1, 2, 3]], np.int16))
    assert (tmp_path / "a").read_bytes() == bytes.fromhex("00000b02 00000001 00000003 0001 0002 0003")


@given(data=st.data(), name=st.sampled_from(["b", "b.gz"]))
@settings(max_examples=200, deadline=None)
def test_damaged_file_is_an_error_or_reads_as_written(folder, data, name):
    values = np.arange(24, dtype=np.uint8).reshape(2, 3, 4)
    idx.write(folder / name, values)
    content = bytearray((folder / name).read_bytes())
    for _ in range(data.draw(st.integers(1, 3))):
        kind = data.draw(st.sampled_from(["flip", "cut", "add"]))
        at = data.draw(st.integers(0, len(content) - 1)) if content else 0
        if kind == "flip" and content:
            content[at] ^= data.draw(st.integers(1, 255))
        elif kind == "cut":
            del content[at:]
        else:
            content += data.draw(st.binary(min_size=1, max_size=9))
    (folder / name).write_bytes(content)
    try:
        read = idx.read(folder / name)
    except DataError:
        return
    if content[:2] == b"\x1f\x8b":  # checksum held: only bytes that gzip ignores were touched
        np.testing.assert_array_equal(read, values)
    else:  # without a checksum, exactly what the bytes say
        assert content[4 + 4 * content[3] :] == read.astype(read.dtype.newbyteorder(">")).tobytes()


@pytest.mark.parametrize(
    ("content", "found"),
    [
        (b"", "end of the file"),
        (b"\0\0\x08\x03\0\0", "end of the file"),
        (b"<html>not found</html>", "3c 68 74 6d"),
        (b"\0\0\x07\x01\0\0\0\1\0", "00 00 07 01"),
        (b"\0\0\x08\0", "00 00 08 00"),
        (b"\0\0\x08\x09" + bytes(36), "00 00 08 09"),
        (struct.pack(">4BI", 0, 0, 8, 1, 5) + b"1234", "found 4"),
        (struct.pack(">4BI", 0, 0, 8, 1, 5) + b"123456", "found more"),
        (struct.pack(">4B3I", 0, 0, 8, 3, 2**32 - 1, 2**32 - 1, 2**32 - 1), "at most"),
        (struct.pack(">4B3I", 0, 0, 8, 3, 0, 2**32 - 1, 2**32 - 1), "at most"),
    ],
)
@pytest.mark.parametrize("packed", [False, True])
def test_message_names_the_file_and_what_was_found(tmp_path, content, found, packed):
    path = tmp_path / "labels"
    path.write_bytes(gzip.compress(content) if packed else content)
    for read in (idx.read, idx.check, lambda path: list(idx.blocks(path))):
        with pytest.raises(DataError, match=f"labels: expected .*{found}.*get it again"):
            read(path)


def test_missing_file(tmp_path):
    with pytest.raises(DataError, match=r"labels\.gz: expected an IDX file, found none"):
        idx.read(tmp_path / "labels.gz")


def test_damaged_checksum(tmp_path):
    idx.write(tmp_path / "a.gz", np.arange(5, dtype=np.uint8))
    content = bytearray((tmp_path / "a.gz").read_bytes())
    content[-6] ^= 1
    (tmp_path / "a.gz").write_bytes(content)
    with pytest.raises(DataError, match="intact gzip"):
        idx.read(tmp_path / "a.gz")


def test_bomb_is_not_unpacked_beyond_the_announced_size(tmp_path, monkeypatch):
    path = tmp_path / "bomb.gz"
    path.write_bytes(gzip.compress(struct.pack(">4BI", 0, 0, 8, 1, 1000) + bytes(64 << 20)))
    taken = []
    read = gzip.GzipFile.read
    monkeypatch.setattr(gzip.GzipFile, "read", lambda self, size=-1: taken.append(size) or read(self, size))
    with pytest.raises(DataError, match="found more"):
        idx.read(path)
    assert min(taken) > 0
    assert sum(taken) <= 4 + 4 + 1000 + 1


def test_announced_size_without_content_takes_no_memory(tmp_path, monkeypatch):
    (tmp_path / "a").write_bytes(struct.pack(">4B2I", 0, 0, 8, 2, 1, idx_facts.LIMIT) + b"few")
    monkeypatch.setattr(idx, "BLOCK", 1 << 16)
    for read in (idx.read, lambda path: list(idx.blocks(path))):
        with pytest.raises(DataError, match="found 3"):
            read(tmp_path / "a")


def test_blocks_are_the_rows_in_turn(tmp_path, monkeypatch):
    values = np.arange(7 * 6, dtype=np.uint8).reshape(7, 2, 3)
    idx.write(tmp_path / "a.gz", values)
    monkeypatch.setattr(idx, "BLOCK", 3 * 6 + 2)
    blocks = list(idx.blocks(tmp_path / "a.gz"))
    assert [len(block) for block in blocks] == [3, 3, 1]
    np.testing.assert_array_equal(np.concatenate(blocks), values)


def test_check_gives_the_digest_of_the_unpacked_content(tmp_path):
    values = np.arange(10, dtype=np.uint8)
    idx.write(tmp_path / "a", values)
    idx.write(tmp_path / "a.gz", values)
    digest = hashlib.sha256((tmp_path / "a").read_bytes()).hexdigest()
    assert idx.check(tmp_path / "a.gz")[1] == idx.check(tmp_path / "a")[1] == digest


def test_type_without_a_code_is_refused(tmp_path):
    with pytest.raises(ValueError, match="uint16"):
        idx.write(tmp_path / "a", np.zeros(3, np.uint16))
