"""Downloads against a server that misbehaves in each way that networks and mirrors do."""

import gzip
import hashlib
import re

import pytest

from revisit.data import download as module
from revisit.data.download import download
from revisit.errors import DataError, DownloadError

CONTENT = bytes(range(256)) * 1000
SHA = hashlib.sha256(CONTENT).hexdigest()


def part_of(destination):
    return list(destination.parent.glob("*.part"))


def test_file_arrives_and_nothing_else_stays(site, tmp_path):
    site.content["/a"] = CONTENT
    download([site.url("/a")], tmp_path / "deep" / "a", SHA)
    assert (tmp_path / "deep" / "a").read_bytes() == CONTENT
    assert [path.name for path in (tmp_path / "deep").iterdir()] == ["a"]


def test_digest_is_that_of_the_unpacked_content(site, tmp_path):
    packed = gzip.compress(CONTENT, mtime=0)
    site.content["/a.gz"] = packed
    download([site.url("/a.gz")], tmp_path / "a.gz", SHA)
    assert (tmp_path / "a.gz").read_bytes() == packed


def test_broken_transfer_goes_on_where_it_stopped(site, tmp_path):
    site.content["/a"], site.etag["/a"], site.cut["/a"] = CONTENT, '"v1"', [100_000, 50_000]
    download([site.url("/a")], tmp_path / "a", SHA)
    assert (tmp_path / "a").read_bytes() == CONTENT
    assert site.seen == [("/a", None), ("/a", "bytes=100000-"), ("/a", "bytes=150000-")]


def stop_after(monkeypatch, site, path, size, destination):
    """A run that ends (as if killed) after `size` bytes of `path`."""
    site.cut[path] = [size]

    def killed(_seconds):
        raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr(module.time, "sleep", killed)
        with pytest.raises(KeyboardInterrupt):
            download([site.url(path)], destination, SHA)
    assert not destination.exists()
    assert [part.stat().st_size for part in part_of(destination)] == [size]
    site.seen.clear()


def test_part_of_a_killed_run_is_used(site, tmp_path, monkeypatch):
    site.content["/a"] = CONTENT
    stop_after(monkeypatch, site, "/a", 70_000, tmp_path / "a")
    download([site.url("/a")], tmp_path / "a", SHA)
    assert site.seen == [("/a", "bytes=70000-")]
    assert (tmp_path / "a").read_bytes() == CONTENT


def test_complete_part_needs_no_second_transfer(site, tmp_path, monkeypatch):
    site.content["/a"] = CONTENT
    stop_after(monkeypatch, site, "/a", 70_000, tmp_path / "a")
    part_of(tmp_path / "a")[0].write_bytes(CONTENT)
    download([site.url("/a")], tmp_path / "a", SHA)
    assert site.seen == [("/a", f"bytes={len(CONTENT)}-")]
    assert (tmp_path / "a").read_bytes() == CONTENT


def test_file_that_changed_meanwhile_starts_anew(site, tmp_path, monkeypatch):
    site.content["/a"], site.etag["/a"] = b"old" * 50_000, '"old"'
    stop_after(monkeypatch, site, "/a", 70_000, tmp_path / "a")
    site.content["/a"], site.etag["/a"] = CONTENT, '"new"'
    download([site.url("/a")], tmp_path / "a")
    assert (tmp_path / "a").read_bytes() == CONTENT
    assert len(site.seen) == 1


def test_server_without_ranges_sends_everything_again(site, tmp_path):
    site.content["/a"], site.cut["/a"] = CONTENT, [100_000]
    site.no_ranges.add("/a")
    download([site.url("/a")], tmp_path / "a", SHA)
    assert (tmp_path / "a").read_bytes() == CONTENT
    assert len(site.seen) == 2


def test_answer_with_another_range_is_not_appended(site, tmp_path, monkeypatch):
    site.content["/a"] = CONTENT
    stop_after(monkeypatch, site, "/a", 70_000, tmp_path / "a")
    site.shifted.add("/a")
    download([site.url("/a")], tmp_path / "a", SHA)
    assert (tmp_path / "a").read_bytes() == CONTENT
    assert site.seen == [("/a", "bytes=70000-"), ("/a", None)]


@pytest.mark.parametrize("length", [70_000, len(CONTENT), len(CONTENT) + 5])
def test_damaged_part_is_thrown_away_and_the_same_address_tried_again(site, tmp_path, monkeypatch, length):
    site.content["/a"] = CONTENT
    stop_after(monkeypatch, site, "/a", 70_000, tmp_path / "a")
    part_of(tmp_path / "a")[0].write_bytes(bytes(length))  # zeros, as after a power cut
    download([site.url("/a")], tmp_path / "a", SHA)
    assert (tmp_path / "a").read_bytes() == CONTENT
    assert site.seen[-1] == ("/a", None)


def test_parts_of_two_mirrors_do_not_mix(site, tmp_path):
    site.content |= {"/bad/a": b"x" * len(CONTENT), "/good/a": CONTENT}
    site.cut["/bad/a"] = [1000] * module.ATTEMPTS
    download([site.url("/bad/a"), site.url("/good/a")], tmp_path / "a", SHA)
    assert (tmp_path / "a").read_bytes() == CONTENT
    assert site.seen[-1] == ("/good/a", None)
    assert [path.name for path in tmp_path.iterdir()] == ["a"]


def test_wrong_bytes_then_the_next_mirror(site, tmp_path):
    site.content |= {"/bad/a": CONTENT[:-1] + b"!", "/good/a": CONTENT}
    download([site.url("/bad/a"), site.url("/good/a")], tmp_path / "a", SHA)
    assert (tmp_path / "a").read_bytes() == CONTENT
    assert [path for path, _ in site.seen] == ["/bad/a", "/good/a"]


def test_check_decides_where_no_digest_is_known(site, tmp_path):
    site.content |= {"/portal/a": b"<html>please log in</html>", "/good/a": CONTENT}

    def check(path):
        if path.read_bytes() != CONTENT:
            raise DataError(f"{path}: expected data, found a web page")

    download([site.url("/portal/a"), site.url("/good/a")], tmp_path / "a", check=check)
    assert (tmp_path / "a").read_bytes() == CONTENT
    with pytest.raises(DownloadError, match=r"/portal/a: expected data, found a web page"):
        download([site.url("/portal/a")], tmp_path / "b", check=check)


def test_damaged_gzip_is_refused_without_a_digest(site, tmp_path):
    site.content["/a.gz"] = gzip.compress(CONTENT)[:-1]
    with pytest.raises(DownloadError, match="damaged gzip"):
        download([site.url("/a.gz")], tmp_path / "a.gz")
    assert list(tmp_path.iterdir()) == []


def test_server_errors_are_tried_again_and_missing_files_are_not(site, tmp_path):
    site.content |= {"/a": CONTENT, "/b": CONTENT}
    site.status = {"/a": [503, 429, 500], "/b": [410]}
    download([site.url("/a")], tmp_path / "a", SHA)
    assert len(site.seen) == 4
    with pytest.raises(DownloadError, match="HTTP 410"):
        download([site.url("/b")], tmp_path / "b", SHA)
    assert len(site.seen) == 5


def test_endless_truncation_ends(site, tmp_path):
    site.content["/a"], site.cut["/a"] = CONTENT, [10] * 99
    with pytest.raises(DownloadError, match=r"10 bytes read, \d+ more expected\) \(4 attempts\)"):
        download([site.url("/a")], tmp_path / "a", SHA)
    assert len(site.seen) == module.ATTEMPTS


def test_waits_grow(site, tmp_path, monkeypatch):
    waits = []
    monkeypatch.setattr(module, "BACKOFF", 1.0)
    monkeypatch.setattr(module.time, "sleep", waits.append)
    site.status["/a"] = [503] * 9
    with pytest.raises(DownloadError):
        download([site.url("/a")], tmp_path / "a")
    assert waits == [1.0, 2.0, 4.0]


@pytest.mark.parametrize("target", ["ftp://127.0.0.1/a", "file:///etc/hostname", "gopher://x/", "http://[x/"])
def test_redirect_to_another_scheme_is_refused(site, tmp_path, target):
    site.redirect["/a"] = target
    with pytest.raises(DownloadError, match=r"not an http or https address|bad address or redirect"):
        download([site.url("/a")], tmp_path / "a")
    assert list(tmp_path.iterdir()) == []


def test_redirect_within_http_is_followed_and_a_circle_is_left(site, tmp_path):
    site.content["/b"] = CONTENT
    site.redirect = {"/a": "b", "/circle": "/circle"}
    download([site.url("/circle"), site.url("/a")], tmp_path / "a", SHA)
    assert (tmp_path / "a").read_bytes() == CONTENT
    assert len(site.seen) == module.REDIRECTS + 1 + 2


def test_redirect_from_https_to_http_is_refused():
    with pytest.raises(
        module._RefusedError, match=r"redirects from https to http://example\.org/a, which is not encrypted"
    ):
        module._target("https://example.org/a", "http://user:secret@example.org/a")
    assert module._target("http://example.org/a", "https://example.org/b") == "https://example.org/b"
    assert module._target("https://example.org/x/a", "../b") == "https://example.org/b"


@pytest.mark.parametrize("address", ["file:///etc/hostname", "ftp://example.org/a", "a/b", "", "http:///a"])
def test_only_http_addresses(address, tmp_path):
    with pytest.raises(DownloadError, match="not an http or https address"):
        download([address], tmp_path / "a")


@pytest.mark.parametrize("unmeasured", [False, True])
def test_size_is_bounded(site, tmp_path, unmeasured):
    site.content["/a"] = CONTENT
    if unmeasured:
        site.unmeasured.add("/a")
    with pytest.raises(DownloadError, match="more than the 1000"):
        download([site.url("/a")], tmp_path / "a", limit=1000)
    assert list(tmp_path.iterdir()) == []


def test_bomb_is_refused(site, tmp_path):
    site.content["/a.gz"] = gzip.compress(bytes(1 << 20))
    with pytest.raises(DownloadError, match="unpacks to more than the 100000 bytes"):
        download([site.url("/a.gz")], tmp_path / "a.gz", limit=100_000)


def test_file_without_a_length(site, tmp_path):
    site.content["/a"] = CONTENT
    site.unmeasured.add("/a")
    download([site.url("/a")], tmp_path / "a", SHA)
    assert (tmp_path / "a").read_bytes() == CONTENT


def test_when_all_fail_the_message_lists_each_address_and_the_remedy(site, tmp_path):
    site.content["/wrong"] = b"wrong"
    closed = "http://127.0.0.1:9/a"  # the discard port: nothing listens
    secret = site.url("/gone").replace("http://", "http://user:secret@")
    with pytest.raises(DownloadError) as caught:
        download([closed, secret, site.url("/wrong")], tmp_path / "data.gz", SHA)
    message = str(caught.value)
    lines = message.splitlines()
    assert lines[0] == "data.gz could not be downloaded:"
    assert re.match(rf"  {closed}: Failed to establish a new connection: .*refused.*\(4 attempts\)", lines[1])
    assert lines[2] == f"  {site.url('/gone')}: HTTP 404 Not Found"
    assert lines[3].startswith(f"  {site.url('/wrong')}: the content is not the expected one (SHA-256 ")
    assert "source: embedded" in lines[4]
    assert "source: mirror" in lines[4]
    assert "secret" not in message
    assert "0x" not in message
