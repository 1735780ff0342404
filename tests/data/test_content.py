"""Gzip files: packed the same everywhere, measured without being trusted."""

import gzip
import hashlib
import io

import pytest

from revisit.data import content
from revisit.errors import DataError


@pytest.mark.parametrize("size", [0, 1, 0xFFFF, 0x10000, 3 * 0xFFFF])
def test_packed_content_unpacks_to_itself(tmp_path, size):
    whole = bytes(i % 251 for i in range(size))
    content.pack(io.BytesIO(whole), tmp_path / "a.gz")
    assert gzip.decompress((tmp_path / "a.gz").read_bytes()) == whole
    assert content.sha256(tmp_path / "a.gz", size) == hashlib.sha256(whole).hexdigest()


def test_packed_bytes_are_fixed(tmp_path):
    content.pack(io.BytesIO(b"abc"), tmp_path / "a.gz")
    assert (tmp_path / "a.gz").read_bytes().hex() == "1f8b08000000000000ff010300fcff616263c241243503000000"


def test_plain_content_is_taken_as_it_is(tmp_path):
    (tmp_path / "a").write_bytes(b"abc")
    assert content.sha256(tmp_path / "a", 3) == hashlib.sha256(b"abc").hexdigest()


def test_limit_holds_for_the_unpacked_size(tmp_path):
    (tmp_path / "a.gz").write_bytes(gzip.compress(bytes(1000)))
    with pytest.raises(DataError, match="more than the 999 bytes"):
        content.sha256(tmp_path / "a.gz", 999)


def test_damaged_gzip(tmp_path):
    (tmp_path / "a.gz").write_bytes(gzip.compress(bytes(1000))[:-3])
    with pytest.raises(DataError, match="damaged gzip"):
        content.sha256(tmp_path / "a.gz", 1000)


def test_checksums_of_the_content_and_of_the_file(tmp_path):
    path = tmp_path / "a.gz"
    path.write_bytes(gzip.compress(b"abc", mtime=0))
    inside = hashlib.sha256(b"abc").hexdigest()
    outside = hashlib.md5(path.read_bytes(), usedforsecurity=False).hexdigest()
    assert content.mismatch(path, None, 3) is None
    assert content.mismatch(path, inside, 3) is None
    assert content.mismatch(path, f"md5:{outside}", 3) is None
    assert content.mismatch(path, "0" * 64, 3) == f"SHA-256 {inside}, expected {'0' * 64}"
    assert content.mismatch(path, "md5:" + "0" * 32, 3) == f"MD5 {outside}, expected {'0' * 32}"
