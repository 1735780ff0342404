"""A web server of the test's own, on this machine; image files and archives made for a test."""

import io
import re
import tarfile
import threading
import zipfile
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import numpy as np
import pytest
from PIL import Image

from revisit.data import idx
from revisit.data.formats.idx import facts as idx_facts


class Site:
    """Paths with their content; each can misbehave. `seen` holds (path, Range header) of every request."""

    def __init__(self, address):
        self.address = address
        self.content: dict[str, bytes] = {}
        self.etag: dict[str, str] = {}
        self.redirect: dict[str, str] = {}
        self.status: dict[str, list[int]] = {}  # answered first, in turn
        self.cut: dict[str, list[int]] = {}  # bytes of the body to send before the connection ends, in turn
        self.no_ranges: set[str] = set()
        self.shifted: set[str] = set()  # ranges start a byte late
        self.unmeasured: set[str] = set()  # sent without a length
        self.seen: list[tuple[str, str | None]] = []

    def url(self, path):
        return f"{self.address}{path}"


class Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    site: Site

    def log_message(self, *_):
        pass

    def do_GET(self):
        site, path = self.site, self.path
        asked = self.headers.get("Range")
        site.seen.append((path, asked))
        if path in site.redirect:
            return self.answer(302, b"", {"Location": site.redirect[path]})
        if site.status.get(path):
            return self.answer(site.status[path].pop(0), b"")
        if path not in site.content:
            return self.answer(404, b"gone")
        body, headers = site.content[path], {}
        tag = site.etag.get(path)
        if tag:
            headers["ETag"] = tag
        start = int(re.fullmatch(r"bytes=(\d+)-", asked)[1]) if asked and path not in site.no_ranges else 0
        if start and tag and self.headers.get("If-Range") not in (None, tag):
            start = 0
        if start >= len(body) and start:
            return self.answer(416, b"", {"Content-Range": f"bytes */{len(body)}"})
        start += bool(start and path in site.shifted)
        if start:
            headers["Content-Range"] = f"bytes {start}-{len(body) - 1}/{len(body)}"
        return self.answer(206 if start else 200, body[start:], headers)

    def answer(self, status, body, headers=()):
        self.send_response(status)
        for name, value in dict(headers).items():
            self.send_header(name, value)
        self.send_header("Connection", "close")
        if not (self.path in self.site.unmeasured and status == 200):
            self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        cut = self.site.cut.get(self.path)
        self.wfile.write(body[: cut.pop(0)] if cut and status in (200, 206) else body)


@pytest.fixture
def site(monkeypatch):
    for name in ("http_proxy", "HTTP_PROXY", "all_proxy", "ALL_PROXY"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setattr("revisit.data.download.BACKOFF", 0.0)
    handler = type("SiteHandler", (Handler,), {})
    with ThreadingHTTPServer(("127.0.0.1", 0), handler) as server:
        handler.site = Site(f"http://127.0.0.1:{server.server_port}")
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        yield handler.site
        server.shutdown()
        thread.join()


@pytest.fixture
def picture():
    """Makes the bytes of an image file of one colour: picture((r, g, b), (width, height), "PNG")."""

    def make(colour=(10, 20, 30), size=(6, 6), kind="PNG", **options):
        stream = io.BytesIO()
        Image.new("RGB", size, tuple(colour)).save(stream, kind, **options)
        return stream.getvalue()

    return make


@pytest.fixture
def archive():
    """Packs {name: bytes} into a .tar, .tar.gz or .zip, in the order given."""

    def make(path, files):
        path.parent.mkdir(parents=True, exist_ok=True)
        if path.suffix == ".zip":
            with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as packed:
                for name, data in files.items():
                    packed.writestr(name, data)
            return path
        with tarfile.open(path, "w:gz" if path.name.endswith("gz") else "w") as packed:
            for name, data in files.items():
                member = tarfile.TarInfo(name)
                member.size = len(data)
                packed.addfile(member, io.BytesIO(data))
        return path

    return make


@pytest.fixture
def idx_files(tmp_path):
    """A folder with the four files of a small IDX data set: 60 and 30 random images of 4 x 5, three classes."""
    folder = tmp_path / "raw"
    folder.mkdir()
    (folder / "provenance.json").write_text('{"provenance": "copy"}')
    random = np.random.default_rng(5)
    for split, count in (("train", 60), ("test", 30)):
        idx.write(folder / idx_facts.IMAGES[split], random.integers(0, 256, (count, 4, 5), np.uint8))
        idx.write(folder / idx_facts.LABELS[split], np.arange(count, dtype=np.uint8) % 3)
    return folder


@pytest.fixture
def settings():
    """Settings of `prepare` for a small data set; `settings(train=5)` gives others."""

    def make(**other):
        return {
            "dataset": "tiny", "raw": "tiny", "format": "idx", "classes": None, "size": None, "train": None,
            "test": None, "test_share": 0.25, "test_from_train": False, "splits": {"train": "train", "test": "val"},
            "seed": 0, "source": "mirror", **other,
        }  # fmt: skip

    return make
