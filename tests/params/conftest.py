"""Copies of the repository's params.yaml, changed by a test. They are JSON, which is YAML: written in no time."""

import copy
import json
from collections.abc import Callable
from functools import cache
from pathlib import Path
from typing import Any

import pytest
from ruamel.yaml import YAML

ROOT = Path(__file__).resolve().parents[2]
Document = dict[str, Any]


@cache
def repository() -> str:
    """The repository's params.yaml as JSON."""
    return json.dumps(YAML(typ="safe").load(ROOT / "params.yaml"), allow_nan=False)


def write(document: Document, path: Path) -> None:
    """Sorted by keys; as YAML proper where JSON cannot say it: infinity, and keys that are no text."""
    try:
        text = json.dumps(document, allow_nan=False, ensure_ascii=False, sort_keys=True)
        said = json.loads(text) == document
    except (TypeError, ValueError):
        said = False
    if said:
        path.write_text(text, encoding="utf-8")
    else:
        YAML(typ="safe").dump(document, path)


@pytest.fixture(scope="session")
def document() -> Callable[[], Document]:
    """`document()`: the repository's params.yaml, to be changed."""
    return lambda: json.loads(repository())


@pytest.fixture
def written(tmp_path: Path) -> Callable[[Document], Path]:
    """`written(document)`: a params.yaml that says so."""

    def get(document: Document) -> Path:
        write(document, tmp_path / "params.yaml")
        return tmp_path / "params.yaml"

    return get


@pytest.fixture
def edited(document: Callable[[], Document], written: Callable[[Document], Path]) -> Callable[[Document], Path]:
    """`edited(edits)`: the repository's params.yaml with values replaced; `edits`: place -> value.

    The value `...` takes the key away.
    """

    def get(edits: Document) -> Path:
        changed = document()
        for place, value in edits.items():
            section = changed
            *parents, last = place.split(".")
            for key in parents:
                section = section.setdefault(key, {})
            if value is ...:
                del section[last]
            else:
                section[last] = copy.deepcopy(value)
        return written(changed)

    return get
