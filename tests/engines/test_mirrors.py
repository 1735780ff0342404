"""Which mirrors the engines take for changed, and what Snakemake's words force."""

import json
from types import SimpleNamespace

import pytest

from revisit import paths
from revisit.data import listing
from revisit_engines import mirrors, staleness


@pytest.fixture
def settings(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "mirror/cats").mkdir(parents=True)
    (tmp_path / "mirror/cats/1.png").write_bytes(b"1")
    return {"raw": "mine", "source": "mirror", "mirror": "mirror", "files": {}}


RECORD = paths.config("fetch", "mine")


def record(settings):
    RECORD.parent.mkdir(parents=True, exist_ok=True)
    RECORD.write_text(json.dumps({"settings": settings, "code": {}}))


def test_a_record_holds_until_a_file_is_added_replaced_or_removed(settings, tmp_path):
    def listed():
        found = mirrors.listed(RECORD, settings)
        record(found)
        assert not list(mirrors.changed())
        return found[listing.KEY]

    seen = [listed()]
    for edit in (
        lambda: (tmp_path / "mirror/cats/2.png").write_bytes(b"2"),
        lambda: (tmp_path / "mirror/cats/2.png").write_bytes(b"3"),
        lambda: (tmp_path / "mirror/cats/2.png").rename(tmp_path / "mirror/3.png"),
        lambda: (tmp_path / "mirror/3.png").unlink(),
    ):
        edit()
        assert list(mirrors.changed()) == [RECORD]
        mirrors.forget_changed()
        assert not RECORD.exists()
        seen.append(listed())
    assert len(set(seen)) == 4  # the last is as the first
    (tmp_path / "mirror/cats/.DS_Store").touch()
    assert not list(mirrors.changed())


def test_of_published_files_others_beside_them_are_no_change(settings, tmp_path):
    settings["files"] = {"a.tar.gz": {"checksum": None}}
    (tmp_path / "mirror/a.tar").touch()  # packed or plain
    before = listing.of(settings)
    (tmp_path / "mirror/notes.txt").touch()
    assert listing.of(settings) == before
    (tmp_path / "mirror/a.tar").write_bytes(b"x")
    assert listing.of(settings) != before


def test_a_mirror_that_is_not_there_is_as_it_was(settings, tmp_path):
    record(found := mirrors.listed(RECORD, settings))
    (tmp_path / "mirror").rename(tmp_path / "elsewhere")
    assert mirrors.listed(RECORD, settings) == found
    assert not list(mirrors.changed())
    assert mirrors.listed(RECORD, settings | {"mirror": "other"}) == settings | {"mirror": "other"}  # another one


def test_a_record_of_an_older_version_is_made_again(settings):
    record(settings)
    assert list(mirrors.changed()) == [RECORD]


@pytest.mark.parametrize(
    ("words", "meant"), [({"fetch"}, True), ({"data/raw/mine"}, True), ({"fetc", "prepare", "data/raw"}, False)]
)
def test_what_snakemake_is_told_to_force(words, meant):
    stage = SimpleNamespace(addressing="fetch@mine", outs=[SimpleNamespace(def_path="data/raw/mine")])
    assert staleness._means(words, stage) == meant
