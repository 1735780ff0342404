"""What every page of a report must be: alone, offline, linked soundly, small."""

import base64
import hashlib
from collections.abc import Mapping
from pathlib import Path
from typing import Any

BUDGET, OPENING = 2_000_000, 1_000_000  # bytes of a page, and of the one that opens the report


def check(folder: Path, elements: type) -> dict[str, Any]:
    """Check all pages of a report; their elements by the names of the files.

    `elements`: the class `Elements` of elements.py.
    """
    texts = {path.name: path.read_text(encoding="utf-8") for path in sorted(folder.glob("*.html"))}
    assert "index.html" in texts
    pages = {name: elements(text) for name, text in texts.items()}
    ids = {name: _ids(page) for name, page in pages.items()}
    for name, page in pages.items():
        assert len(texts[name].encode()) < (OPENING if name == "index.html" else BUDGET), name
        assert "@import" not in texts[name]
        assert len(ids[name]) == len(set(ids[name])), name
        _check_policy(page)
        for tag, attributes in page.found:
            assert not any(key.startswith("on") for key in attributes), (name, tag)
            assert tag != "img" or "alt" in attributes, name
            labels = attributes.get("aria-labelledby", "").split()
            assert set(labels) <= set(ids[name]), (name, tag, labels)
            for key in ("src", "href", "xlink:href"):
                _check_address(folder, name, ids, tag, attributes.get(key, ""))
    return pages


def _ids(page: Any) -> list[str]:
    return [attributes["id"] for _, attributes in page.found if "id" in attributes]


def _check_policy(page: Any) -> None:
    """The policy allows the page's own script and no network."""
    policy = next(a["content"] for tag, a in page.found if a.get("http-equiv") == "Content-Security-Policy")
    assert "default-src 'none'" in policy
    assert "connect-src" not in policy
    digest = base64.b64encode(hashlib.sha256(page.scripts[-1].encode()).digest()).decode()
    assert f"script-src 'sha256-{digest}'" in policy


def _check_address(folder: Path, name: str, ids: Mapping[str, list[str]], tag: str, address: str) -> None:
    """A page loads nothing; its links lead to an element, to another page or an element of one, or to a table."""
    if not address or address.startswith("data:image/webp;base64,"):
        return
    file, hashed, fragment = address.partition("#")
    assert not file or tag == "a", (name, tag, address)
    assert not hashed or fragment in ids.get(file or name, ()), (name, address)
    assert not file or file in ids or (file.startswith("data/") and (folder / file).is_file()), (name, address)
