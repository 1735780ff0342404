"""Downloads from servers that misbehave at random: they end with the right bytes or with one message, never otherwise.

    python tests/reliability/downloads.py --rounds 500 --seed 1

Each round a file is asked of one to three addresses of a web server on this machine, which answers a few requests
wrongly, mostly in one way, and then rightly. The download is run again after a failure, as a user would.
"""

import contextlib
import hashlib
import io
import random
import re
import socket
import struct
import sys
import tempfile
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from unittest import mock

sys.path.insert(0, str(Path(__file__).parent))

import outcome
from revisit.data import download as module
from revisit.data.download import download
from revisit.errors import DownloadError

STALL = 0.25  # seconds between two arrivals of bytes that the downloads of these tests accept
LARGEST = 300_000  # bytes of a file
TROUBLES = 6  # wrong answers in a round, at most
SECONDS = 30.0  # for a round
RUNS = TROUBLES + 2


class Handler(BaseHTTPRequestHandler):
    """Answers with `server.content`, and first in the ways that `server.troubles` lists."""

    protocol_version = "HTTP/1.1"

    def log_message(self, *_: object) -> None:
        pass

    def do_GET(self) -> None:
        server = self.server
        server.seen.append((self.path, self.headers.get("Authorization")))
        trouble = server.troubles.pop(0) if server.troubles else "none"
        body = server.content
        asked = re.fullmatch(r"bytes=(\d+)-", self.headers.get("Range", ""))
        start = int(asked[1]) if asked and trouble != "ignores the range" else 0
        if start and self.headers.get("If-Range") not in (None, server.tag):
            start = 0
        getattr(self, "_" + re.sub(r"\W", "_", trouble), self._none)(body, start)
        self.close_connection = True

    def _answer(self, body: bytes, start: int, length: int | None = -1, tag: str = "", shift: int = 0) -> None:
        if start >= len(body) and start:
            self._head(416, {"Content-Range": f"bytes */{len(body)}", "Content-Length": "0"})
            return
        headers = {"ETag": tag or self.server.tag, "Connection": "close"}
        if length is not None:
            headers["Content-Length"] = str(len(body) - start if length < 0 else length)
        if start:
            headers["Content-Range"] = f"bytes {start + shift}-{len(body) - 1}/{len(body)}"
        self._head(206 if start else 200, headers)
        self.wfile.write(body[start:])

    def _head(self, status: int, headers: dict[str, str]) -> None:
        self.send_response(status)
        for name, value in headers.items():
            self.send_header(name, value)
        self.end_headers()

    def _none(self, body: bytes, start: int) -> None:
        self._answer(body, start)

    def _part(self, body: bytes, start: int) -> bytes:
        return body[: random.randint(start, len(body))]

    def _ends_early(self, body: bytes, start: int) -> None:
        self._answer(self._part(body, start), start, len(body) - start)

    def _resets(self, body: bytes, start: int) -> None:
        self._ends_early(body, start)
        self.wfile.flush()
        self.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))

    def _stalls(self, body: bytes, start: int) -> None:
        self._ends_early(body, start)
        self.wfile.flush()
        time.sleep(2 * STALL)

    def _is_busy(self, *_: object) -> None:
        self._head(random.choice([408, 429, 500, 503]), {"Content-Length": "0"})

    def _is_gone(self, *_: object) -> None:
        self._head(random.choice([401, 403, 404, 410]), {"Content-Length": "0"})

    def _sends_other_bytes(self, body: bytes, start: int) -> None:
        self._answer(bytes(byte ^ 1 for byte in body) or b"x", start)

    def _sends_a_page(self, *_: object) -> None:
        self._answer(b"<html>please log in</html>", 0)

    def _sends_another_range(self, body: bytes, start: int) -> None:
        self._answer(body, start, shift=1)

    def _sends_too_much(self, body: bytes, start: int) -> None:
        self._answer(body + b"more", start)

    def _sends_no_length(self, body: bytes, start: int) -> None:
        self._answer(body, start, None)

    def _changes_the_file(self, body: bytes, start: int) -> None:
        self._answer(self._part(body, start), start, len(body) - start, tag='"other"')

    def _sends_odd_headers(self, body: bytes, start: int) -> None:
        self.server.tag = random.choice(['"\xe9"', '"a\tb"', "W/", '"' + "x" * 3000 + '"', ""])
        self._ends_early(body, start)

    def _speaks_otherwise(self, *_: object) -> None:
        endless = b"HTTP/1.1 200 OK\r\n" + b"a: b\r\n" * 999
        self.wfile.write(random.choice([b"", b"\0\xff\r\n\r\n", b"SSH-2.0-x\r\n", endless]))

    def _sends_elsewhere(self, *_: object) -> None:
        port = self.server.server_port
        places = [f"http://localhost:{port}/b", self.path, "file:///etc/hostname", "ftp://localhost/b", "http://[x/"]
        self._head(302, {"Location": random.choice(places), "Content-Length": "0"})


KINDS = [
    "ends early", "resets", "stalls", "is busy", "is gone", "sends other bytes", "sends a page", "sends another range",
    "sends too much", "sends no length", "changes the file", "ignores the range", "sends odd headers",
    "speaks otherwise", "sends elsewhere",
]  # fmt: skip


@contextmanager
def server() -> Iterator[ThreadingHTTPServer]:
    """A misbehaving server on this machine, and downloads that lose their patience sooner than usual."""
    patience = {"TIMEOUT": (2.0, STALL), "BACKOFF": 0.0, "HEADWAY": LARGEST // 4}
    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as started, mock.patch.multiple(module, **patience):
        started.handle_error = lambda *_: None  # the other side hung up
        started.content, started.tag, started.troubles, started.seen = b"", '"one"', [], []
        thread = threading.Thread(target=started.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        try:
            yield started
        finally:
            started.shutdown()
            thread.join()


def run(rounds: int, seed: int) -> list[outcome.Row]:
    """So many rounds; a row for each way to misbehave."""
    random.seed(seed)
    rows = {kind: {"attack": kind, "tried": 0, "at once": 0, "later": 0, "other": 0, "failures": []} for kind in KINDS}
    with server() as started, tempfile.TemporaryDirectory() as scratch:
        for number in range(rounds):
            row = rows[KINDS[number % len(KINDS)]]
            found = _round(started, row["attack"], Path(scratch, str(number)))
            row["tried"] += 1
            if found in ("at once", "later"):
                row[found] += 1
            else:
                row["other"] += 1
                row["failures"].append(f"round {number}: {found}")
            if number % 100 == 99:
                print(f"{number + 1}/{rounds}", file=sys.stderr, flush=True)
    return [row for row in rows.values() if row["tried"]]


def _round(started: ThreadingHTTPServer, kind: str, folder: Path) -> str:
    """`at once`, `later` (after being run again), or what must not be."""
    started.content = random.randbytes(random.choice([0, 1, 1000, LARGEST]))
    started.tag, started.seen = '"one"', []
    count = random.randint(1, TROUBLES)
    started.troubles = [kind if random.random() < 0.7 else random.choice(KINDS) for _ in range(count)]
    described = ", ".join(started.troubles)
    addresses = [f"http://127.0.0.1:{started.server_port}/{n}" for n in range(random.randint(1, 3))]
    destination = folder / "file.bin"
    checksum = hashlib.sha256(started.content).hexdigest()
    begun = time.monotonic()
    for attempt in range(RUNS):
        try:
            with contextlib.redirect_stderr(io.StringIO()):  # of progress
                download(addresses, destination, checksum)
        except DownloadError as error:
            if destination.exists() or "file.bin could not be downloaded" not in str(error):
                return f"left a file, or no message ({described}): {error}"
            continue
        except Exception as error:
            return f"{type(error).__name__} ({described}): {error}"
        left = sorted(path.name for path in folder.iterdir())
        if destination.read_bytes() != started.content or left != ["file.bin"]:
            return f"wrong bytes, or parts left over ({described}): {left}"
        if time.monotonic() - begun > SECONDS:
            return f"took {time.monotonic() - begun:.0f} s ({described})"
        return "later" if attempt else "at once"
    return f"never arrived ({described})"


if __name__ == "__main__":
    outcome.command(__doc__, run, {"rounds": 500, "seed": 1})
