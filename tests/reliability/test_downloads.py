"""A short run of `downloads.py`, and the misbehaviour whose course matters."""

import hashlib
import time

import pytest

import downloads
from revisit.data.download import download
from revisit.errors import DownloadError

CONTENT = bytes(range(256)) * 500


@pytest.fixture
def server():
    with downloads.server() as started:
        started.content = CONTENT
        yield started


@pytest.fixture(scope="module")
def rows():
    return {row["attack"]: row for row in downloads.run(rounds=2 * len(downloads.KINDS), seed=20190302)}


@pytest.mark.parametrize("kind", downloads.KINDS)
def test_a_server_that(rows, kind):
    assert rows[kind]["failures"] == []
    assert rows[kind]["at once"] + rows[kind]["later"] == 2


def get(server, path, destination, host="127.0.0.1"):
    checksum = hashlib.sha256(CONTENT).hexdigest()
    download([f"http://{host}:{server.server_port}{path}"], destination, checksum)


def test_a_stalling_server_is_left_in_time_and_what_came_is_kept(server, tmp_path, monkeypatch):
    monkeypatch.setattr(downloads.Handler, "_part", lambda self, body, start: body[:70_000])
    server.troubles = ["stalls"] * 9
    start = time.monotonic()
    with pytest.raises(DownloadError, match=r"timed out.*\(4 attempts\)"):
        get(server, "/a", tmp_path / "a")
    assert time.monotonic() - start < 20 * downloads.STALL
    kept = sum(path.stat().st_size for path in tmp_path.glob("*.part"))
    server.troubles = []
    get(server, "/a", tmp_path / "a")
    assert (tmp_path / "a").read_bytes() == CONTENT
    assert kept > 0


def test_a_redirect_to_another_host_does_not_carry_the_password(server, tmp_path, monkeypatch):
    places = {"Location": f"http://localhost:{server.server_port}/b", "Content-Length": "0"}
    monkeypatch.setattr(downloads.Handler, "_sends_elsewhere", lambda self, *_: self._head(302, places))
    server.troubles = ["sends elsewhere"]
    get(server, "/a", tmp_path / "a", host="user:secret@127.0.0.1")
    (first, password), *_, (second, none) = server.seen
    assert (first, second) == ("/a", "/b")
    assert password.startswith("Basic ")
    assert none is None
    assert (tmp_path / "a").read_bytes() == CONTENT
