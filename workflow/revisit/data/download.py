"""Downloads that survive bad networks, kills and bad mirrors.

What has arrived lies in `<destination>.<address>.part` until its content is verified; a later run goes on
where it stopped (HTTP Range, RFC 9110 section 14; `If-Range` with the server's validator, so that a file
that changed meanwhile starts anew). Each address has its own part: bytes of two mirrors never mix.
"""

import hashlib
import json
import os
import re
import time
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import urljoin, urlsplit, urlunsplit

from revisit import progress
from revisit.data import content
from revisit.errors import DataError, DownloadError

if TYPE_CHECKING:
    import requests

LIMIT = 4 << 30  # bytes, of the file and of its uncompressed content
TIMEOUT = (10.0, 30.0)  # seconds to connect, and between two arrivals of bytes
ATTEMPTS = 4  # per address, each with less than `HEADWAY` bytes of progress
HEADWAY = 1 << 20
BACKOFF = 1.0  # seconds before the second attempt, doubled before each further one
REDIRECTS = 5
CHUNK = 1 << 16
TRY_AGAIN = {408, 425, 429, 500, 502, 503, 504}
REMEDY = (
    "check the network and run again (what has arrived is kept), or in params.yaml set `source: embedded`, "
    "or `source: mirror` with a folder that holds the files"
)


class _RefusedError(Exception):
    """This address will not give the file: go to the next one."""


class _InterruptedError(Exception):
    """The transfer broke off: try the same address again."""


class _DamagedError(Exception):
    """All bytes are here and they are not the file."""


def download(
    addresses: list[str],
    destination: str | Path,
    checksum: str | None = None,
    check: Callable[[Path], Any] | None = None,
    limit: int = LIMIT,
) -> None:
    """Put the file from the first address that has it at `destination`, verified before it is moved there.

    `addresses`: http(s) addresses of the same content, tried in order. `checksum`: as in `content.mismatch`.
    `check(path)`: a further test that raises DataError. `limit`: the most bytes to accept, before and after
    unpacking.

    Raises DownloadError naming every address with what went wrong there, and the remedy.
    """
    destination = Path(destination)
    destination.parent.mkdir(parents=True, exist_ok=True)
    failures = []
    for address in addresses:
        part = _Part(destination, address)
        try:
            _download_one(address, part, lambda path: _verify(path, checksum, check, limit), limit)
        except _RefusedError as failure:
            failures.append(f"  {_shown(address)}: {failure}")
            continue
        os.replace(part.path, destination)
        for other in addresses:
            _Part(destination, other).remove()
        return
    raise DownloadError(f"{destination.name} could not be downloaded:\n" + "\n".join(failures) + f"\n{REMEDY}")


class _Part:
    """The bytes of one address that have arrived, and what identifies the version they are from."""

    def __init__(self, destination: Path, address: str) -> None:
        key = hashlib.sha256(address.encode()).hexdigest()[:12]
        self.name = destination.name
        self.path = destination.with_name(f"{destination.name}.{key}.part")
        self._note = destination.with_name(f"{destination.name}.{key}.json")

    @property
    def size(self) -> int:
        return self.path.stat().st_size if self.path.is_file() else 0

    @property
    def validator(self) -> str | None:
        """A strong ETag or a date, to be sent as `If-Range`."""
        with suppress(OSError, ValueError):
            value = json.loads(self._note.read_text())
            return value if isinstance(value, str) else None
        return None

    def begin(self, validator: str | None) -> None:
        self.remove()
        self._note.write_text(json.dumps(validator))
        self.path.touch()

    def remove(self) -> None:
        self.path.unlink(missing_ok=True)
        self._note.unlink(missing_ok=True)


def _download_one(address: str, part: _Part, verify: Callable[[Path], None], limit: int) -> None:
    failures, reached, second_chance = 0, part.size, True
    while True:
        before = part.size
        try:
            _transfer(address, part, limit)
            verify(part.path)
            return
        except _DamagedError as damage:
            part.remove()
            if not (before and second_chance):  # only what was resumed may be worth another transfer, from the start
                raise _RefusedError(str(damage)) from None
            reached, second_chance = 0, False
        except _InterruptedError as interruption:
            failures = 1 if part.size - reached >= HEADWAY else failures + 1
            reached = max(reached, part.size)
            if failures >= ATTEMPTS:
                raise _RefusedError(f"{interruption} ({failures} attempts)") from None
            time.sleep(BACKOFF * 2 ** (failures - 1))


def _transfer(address: str, part: _Part, limit: int) -> None:
    """Fetch what is missing of the part. Returns when the server says that this is the end of the file."""
    import requests
    import urllib3

    have = part.size
    headers = {"Accept-Encoding": "identity", "User-Agent": "revisit"}
    if have:
        headers["Range"] = f"bytes={have}-"
        if part.validator:
            headers["If-Range"] = part.validator
    try:
        with requests.Session() as session, _open(session, address, headers) as response:
            start, total = _place(response, have)
            if start is None:  # nothing follows what we have
                if total == have:
                    return
                part.remove()
                raise _InterruptedError(f"answered a request from byte {have} on with another range")
            if total is not None and total > limit:
                raise _RefusedError(f"the file has {total} bytes, more than the {limit} allowed")
            if start == 0:
                part.begin(_validator(response))
            with open(part.path, "ab") as stream, progress.bar(total, part.name, "B", initial=start) as bar:
                size = start
                for chunk in response.raw.stream(CHUNK, decode_content=False):  # bytes as stored, gzip included
                    size += len(chunk)
                    if size > limit:
                        break
                    stream.write(chunk)
                    bar.update(len(chunk))
                stream.flush()
                os.fsync(stream.fileno())
    except (requests.RequestException, urllib3.exceptions.HTTPError) as error:
        raise _reason(error) from None
    except ValueError as error:  # requests and urllib3 on an address that cannot be taken apart
        raise _RefusedError(f"a bad address or redirect ({error})") from None
    if size > limit:
        part.remove()
        raise _RefusedError(f"the file has more than the {limit} bytes allowed")
    if total is not None and size != total:
        raise _InterruptedError(f"the connection ended after {size} of {total} bytes")


def _open(session: "requests.Session", address: str, headers: dict[str, str]) -> "requests.Response":
    """Send the request, following redirects only within http(s) and never from https to http."""
    for _ in range(REDIRECTS + 1):
        _allow(address)
        response = session.get(address, headers=headers, stream=True, timeout=TIMEOUT, allow_redirects=False)
        if response.status_code in (301, 302, 303, 307, 308) and "Location" in response.headers:
            response.close()
            address = _target(address, response.headers["Location"])
            continue
        if response.status_code in (200, 206, 416):
            return response
        response.close()
        said = f"HTTP {response.status_code} {response.reason or ''}".rstrip()
        raise _InterruptedError(said) if response.status_code in TRY_AGAIN else _RefusedError(said)
    raise _RefusedError(f"more than {REDIRECTS} redirects")


def _target(address: str, location: str) -> str:
    try:
        target = urljoin(address, location)
    except ValueError:
        raise _RefusedError(f"redirects to {location!r}, which is no address") from None
    _allow(target)
    if urlsplit(address).scheme == "https" and urlsplit(target).scheme != "https":
        raise _RefusedError(f"redirects from https to {_shown(target)}, which is not encrypted")
    return target


def _allow(address: str) -> None:
    try:
        scheme, host = urlsplit(address).scheme, urlsplit(address).hostname
    except ValueError:
        scheme, host = "", None
    if scheme not in ("http", "https") or not host:
        raise _RefusedError(f"{_shown(address)} is not an http or https address")


def _place(response: "requests.Response", have: int) -> tuple[int | None, int | None]:
    """Where the response starts in the file (None: not where asked for) and the file's size where it is told."""
    if response.status_code == 200:
        length = re.fullmatch(r"[0-9]{1,18}", response.headers.get("Content-Length", ""))
        return 0, int(length[0]) if length else None
    said = response.headers.get("Content-Range", "")
    if response.status_code == 416:
        total = re.fullmatch(r"bytes \*/([0-9]{1,18})", said)
        return None, int(total[1]) if total else None
    told = re.fullmatch(r"bytes ([0-9]{1,18})-[0-9]{1,18}/([0-9]{1,18}|\*)", said)
    if not told or int(told[1]) != have:
        return None, None
    return have, None if told[2] == "*" else int(told[2])


def _validator(response: "requests.Response") -> str | None:
    tag = response.headers.get("ETag", "")
    found = tag if tag.startswith('"') else response.headers.get("Last-Modified")
    return found if found and found.isascii() and found.isprintable() else None  # else it could not be sent back


def _reason(error: Exception) -> Exception:
    import requests

    lasting = (requests.exceptions.InvalidURL, requests.exceptions.InvalidSchema, requests.exceptions.SSLError)
    if isinstance(error, lasting):
        return _RefusedError(_brief(error))
    return _InterruptedError(_brief(error))


def _brief(error: BaseException) -> str:
    """What happened, from the innermost cause, without the names of urllib3's objects."""
    while error.args and isinstance(error.args[0], Exception):
        error = getattr(error.args[0], "reason", None) or error.args[0]
    text = ""
    for said in map(str, error.args):
        text += "" if said in text else f" {said}"
    return re.sub(r"HTTPS?Connection(Pool)?\(.*?\): ", "", text).strip()[:200] or type(error).__name__


def _shown(address: str) -> str:
    """The address without a password."""
    try:
        parts = urlsplit(address)
    except ValueError:
        return address
    return urlunsplit(parts._replace(netloc=parts.netloc.rpartition("@")[2])) if "@" in parts.netloc else address


def _verify(path: Path, checksum: str | None, check: Callable[[Path], Any] | None, limit: int) -> None:
    try:
        difference = content.mismatch(path, checksum, limit)
        if difference:
            raise _DamagedError(f"the content is not the expected one ({difference})")
        if check is not None:
            check(path)
    except DataError as error:
        raise _DamagedError(str(error).replace(f"{path}: ", "")) from None
