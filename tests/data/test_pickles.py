"""Pickles: the values of the published files are read, and nothing in a hostile one ever runs."""

import os
import pickle
import struct
import tracemalloc

import numpy as np
import pytest

from revisit.data import pickles
from revisit.errors import DataError

VALUES = np.arange(24, dtype=np.uint8).reshape(2, 12)


def published(values=VALUES, labels=(3, 9)):
    """The operations of the published batches, as Python 2 and the NumPy of then wrote them."""
    raw = values.tobytes()
    shape = b"".join(b"M" + struct.pack("<H", side) for side in values.shape)
    array = (
        b"cnumpy.core.multiarray\n_reconstruct\nq\x01cnumpy\nndarray\nq\x02K\x00\x85U\x01b\x87Rq\x03"
        b"(K\x01" + shape + b"\x86cnumpy\ndtype\nq\x04U\x02u1K\x00K\x01\x87Rq\x05"
        b"(K\x03U\x01|NNNJ\xff\xff\xff\xffJ\xff\xff\xff\xffK\x00tb\x89T" + struct.pack("<I", len(raw)) + raw + b"tb"
    )
    numbers = b"".join(b"K" + bytes([label]) for label in labels)
    return (
        b"\x80\x02}q\x06(U\x0bbatch_labelq\x07U\x05first U\x06labelsq\x08]q\x09(".replace(b" ", b"q\x0a")
        + numbers
        + b"eU\x04dataq\x0b"
        + array
        + b"u."
    )


def test_the_hand_made_pickle_is_one_to_python():
    loaded = pickle.loads(published(), encoding="bytes")  # noqa: S301
    assert loaded[b"labels"] == [3, 9]
    np.testing.assert_array_equal(loaded[b"data"], VALUES)


def test_published_operations():
    content = pickles.read(published(), "x")
    assert (content["labels"], content["batch_label"]) == ([3, 9], "first")
    assert content["data"].dtype == np.uint8
    np.testing.assert_array_equal(content["data"], VALUES)


def test_what_python_3_writes_in_the_same_protocol():
    value = {b"labels": [1, 300, 70_000], "names": ["\u00e9", "b"], "data": VALUES, "t": (1, (None, True)), "one": [7]}
    content = pickles.read(pickle.dumps(value, protocol=2), "x")
    np.testing.assert_array_equal(content.pop("data"), VALUES)
    assert content == {"labels": [1, 300, 70_000], "names": ["\u00e9", "b"], "t": (1, (None, True)), "one": [7]}


class Payload:
    def __init__(self, path):
        self.path = path

    def __reduce__(self):
        return os.system, (f"touch {self.path}",)


class Quiet:
    """A payload that hides in the state of an object."""

    def __init__(self, path):
        self.state = Payload(path)


@pytest.mark.parametrize("protocol", range(6))
@pytest.mark.parametrize("wrapped", [Payload, Quiet, lambda path: {"labels": Payload(path)}])
def test_payload_does_not_run(tmp_path, protocol, wrapped):
    data = pickle.dumps(wrapped(tmp_path / "ran"), protocol=protocol)
    with pytest.raises(DataError, match=r"data_batch_1: expected a pickled dictionary"):
        pickles.read(data, "data_batch_1")
    assert not (tmp_path / "ran").exists()


@pytest.mark.parametrize(
    "data",
    [
        b"\x80\x02cbuiltins\neval\nX\x10\x00\x00\x00open('ran', 'w')\x85R.",
        b"cos\nsystem\n(S'touch ran'\ntR.",
        b"(S'touch ran'\nios\nsystem\n.",
        b"\x80\x02cnumpy\nndarray\n)\x81}b.",
        b"\x80\x02}q\x00cnumpy\ndtype\nU\x01O\x85R}b\x86s.",
        b"\x80\x02cnumpy.core.multiarray\n_reconstruct\n.",
        b"\x80\x02}(U\x01aU\x01bu",
        b"\x80\x02]K\x01s.",
        b"\x80\x02K\x01K\x02b.",
        b"\x80\x02}U\x01ah\x63s.",
        b"\x80\x02e.",
        b"\x80\x02\x85.",
        b"not a pickle",
        b"",
    ],
)
def test_hostile_and_damaged_pickles(data, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    with pytest.raises(DataError, match="expected a pickled dictionary"):
        pickles.read(data, "x")
    assert not (tmp_path / "ran").exists()


def test_deep_nesting_and_large_memos_neither_crash_nor_take_memory():
    deep = b"\x80\x02}K\x01" + b"\x85" * 100_000 + b"K\x01s."
    memo = b"\x80\x02}r\xff\xff\xff\x7f."
    tracemalloc.start()
    try:
        with pytest.raises(DataError, match="a key of type tuple"):
            pickles.read(deep, "x")
        assert pickles.read(memo, "x") == {}
        assert tracemalloc.get_traced_memory()[1] < 16 << 20
    finally:
        tracemalloc.stop()


def test_too_many_operations(monkeypatch):
    monkeypatch.setattr(pickles, "OPERATIONS", 1000)
    with pytest.raises(DataError, match="more than 1000 operations"):
        pickles.read(b"\x80\x02" + b"]" * 2000 + b".", "x")


@pytest.mark.parametrize("array", [VALUES.astype(np.int16), np.asfortranarray(VALUES), VALUES[0], np.array([None])])
def test_other_arrays(array):
    with pytest.raises(DataError, match="expected a pickled dictionary"):
        pickles.read(pickle.dumps({"data": array}, protocol=2), "x")


def test_array_with_fewer_bytes_than_its_shape():
    data = published().replace(b"M\x02\x00M\x0c\x00", b"M\x03\x00M\x0c\x00")
    with pytest.raises(DataError, match="24 bytes for 3 x 12 values"):
        pickles.read(data, "x")
