"""Whose data and weights are: what `fetch` records for each source and format, what reads it, what is inherited."""

import hashlib
import itertools
import json
import shutil

import pytest
from hypothesis import given
from hypothesis import strategies as st

from revisit.data import arrays, provenance
from revisit.data.fetch import fetch
from revisit.data.formats.idx import facts as idx_facts
from revisit.data.prepare import prepare
from revisit.errors import ArtifactError, DataError, DownloadError

MEMBERS = {"a/1.png": b"one", "b/2.png": b"two"}
FORMATS = ["cifar", "voc", "folder"]  # those whose mirror may hold other files than the published ones


def sha256(content):
    return hashlib.sha256(content).hexdigest()


def settings_of(kind, source, checksums, **place):
    files = {name: {"checksum": checksum} for name, checksum in checksums.items()}
    return {"raw": "own", "format": kind, "classes": None, "source": source, "files": files, **place}


def recorded(folder):
    """The record of `fetch`, and no other bytes than those of its value."""
    content = (folder / "provenance.json").read_bytes()
    value = json.loads(content)["provenance"]
    assert content == f'{{\n  "provenance": "{value}"\n}}\n'.encode()
    return value


@pytest.fixture
def mirror_of(tmp_path):
    """What is recorded when `fetch` takes files from the folder `tmp_path/held`."""

    def run(kind, checksums, out="out"):
        fetch(settings_of(kind, "mirror", checksums, mirror=str(tmp_path / "held")), tmp_path / out)
        return recorded(tmp_path / out)

    return run


@pytest.fixture
def idx_contents():
    """The four files of an IDX data set, unpacked, under their published names."""
    contents = {}
    for split, count in (("train", 4), ("test", 2)):
        head = (0, 0, 8, 3, 0, 0, 0, count, 0, 0, 0, 1, 0, 0, 0, 1)
        contents[idx_facts.IMAGES[split]] = bytes(head) + bytes(count)
        contents[idx_facts.LABELS[split]] = bytes((0, 0, 8, 1, 0, 0, 0, count)) + bytes([0, 1] * (count // 2))
    return contents


@pytest.mark.parametrize("kind", FORMATS)
def test_published_archives_in_a_mirror(mirror_of, tmp_path, archive, kind):
    one = archive(tmp_path / "held" / "one.tar", MEMBERS).read_bytes()
    two = archive(tmp_path / "held" / "two.zip", MEMBERS).read_bytes()
    md5 = "md5:" + hashlib.md5(two, usedforsecurity=False).hexdigest()
    archive(tmp_path / "held" / "another.zip", MEMBERS)  # it is not taken
    assert mirror_of(kind, {"one.tar": sha256(one), "two.zip": md5}) == "published"


@pytest.mark.parametrize("kind", FORMATS)
def test_one_file_without_a_checksum_makes_all_of_a_mirror_a_copy(mirror_of, tmp_path, archive, kind):
    one = archive(tmp_path / "held" / "one.tar", MEMBERS).read_bytes()
    archive(tmp_path / "held" / "two.zip", MEMBERS)
    assert mirror_of(kind, {"one.tar": sha256(one), "two.zip": None}) == "copy"


@pytest.mark.parametrize("kind", FORMATS)
def test_a_published_archive_beside_another_one_that_is_taken_is_a_copy(mirror_of, tmp_path, archive, kind):
    one = archive(tmp_path / "held" / "one.tar", MEMBERS).read_bytes()
    archive(tmp_path / "held" / "mine.zip", MEMBERS)
    assert mirror_of(kind, {"one.tar": sha256(one), "two.zip": "0" * 64}) == "copy"
    (tmp_path / "held" / "mine.zip").unlink()  # now a part of the published files, and nothing else
    assert mirror_of(kind, {"one.tar": sha256(one), "two.zip": "0" * 64}, "part") == "copy"


@pytest.mark.parametrize("kind", FORMATS)
@pytest.mark.parametrize("checksums", [{}, {"published.tar": "0" * 64}])
def test_archives_packed_anew_and_folders_are_a_copy(mirror_of, tmp_path, archive, picture, kind, checksums):
    held = archive(tmp_path / "held" / "mine.tar.gz", MEMBERS)
    assert mirror_of(kind, checksums) == "copy"
    held.unlink()
    for name in MEMBERS:
        (tmp_path / "held" / name).parent.mkdir()
        (tmp_path / "held" / name).write_bytes(picture())
    assert mirror_of(kind, checksums, "folders") == "copy"


def test_idx_files_of_a_mirror(mirror_of, tmp_path, idx_contents):
    (tmp_path / "held").mkdir()
    for name, content in idx_contents.items():
        (tmp_path / "held" / name.removesuffix(".gz")).write_bytes(content)
    known = {name: sha256(content) for name, content in idx_contents.items()}
    assert mirror_of("idx", known) == "published"
    assert mirror_of("idx", {**known, idx_facts.LABELS["test"]: None}, "unknown") == "copy"


def test_a_file_that_is_refused_leaves_no_record(mirror_of, tmp_path, archive):
    archive(tmp_path / "held" / "one.tar", MEMBERS)
    with pytest.raises(DataError, match="expected the published content"):
        mirror_of("folder", {"one.tar": "0" * 64})
    assert not (tmp_path / "out" / "provenance.json").exists()


@pytest.mark.parametrize("kind", [*FORMATS, "idx"])
@pytest.mark.parametrize(
    ("source", "known", "expected"),
    [
        ("mirror", "all", "published"),
        ("mirror", "some", "copy"),
        ("mirror", "none", "copy"),
        ("web", "all", "published"),
        ("web", "some", "published"),
        ("web", "none", "published"),  # the publisher gives no checksum: it is the publisher's address
    ],
)
def test_files_from_an_address(site, tmp_path, archive, idx_contents, kind, source, known, expected):
    contents = idx_contents if kind == "idx" else {}
    for name in ("one.tar", "two.tar") if kind != "idx" else ():
        contents[name] = archive(tmp_path / name, MEMBERS).read_bytes()
    site.content |= {f"/there/{name}": content for name, content in contents.items()}
    unknown = {"all": [], "some": list(contents)[:1], "none": list(contents)}[known]
    checksums = {name: None if name in unknown else sha256(content) for name, content in contents.items()}
    place = {"mirror": site.url("/there")} if source == "mirror" else {"web": [site.url("/there/")]}
    fetch(settings_of(kind, source, checksums, **place), tmp_path / "out")
    assert recorded(tmp_path / "out") == expected


@pytest.mark.parametrize("source", ["mirror", "web"])
def test_another_file_at_an_address_leaves_no_record(site, tmp_path, archive, source):
    site.content["/there/one.tar"] = archive(tmp_path / "one.tar", MEMBERS).read_bytes()
    place = {"mirror": site.url("/there")} if source == "mirror" else {"web": [site.url("/there")]}
    with pytest.raises(DownloadError, match="not the expected one"):
        fetch(settings_of("folder", source, {"one.tar": "0" * 64}, **place), tmp_path / "out")
    assert not (tmp_path / "out" / "provenance.json").exists()


def test_drawn_files(tmp_path):
    embedded = {"drawing": "digits", "train": 20, "test": 10}
    settings = {"raw": "mnist", "format": "idx", "classes": None, "source": "embedded", "embedded": embedded, "seed": 0}
    fetch(settings, tmp_path / "out")
    assert recorded(tmp_path / "out") == "drawn"


def test_raw_data_of_another_tree_serve_as_a_mirror(mirror_of, tmp_path, archive):
    """The record there is not taken for a data file, nor for ours."""
    archive(tmp_path / "held" / "mine.zip", MEMBERS)
    (tmp_path / "held" / "provenance.json").write_text('{"provenance": "published"}')
    assert mirror_of("folder", {}) == "copy"
    assert sorted(path.name for path in (tmp_path / "out").iterdir()) == ["mine.zip", "provenance.json"]


@pytest.mark.parametrize("value", ["published", "copy", "drawn"])
def test_arrays_have_the_provenance_of_their_files(idx_files, tmp_path, settings, value):
    (idx_files / "provenance.json").write_text(json.dumps({"provenance": value}))
    prepare(settings(train=5), idx_files, tmp_path / "out")
    assert arrays.load(tmp_path / "out").provenance == value


@pytest.mark.parametrize("kind", [*FORMATS, "idx"])
def test_files_of_an_older_version_are_to_be_fetched_again(idx_files, tmp_path, archive, settings, kind):
    (idx_files / "provenance.json").unlink()
    archive(idx_files / "a.tar", MEMBERS)
    with pytest.raises(ArtifactError, match=r"raw/provenance\.json: missing, .*: get .* `dvc repro --force fetch@raw`"):
        prepare(settings(format=kind), idx_files, tmp_path / "out")
    assert not (tmp_path / "out").exists()


HOSTILE = {
    "nothing": "",
    "no JSON": "published",
    "no mapping": '"published"',
    "a list": '["published"]',
    "another key": '{"source": "published"}',
    "another value": '{"provenance": "Published"}',
    "null": '{"provenance": null}',
    "a list of values": '{"provenance": ["published"]}',
    "a number": '{"provenance": 0}',
    "deep nesting": "[" * 100_000,
    "no text": "\udcff",
}


@pytest.mark.parametrize("attack", HOSTILE)
def test_a_damaged_or_forged_record(idx_files, tmp_path, settings, attack):
    (idx_files / "provenance.json").write_bytes(HOSTILE[attack].encode(errors="surrogateescape"))
    with pytest.raises(ArtifactError, match=r"raw/provenance\.json: damaged .*: get .* `dvc repro --force fetch@raw`"):
        prepare(settings(), idx_files, tmp_path / "out")


def test_a_folder_in_the_place_of_the_record(idx_files, tmp_path, settings):
    (idx_files / "provenance.json").unlink()
    (idx_files / "provenance.json").mkdir()
    with pytest.raises(ArtifactError, match=r"provenance\.json: damaged \(IsADirectoryError"):
        prepare(settings(), idx_files, tmp_path / "out")


@pytest.mark.parametrize("kind", FORMATS)
def test_the_record_is_read_as_data_by_no_format(tmp_path, kind, settings):
    (tmp_path / "raw").mkdir()
    (tmp_path / "raw" / "provenance.json").write_text('{"provenance": "copy"}')
    with pytest.raises(DataError, match=r"expected an archive .* found none"):
        prepare(settings(format=kind), tmp_path / "raw", tmp_path / "out")


def test_the_worst_of_two():
    better = ["published", "copy", "drawn"]
    for one, other in itertools.product(range(3), repeat=2):
        assert provenance.worst(better[one], better[other]) == better[max(one, other)]
    assert provenance.worst() is provenance.worst(None, None) is None
    assert provenance.worst(None, "copy", None, "published") == "copy"
    with pytest.raises(ValueError, match="not in tuple"):
        provenance.worst("other", "published")


@pytest.mark.parametrize(
    ("data", "weights", "expected"),
    [
        (None, "published", "published"),  # pretrained, the publisher's
        (None, "copy", "copy"),  # pretrained, from a mirror
        ("drawn", None, "drawn"),  # trained here on drawn data
        ("drawn", "drawn", "drawn"),
        ("published", None, "published"),  # trained here on published data
        ("published", "copy", "copy"),  # finetuned
        ("copy", "published", "copy"),
        ("published", "drawn", "drawn"),
    ],
)
def test_a_training_inherits_the_worst_of_what_it_starts_from(data, weights, expected):
    description = {"model": "lenet", "provenance": {"data": data, "weights": weights}}
    assert provenance.of_start(description) == expected
    assert provenance.of_network(description) == {"data": data, "weights": weights}


@pytest.mark.parametrize(
    "description",
    [
        {},
        {"provenance": None},
        {"provenance": "published"},
        {"provenance": {}},
        {"provenance": {"data": None, "weights": None}},
        {"provenance": {"weights": "published"}},
        {"provenance": {"data": "published", "weights": "mine"}},
        {"provenance": {"data": ["published"], "weights": "published"}},
        {"provenance": {"data": None, "weights": "published", "more": 1}},
    ],
)
def test_a_network_that_does_not_say_it_may_be_a_stand_in(description):
    assert provenance.of_network(description) == {"data": "drawn", "weights": "drawn"}
    assert provenance.of_start(description) == "drawn"


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.sampled_from(["published", "copy", "drawn", ""]),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from(["data", "weights", "x"]), inner),
)


@given(JSON)
def test_whatever_a_description_says_something_is_inherited(value):
    assert provenance.of_start({"provenance": value}) in ("published", "copy", "drawn")


def test_the_same_data_from_a_mirror_and_drawn_differ_in_the_record_alone(idx_files, tmp_path, settings):
    shutil.copytree(idx_files, tmp_path / "other")
    (tmp_path / "other" / "provenance.json").write_text('{"provenance": "drawn"}')
    prepare(settings(), idx_files, tmp_path / "one")
    prepare(settings(), tmp_path / "other", tmp_path / "two")
    one, two = (json.loads((tmp_path / name / "meta.json").read_text()) for name in ("one", "two"))
    assert (one.pop("provenance"), two.pop("provenance")) == ("copy", "drawn")
    assert one == two
