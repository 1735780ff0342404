"""Archives from strangers: what is in them can be read, and nothing hostile gets through, takes memory or time."""

import gzip
import io
import os
import stat
import struct
import tarfile
import tracemalloc
import zipfile

import pytest

from revisit.data import archives
from revisit.errors import DataError

KINDS = ["a.tar", "a.tar.gz", "a.tgz", "a.zip"]
FILES = {"b/2.txt": b"two" * 500, "a/1.txt": b"", "a/\u00e9.bin": os.urandom(5000), "top": b"x" * 512}


def tar(path, *members, **options):
    """A tar of TarInfo members with their content (zeros unless given)."""
    with tarfile.open(path, "w:gz" if path.suffix in (".gz", ".tgz") else "w", **options) as packed:
        for member, data in members:
            packed.addfile(member, io.BytesIO(bytes(member.size) if data is None else data))
    return path


def info(name, size=0, **fields):
    member = tarfile.TarInfo(name)
    member.size = size
    for key, value in fields.items():
        setattr(member, key, value)
    return member


@pytest.mark.parametrize("name", KINDS)
def test_members_are_indexed_and_read_in_the_order_of_the_archive(tmp_path, archive, name):
    path = archive(tmp_path / name, FILES)
    assert archives.index(path) == {member: len(data) for member, data in FILES.items()}
    assert list(archives.index(path)) == list(FILES)
    read = list(archives.read(path, ["top", "b/2.txt", "a/\u00e9.bin"]))
    assert read == [(member, FILES[member]) for member in ("b/2.txt", "a/\u00e9.bin", "top")]
    assert os.listdir(tmp_path) == [name]


@pytest.mark.parametrize("name", KINDS)
def test_member_that_is_not_there(tmp_path, archive, name):
    path = archive(tmp_path / name, FILES)
    with pytest.raises(DataError, match=rf"{name}: expected the member 'missing'"):
        list(archives.read(path, ["top", "missing"]))


def test_folders_and_a_leading_dot_are_no_files(tmp_path):
    path = tar(tmp_path / "a.tar", (info(".", type=tarfile.DIRTYPE), None), (info("./a/b", 3), b"abc"))
    assert archives.index(path) == {"a/b": 3}
    assert list(archives.read(path, ["a/b"])) == [("a/b", b"abc")]


def test_archives_of_a_folder(tmp_path, archive):
    for name in ("b.zip", "a.tgz", "c.tar.gz", ".d.tar"):
        archive(tmp_path / name, FILES)
    (tmp_path / "notes.txt").touch()
    (tmp_path / "folder.tar").mkdir()
    assert [path.name for path in archives.held(tmp_path)] == ["a.tgz", "b.zip", "c.tar.gz"]
    assert archives.held(tmp_path / "nowhere") == []


HOSTILE = ["/etc/passwd", "../evil", "a/../../evil", "a/..", "..\\evil", "C:/evil", "."]


@pytest.mark.parametrize("name", HOSTILE)
@pytest.mark.parametrize("kind", ["a.tar", "a.tar.gz", "a.zip"])
def test_names_that_lead_elsewhere(tmp_path, archive, name, kind):
    path = archive(tmp_path / kind, {"fine": b"1", name: b"2"})
    for look in (archives.index, lambda path: list(archives.read(path, [name]))):
        with pytest.raises(DataError, match=r"a name that leads out of the archive|one without a name"):
            look(path)


def test_name_with_a_zero_byte(tmp_path):
    zipped = tmp_path / "a.zip"
    with zipfile.ZipFile(zipped, "w") as packed:
        packed.writestr("evilX.png", b"x")
    zipped.write_bytes(zipped.read_bytes().replace(b"evilX", b"evil\0"))
    packed = tar(
        tmp_path / "a.tar",
        (info("x", pax_headers={"path": "evil\0.png"}), b""),
        format=tarfile.PAX_FORMAT,
    )
    for path in (zipped, packed):
        with pytest.raises(DataError, match=r"evil\\x00.*a name that leads out"):
            archives.index(path)


def test_name_that_is_not_text(tmp_path):
    path = tar(tmp_path / "a.tar", (info("\udcff.png"), b""), format=tarfile.GNU_FORMAT)
    with pytest.raises(DataError, match="not UTF-8"):
        archives.index(path)


@pytest.mark.filterwarnings("ignore:Duplicate name")
@pytest.mark.parametrize("kind", ["a.tar", "a.zip"])
def test_two_members_of_one_name(tmp_path, kind):
    path = tmp_path / kind
    if kind == "a.tar":
        tar(path, (info("a", 1), b"1"), (info("./a", 1), b"2"))
    else:
        with zipfile.ZipFile(path, "w") as packed:
            packed.writestr("a", b"1")
            packed.writestr("a", b"2")
    with pytest.raises(DataError, match="the second member of this name"):
        archives.index(path)


KINDS_OF_TAR = [tarfile.SYMTYPE, tarfile.LNKTYPE, tarfile.CHRTYPE, tarfile.BLKTYPE, tarfile.FIFOTYPE, b"Z"]


@pytest.mark.parametrize("kind", KINDS_OF_TAR)
def test_links_devices_and_pipes_in_a_tar(tmp_path, kind):
    path = tar(tmp_path / "a.tar.gz", (info("fine"), b""), (info("odd", type=kind, linkname="/etc/passwd"), b""))
    with pytest.raises(DataError, match="'odd': expected plain files and folders, found a link, a device"):
        archives.index(path)


def test_sparse_file_in_a_tar(tmp_path):
    pax = {"GNU.sparse.major": "0", "GNU.sparse.minor": "1", "GNU.sparse.map": "0,1", "GNU.sparse.size": str(1 << 40)}
    path = tar(tmp_path / "a.tar", (info("odd", 1, pax_headers=pax), b"1"), format=tarfile.PAX_FORMAT)
    with pytest.raises(DataError, match=r"'odd': .*sparse file"):
        archives.index(path)


@pytest.mark.parametrize("kind", [stat.S_IFLNK, stat.S_IFCHR, stat.S_IFIFO])
def test_links_devices_and_pipes_in_a_zip(tmp_path, kind):
    member = zipfile.ZipInfo("odd")
    member.external_attr = (kind | 0o777) << 16
    with zipfile.ZipFile(tmp_path / "a.zip", "w") as packed:
        packed.writestr(member, "/etc/passwd")
    with pytest.raises(DataError, match=r"'odd': .*found a link, a device or a pipe"):
        archives.index(tmp_path / "a.zip")


@pytest.mark.parametrize("method", [zipfile.ZIP_BZIP2, zipfile.ZIP_LZMA])
def test_other_methods_of_packing(tmp_path, method):
    with zipfile.ZipFile(tmp_path / "a.zip", "w", method) as packed:
        packed.writestr("a", b"x" * 100)
    with pytest.raises(DataError, match="another method"):
        archives.index(tmp_path / "a.zip")


@pytest.mark.parametrize("name", KINDS)
def test_every_truncation_is_an_error(tmp_path, archive, name):
    path = archive(tmp_path / name, FILES)
    whole = path.read_bytes()
    ends = range(0, len(whole) - 1, 97)
    if name == "a.tar":  # the end mark is two blocks of zeros, of which one will do, and padding
        last = len(whole.rstrip(b"\0").ljust(512, b"\0"))
        ends = range(0, last, 97)
    for end in ends:
        path.write_bytes(whole[:end])
        with pytest.raises(DataError, match=r"expected an intact archive .*get the archive again"):
            archives.index(path)


@pytest.mark.parametrize("name", ["a.tar.gz", "a.zip"])
def test_flipped_bytes_are_an_error_or_change_nothing(tmp_path, archive, name):
    path = archive(tmp_path / name, FILES)
    whole = path.read_bytes()
    for at in range(0, len(whole), 61):
        path.write_bytes(whole[:at] + bytes([whole[at] ^ 0x55]) + whole[at + 1 :])
        try:
            found = dict(archives.read(path, list(archives.index(path))))
        except DataError:
            continue
        assert list(found.values()) == list(FILES.values())  # names have no checksum in a zip


@pytest.mark.parametrize(
    "content", [b"", b"<html>please log in</html>", b"PK\3\4 no zip", gzip.compress(b"no tar", mtime=0)]
)
def test_something_else(tmp_path, content):
    (tmp_path / "a.tar.gz").write_bytes(content)
    with pytest.raises(DataError, match=r"a\.tar\.gz: expected an intact archive"):
        archives.index(tmp_path / "a.tar.gz")


def test_no_such_file_and_an_empty_archive(tmp_path, archive):
    with pytest.raises(DataError, match=r"a\.tar: expected an archive, found no such file"):
        archives.index(tmp_path / "a.tar")
    with pytest.raises(DataError, match="expected an archive with files, found none"):
        archives.index(archive(tmp_path / "b.zip", {}))


@pytest.fixture
def small_bounds(monkeypatch):
    for name, value in (("FREE", 10_000), ("MEMBER", 1 << 20), ("TOTAL", 3 << 20), ("COUNT", 50)):
        monkeypatch.setattr(archives, name, value)


@pytest.mark.parametrize("kind", ["a.tar.gz", "a.zip"])
def test_bomb(tmp_path, archive, small_bounds, kind):
    path = archive(tmp_path / kind, {"small": b"x", "bomb": bytes(900_000)})
    assert path.stat().st_size < 9000
    with pytest.raises(DataError, match=r"more than 100 times|\(100 times the packed ones"):
        archives.index(path)
    with pytest.raises(DataError, match=r"more than 100 times|\(100 times the packed ones"):
        list(archives.read(path, ["bomb"]))


def test_bomb_behind_the_end_of_a_tar(tmp_path, archive, small_bounds):
    plain = archive(tmp_path / "a.tar", {"a": b"x"}).read_bytes()
    (tmp_path / "a.tar.gz").write_bytes(gzip.compress(plain + bytes(2_000_000)))
    with pytest.raises(DataError, match="100 times the packed ones"):
        archives.index(tmp_path / "a.tar.gz")


def test_members_of_a_zip_that_share_their_bytes(tmp_path):
    path = tmp_path / "a.zip"
    with zipfile.ZipFile(path, "w") as packed:
        packed.writestr("a", b"x" * 1000)
        packed.writestr("b", b"x" * 1000)
    whole = bytearray(path.read_bytes())
    second = whole.rindex(b"PK\1\2")
    whole[second + 42 : second + 46] = struct.pack("<I", 10)  # the header's offset
    path.write_bytes(whole)
    with pytest.raises(DataError, match="share bytes"):
        archives.index(path)


@pytest.mark.parametrize("kind", ["a.tar", "a.zip"])
def test_bounds_on_count_and_sizes(tmp_path, archive, small_bounds, kind):
    content = os.urandom((1 << 20) + 1)
    with pytest.raises(DataError, match=r"'large': .*a member of 1048577 bytes \(at most 1048576"):
        archives.index(archive(tmp_path / "large" / kind, {"large": content}))
    with pytest.raises(DataError, match="more than 50 members or 3145728 bytes"):
        archives.index(archive(tmp_path / "many" / kind, {str(number): b"" for number in range(51)}))
    with pytest.raises(DataError, match=r"more than 50 members or 3145728 bytes|at most 3145728 unpacked"):
        archives.index(archive(tmp_path / "much" / kind, {str(number): content[:-1] for number in range(4)}))


def test_announced_size_takes_no_memory(tmp_path):
    """A member and a header that announce far more than there is."""
    huge = info("huge", 200 << 20).tobuf(tarfile.GNU_FORMAT)
    (tmp_path / "a.tar").write_bytes(huge + b"few")
    header = info("././@LongLink", 1 << 33, type=tarfile.GNUTYPE_LONGNAME).tobuf(tarfile.GNU_FORMAT)
    (tmp_path / "b.tar.gz").write_bytes(gzip.compress(header + bytes(90 << 20)))
    tracemalloc.start()
    try:
        with pytest.raises(DataError, match=r"intact archive"):
            list(archives.read(tmp_path / "a.tar", ["huge"]))
        with pytest.raises(DataError, match="short headers, found one of 8589934592 bytes"):
            archives.index(tmp_path / "b.tar.gz")
        assert tracemalloc.get_traced_memory()[1] < 4 << 20
    finally:
        tracemalloc.stop()


def test_negative_sizes_and_endless_headers(tmp_path):
    member = bytearray(info("a").tobuf(tarfile.GNU_FORMAT))
    member[124:136] = b"\xff" * 10 + struct.pack(">h", -512)  # base 256, as GNU tar writes large sizes
    member[148:156] = b"%06o\0 " % sum(member[:148] + b" " * 8 + member[156:])
    (tmp_path / "a.tar").write_bytes(bytes(member) + bytes(1024))
    with pytest.raises(DataError, match=r"a member of -512 bytes"):
        archives.index(tmp_path / "a.tar")
    longname = info("././@LongLink", 512, type=tarfile.GNUTYPE_LONGNAME).tobuf(tarfile.GNU_FORMAT) + b"a" * 512
    (tmp_path / "b.tar").write_bytes(longname * 5000)
    with pytest.raises(DataError, match="short headers"):
        archives.index(tmp_path / "b.tar")
