"""Mirrors with archives or plain folders: what is taken, under which name, and what is refused."""

import gzip
import hashlib
import os

import pytest

from revisit.data import archives, listing, mirror
from revisit.data.fetch import fetch
from revisit.data.provenance import read as read_provenance
from revisit.errors import DataError


def archive_settings(held, kind, **checksums):
    files = {name.replace("__", "."): {"checksum": value} for name, value in checksums.items()}
    return {"raw": "own", "format": kind, "classes": None, "source": "mirror", "mirror": str(held), "files": files}


def data_files(folder):
    return sorted(path.name for path in folder.iterdir() if path.name != "provenance.json")


FILES = {"a/1.png": b"one", "b/2.png": b"two"}


def test_mirror_with_the_published_archive_takes_it_alone(tmp_path, archive):
    held = tmp_path / "held"
    published = archive(held / "plants.zip", FILES)
    archive(held / "other.tar", FILES)
    checksum = hashlib.sha256(published.read_bytes()).hexdigest()
    fetch(archive_settings(held, "folder", plants__zip=checksum), tmp_path / "out")
    assert data_files(tmp_path / "out") == ["plants.zip"]
    assert (tmp_path / "out" / "plants.zip").read_bytes() == published.read_bytes()
    with pytest.raises(DataError, match=r"plants\.zip: expected the published content, found another \(SHA-256"):
        fetch(archive_settings(held, "folder", plants__zip="0" * 64), tmp_path / "again")


def test_mirror_with_a_plain_tar_in_the_place_of_the_packed_one(tmp_path, archive):
    held = tmp_path / "held"
    plain = archive(held / "images.tar", FILES).read_bytes()
    checksum = hashlib.sha256(plain).hexdigest()
    fetch(archive_settings(held, "folder", images__tar__gz=checksum), tmp_path / "out")
    assert gzip.decompress((tmp_path / "out" / "images.tar.gz").read_bytes()) == plain


@pytest.mark.parametrize("kind", ["cifar", "voc", "folder"])
def test_mirror_with_other_archives_takes_them_all(tmp_path, archive, kind):
    held = tmp_path / "held"
    for name in ("one.tar.gz", "two.zip", "three.tgz"):
        archive(held / name, FILES)
    (held / "notes.txt").write_text("mine")
    fetch(archive_settings(held, kind, published__tar=None), tmp_path / "out")
    assert data_files(tmp_path / "out") == ["one.tar.gz", "three.tgz", "two.zip"]


def test_mirror_with_a_damaged_archive(tmp_path, archive):
    path = archive(tmp_path / "held" / "own.tar.gz", FILES)
    path.write_bytes(path.read_bytes()[:-9])
    with pytest.raises(DataError, match=r"own\.tar\.gz: expected an intact archive"):
        fetch(archive_settings(tmp_path / "held", "folder"), tmp_path / "out")


def test_mirror_without_anything_says_what_is_accepted(tmp_path):
    (tmp_path / "held").mkdir()
    (tmp_path / "held" / "notes.txt").write_text("mine")
    with pytest.raises(
        DataError,
        match=r"held: expected the published files \(x\.tar\) or archives \(.*\.zip\) or folders of images, found",
    ):
        fetch(archive_settings(tmp_path / "held", "folder", x__tar=None), tmp_path / "out")


@pytest.mark.parametrize("kind", ["idx", "cifar", "voc", "folder"])
@pytest.mark.parametrize("there", ["nothing", "a file"])
def test_mirror_that_is_no_folder(tmp_path, kind, there):
    if there == "a file":
        (tmp_path / "held").write_text("mine")
    with pytest.raises(DataError, match=r"held: expected .* found no such folder: put the files there, or in params"):
        fetch(archive_settings(tmp_path / "held", kind, x__tar=None), tmp_path / "out")


def test_plain_folders_become_one_archive_with_the_same_bytes_everywhere(tmp_path, picture):
    for number, held in enumerate((tmp_path / "one", tmp_path / "two")):
        for name in sorted(["b/2.jpg", "a/1.png", "a/long" + "g" * 120 + ".png", "a/\u00e9.png"], reverse=bool(number)):
            (held / name).parent.mkdir(parents=True, exist_ok=True)
            (held / name).write_bytes(picture())
            os.utime(held / name, (number, number))
        (held / "a" / ".hidden.png").write_bytes(b"x")
        (held / "__MACOSX").mkdir()
        (held / "__MACOSX" / "1.png").write_bytes(b"x")
        (held / "readme.md").write_text(str(number))
        fetch(archive_settings(held, "folder"), tmp_path / "raw" / held.name)
    one, two = ((tmp_path / "raw" / name / "images.tar").read_bytes() for name in ("one", "two"))
    assert one == two
    names = list(archives.index(tmp_path / "raw" / "one" / "images.tar"))
    assert names == ["a/1.png", "a/long" + "g" * 120 + ".png", "a/\u00e9.png", "b/2.jpg"]


def test_unpacked_official_folders_are_packed_with_their_lists(tmp_path):
    kit, batches = tmp_path / "voc" / "VOCdevkit" / "VOC2007", tmp_path / "cifar" / "cifar-10-batches-bin"
    for path in (
        kit / "ImageSets" / "Main" / "cat_train.txt",
        kit / "JPEGImages" / "1.jpg",
        batches / "test_batch.bin",
    ):
        path.parent.mkdir(parents=True)
        path.write_bytes(b"x")
    for kind, first in (
        ("voc", "VOCdevkit/VOC2007/ImageSets/Main/cat_train.txt"),
        ("cifar", f"{batches.name}/test_batch.bin"),
    ):
        fetch(archive_settings(tmp_path / kind, kind), tmp_path / "raw" / kind)
        assert next(iter(archives.index(tmp_path / "raw" / kind / "images.tar"))) == first


def test_linked_folder_in_a_mirror(tmp_path):
    (tmp_path / "held").mkdir()
    (tmp_path / "held" / "cats").symlink_to(tmp_path)
    with pytest.raises(DataError, match="cats: expected a folder, found a link"):
        fetch(archive_settings(tmp_path / "held", "folder"), tmp_path / "out")


def test_a_file_is_held_at_a_path_or_at_an_address(site, tmp_path):
    site.content["/w.pth"] = b"weights"
    (tmp_path / "w.pth").write_bytes(b"weights")
    for place in (str(tmp_path / "w.pth"), site.url("/w.pth"), site.url("/w.pth")):
        with mirror.one_file(place, tmp_path / "downloads") as path:
            assert (path.name, path.read_bytes()) == ("w.pth", b"weights")
    assert len(site.seen) == 1  # it is kept


def test_a_damaged_file_from_an_address_is_asked_for_again(site, tmp_path):
    site.content["/w.pth"] = b"damaged"
    with pytest.raises(DataError), mirror.one_file(site.url("/w.pth"), tmp_path) as path:
        raise DataError(f"{path}: damaged")
    site.content["/w.pth"] = b"weights"
    with mirror.one_file(site.url("/w.pth"), tmp_path) as path:
        assert path.read_bytes() == b"weights"


def test_what_is_left_out_of_one_s_own_files_is_said(tmp_path, picture, capsys):
    """In the log and beside the files; what Pillow reads is taken, whatever its ending."""
    held = tmp_path / "held"
    for name in ("a/1.png", "a/2.HEIC", "a/3.heic", "a/notes", "b/1.jfif", "b/2.tiff", "b/3.avif", "readme.md"):
        (held / name).parent.mkdir(parents=True, exist_ok=True)
        (held / name).write_bytes(picture())
    (held / ".DS_Store").write_bytes(b"x")
    fetch(archive_settings(held, "folder"), tmp_path / "out")
    assert list(archives.index(tmp_path / "out" / "images.tar")) == ["a/1.png", "b/1.jfif", "b/2.tiff", "b/3.avif"]
    provenance, without = read_provenance(tmp_path / "out")
    assert provenance == "copy"
    assert without == {".": {".md": 1}, "a": {".heic": 2, "without an ending": 1}}
    said = "left out, as nothing that is read: beside the folders: 1 .md; a: 2 .heic, 1 without an ending"
    assert said in capsys.readouterr().err


def test_archives_beside_folders_of_images(tmp_path, archive):
    archive(tmp_path / "held" / "old.zip", FILES)
    (tmp_path / "held" / "preview.png").write_bytes(b"x")  # of no class
    fetch(archive_settings(tmp_path / "held", "folder"), tmp_path / "out")
    (tmp_path / "held" / "cats").mkdir()
    (tmp_path / "held" / "cats" / "1.png").write_bytes(b"x")
    with pytest.raises(DataError, match=r"found both \(old\.zip and cats/\): leave there what is meant"):
        fetch(archive_settings(tmp_path / "held", "folder"), tmp_path / "again")


def test_annotations_that_lie_beside_plain_images_are_packed_with_them(tmp_path):
    for name in ("VOC/ImageSets/Segmentation/val.txt", "VOC/Annotations/1.xml", "VOC/JPEGImages/1.jpg"):
        (tmp_path / "held" / name).parent.mkdir(parents=True)
        (tmp_path / "held" / name).write_bytes(b"x")
    fetch(archive_settings(tmp_path / "held", "voc"), tmp_path / "out")
    assert len(archives.index(tmp_path / "out" / "images.tar")) == 3


def test_files_that_change_between_the_look_and_the_reading_are_refused(tmp_path, archive):
    archive(tmp_path / "held" / "a.zip", FILES)
    settings = archive_settings(tmp_path / "held", "folder")
    settings["listing"] = listing.of(settings)
    fetch(settings, tmp_path / "out")
    os.utime(tmp_path / "held" / "a.zip", (1, 1))
    with pytest.raises(DataError, match="held: its files have changed since this run began: run again"):
        fetch(settings, tmp_path / "again")
