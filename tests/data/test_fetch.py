"""The three sources give the same official files, or one message that says what is wrong with which file."""

import gzip
import hashlib
import os
import shutil
from pathlib import Path

import numpy as np
import pytest

from revisit.data import arrays, embedded, idx
from revisit.data.fetch import fetch
from revisit.data.prepare import prepare
from revisit.errors import DataError, DownloadError

ROOT = Path(__file__).resolve().parents[2]
BASE = {"raw": "fashion_mnist", "format": "idx", "classes": None}
UNKNOWN = {name: {"checksum": None} for name in idx.FILES}


@pytest.fixture(scope="module")
def drawn(tmp_path_factory):
    """The official files, small."""
    folder = tmp_path_factory.mktemp("drawn")
    for split, count in (("train", 30), ("test", 20)):
        idx.write(folder / idx.IMAGES[split], np.random.default_rng(count).integers(0, 256, (count, 28, 28), np.uint8))
        idx.write(folder / idx.LABELS[split], np.arange(count, dtype=np.uint8) % 10)
    return folder


@pytest.fixture(scope="module")
def contents(drawn):
    return {name: gzip.decompress((drawn / name).read_bytes()) for name in idx.FILES}


@pytest.fixture(scope="module")
def known(contents):
    return {name: {"checksum": hashlib.sha256(content).hexdigest()} for name, content in contents.items()}


def unpacked(folder):
    return {path.name: gzip.decompress(path.read_bytes()) for path in folder.glob("*.gz")}


def test_embedded_files_are_left_to_the_drawings(tmp_path, monkeypatch):
    asked = []
    monkeypatch.setattr(embedded, "draw", lambda *arguments: asked.append(arguments))
    fetch({**BASE, "source": "embedded", "seed": 3}, tmp_path / "out")
    assert asked == [({**BASE, "source": "embedded", "seed": 3}, tmp_path / "out")]
    assert (tmp_path / "out").is_dir()


def mirror(folder, files):
    return {**BASE, "source": "mirror", "mirror": str(folder), "files": files}


def test_mirror_of_packed_and_plain_files(drawn, contents, known, tmp_path):
    held = tmp_path / "held"
    shutil.copytree(drawn, held)
    plain = idx.IMAGES["train"]
    (held / plain).unlink()
    (held / plain.removesuffix(".gz")).write_bytes(contents[plain])
    other = gzip.compress(contents[idx.LABELS["test"]], 9, mtime=77)  # another wrapper, the same content
    (held / idx.LABELS["test"]).write_bytes(other)
    fetch(mirror(held, known), tmp_path / "out")
    assert unpacked(tmp_path / "out") == contents
    assert (tmp_path / "out" / idx.LABELS["test"]).read_bytes() == other
    assert (tmp_path / "out" / plain).read_bytes() == (drawn / plain).read_bytes()


def test_mirror_without_the_file(drawn, known, tmp_path):
    shutil.copytree(drawn, tmp_path / "held")
    (tmp_path / "held" / idx.LABELS["test"]).unlink()
    with pytest.raises(
        DataError, match=r"held: expected the file t10k-labels-idx1-ubyte\.gz or t10k-labels-idx1-ubyte"
    ):
        fetch(mirror(tmp_path / "held", known), tmp_path / "out")


def test_mirror_folder_that_is_not_there(known, tmp_path):
    with pytest.raises(DataError, match=r"nowhere: expected the file .* found no such folder: .*source: embedded"):
        fetch(mirror(tmp_path / "nowhere", known), tmp_path / "out")


@pytest.mark.parametrize("kind", ["idx", "folder"])
@pytest.mark.parametrize(
    ("place", "reason"),
    [("~nosuchuser/x", "home directory"), ("a\0b", "null byte"), ("x" * 300, "File name too long")],
    ids=["home", "nul", "long"],
)
def test_mirror_that_is_no_path(tmp_path, kind, place, reason):
    with pytest.raises(DataError, match=rf"expected a path, found none \(.*{reason}.*correct `mirror` in params.yaml"):
        fetch({**mirror(place, UNKNOWN), "format": kind}, tmp_path / "out")


def test_mirror_in_the_home_folder(drawn, contents, known, tmp_path, monkeypatch):
    monkeypatch.setenv("HOME", str(tmp_path))
    shutil.copytree(drawn, tmp_path / "held")
    fetch(mirror("~/held", known), tmp_path / "out")
    assert unpacked(tmp_path / "out") == contents


def test_mirror_with_other_content(drawn, known, tmp_path):
    shutil.copytree(drawn, tmp_path / "held")
    idx.write(tmp_path / "held" / idx.LABELS["train"], np.zeros(30, np.uint8))
    with pytest.raises(DataError, match=rf"{idx.LABELS['train']}: expected the published content, found another"):
        fetch(mirror(tmp_path / "held", known), tmp_path / "out")
    fetch(mirror(tmp_path / "held", UNKNOWN), tmp_path / "own")
    assert idx.read(tmp_path / "own" / idx.LABELS["train"]).sum() == 0


@pytest.mark.parametrize("digest", [True, False])
def test_mirror_with_a_damaged_file(drawn, known, tmp_path, digest):
    shutil.copytree(drawn, tmp_path / "held")
    path = tmp_path / "held" / idx.IMAGES["test"]
    path.write_bytes(path.read_bytes()[:-100])
    with pytest.raises(DataError, match=rf"{path.name}: expected an intact gzip file"):
        fetch(mirror(tmp_path / "held", known if digest else UNKNOWN), tmp_path / "out")


def serve(site, folder, under):
    for path in folder.iterdir():
        site.content[f"/{under}/{path.name}"] = path.read_bytes()


def web(known, *bases):
    return {**BASE, "source": "web", "web": list(bases), "files": known}


def test_web_falls_to_the_next_address_file_by_file(site, drawn, contents, known, tmp_path):
    serve(site, drawn, "one")
    serve(site, drawn, "two")
    site.content[f"/one/{idx.LABELS['train']}"] = b"moved"
    del site.content[f"/one/{idx.IMAGES['test']}"]
    fetch(web(known, site.url("/one"), site.url("/two/")), tmp_path / "out")
    assert unpacked(tmp_path / "out") == contents


def test_web_keeps_finished_files_for_the_next_run(site, drawn, contents, known, tmp_path):
    serve(site, drawn, "one")
    last = f"/one/{idx.FILES[-1]}"
    content = site.content.pop(last)
    with pytest.raises(DownloadError, match=idx.FILES[-1]):
        fetch(web(known, site.url("/one")), tmp_path / "first")
    site.content[last] = content
    site.seen.clear()
    fetch(web(known, site.url("/one")), tmp_path / "second")
    assert unpacked(tmp_path / "second") == contents
    assert [path for path, _ in site.seen] == [last]


def test_web_mirror_may_hold_plain_files(site, contents, known, tmp_path):
    for name, content in contents.items():
        site.content[f"/m/{name.removesuffix('.gz')}"] = content
    fetch({**BASE, "source": "mirror", "mirror": site.url("/m"), "files": known}, tmp_path / "out")
    assert unpacked(tmp_path / "out") == contents


def test_web_page_instead_of_a_file_is_refused_without_a_digest(site, known, tmp_path):
    for name in known:
        site.content[f"/one/{name}"] = b"<html>please log in</html>"
    with pytest.raises(DownloadError, match="expected an IDX file"):
        fetch(web(UNKNOWN, site.url("/one")), tmp_path / "out")


def real_mirror():
    """The published files, where this machine has them: under $REVISIT_MIRROR or `../shared/data`."""
    folder = Path(os.environ.get("REVISIT_MIRROR", ROOT.parent / "shared" / "data")) / "fashion-mnist"
    return folder if folder.is_dir() else None


# SHA-256 of the uncompressed published files, whose .gz have the MD5 that the authors publish
PUBLISHED = {
    "train-images-idx3-ubyte.gz": "c59f468a2f672dc815687fe0f83887768d799fd8a3f3276145d20f83aa44d888",
    "train-labels-idx1-ubyte.gz": "bad3541b69d912435c50bb6ba87bec294ff4f6a2e1246121d8633921760443d9",
    "t10k-images-idx3-ubyte.gz": "5b4141f0afbad91edebe8549f8fcffe087ea10ca49f1dbef5c9a5cd8815ce37b",
    "t10k-labels-idx1-ubyte.gz": "0402a96d92fd2663957122ceb108a494c5af83dab82d92729df917d7dec38c34",
}


def test_from_a_mirror_to_arrays(drawn, known, tmp_path, settings):
    """On the published files where they are, else on drawn ones; the output says which."""
    real = real_mirror()
    held, digests = (real, {name: {"checksum": value} for name, value in PUBLISHED.items()}) if real else (drawn, known)
    print(f"ran on {'the published files in ' + str(real) if real else 'drawn files'}")
    fetch(mirror(held, digests), tmp_path / "raw")
    prepare(settings(test=20), tmp_path / "raw", tmp_path / "out")
    data = arrays.load(tmp_path / "out")
    assert data.shape == (28, 28, 1)
    assert np.bincount(data.test_labels).tolist() == [2] * 10
    assert len(data.train_images) == (60_000 if real else 30)
    if real:  # the statistics that everyone normalises Fashion-MNIST with
        assert (round(data.mean[0], 4), round(data.std[0], 4)) == (0.2860, 0.3530)


def test_archive_from_the_web_is_looked_into_before_it_is_accepted(site, tmp_path, archive):
    bad = archive(tmp_path / "bad.tar", {"../evil.png": b"x"}).read_bytes()
    good = archive(tmp_path / "good.tar", {"a/1.png": b"one", "b/2.png": b"two"}).read_bytes()
    site.content |= {"/bad/images.tar": bad, "/good/images.tar": good}
    known = {"images.tar": {"checksum": "md5:" + hashlib.md5(good, usedforsecurity=False).hexdigest()}}
    settings = {**web(known, site.url("/bad"), site.url("/good")), "raw": "own", "format": "folder"}
    fetch(settings, tmp_path / "out")
    assert (tmp_path / "out" / "images.tar").read_bytes() == good
    settings |= {"web": [site.url("/bad")], "files": {"images.tar": {"checksum": None}}}
    with pytest.raises(DownloadError, match="a name that leads out of the archive"):
        fetch(settings, tmp_path / "other")
    with pytest.raises(DataError, match="own: expected the names of files to download"):
        fetch(settings | {"files": {}}, tmp_path / "none")
