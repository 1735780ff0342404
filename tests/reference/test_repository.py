"""The reference results of this repository, and what is written about them."""

import importlib.util
from pathlib import Path

import pytest

from revisit.params.load import load
from revisit.params.resolve import asked
from revisit.reference import check, store, thin
from revisit.scales import REAL

ROOT = Path(__file__).parents[2]
SIZE = 20_000_000  # bytes of all of them


@pytest.fixture(autouse=True)
def at_home(monkeypatch):
    monkeypatch.chdir(ROOT)


@pytest.fixture(scope="module")
def params():
    return load(ROOT / "params.yaml")


@pytest.mark.parametrize("name", store.names(ROOT / store.FOLDER))
def test_each_is_whole_and_answers_what_is_asked_for_today(params, name):
    """Analyses that it was kept without may be missing; what it has has today's settings."""
    found = check.look(name, {scale: asked(params, name, scale) for scale in REAL})
    if found.status is check.Status.PARTIAL:
        assert all(each.endswith(": missing") for each in found.reason.split("; ")), found.reason
    else:
        assert found.status is check.Status.KEPT, found.reason


def test_they_are_small():
    sizes = [path.stat().st_size for name in store.names() for path in store.paths_of(name)]
    assert max(sizes) <= thin.LARGEST
    assert sum(sizes) <= SIZE


def test_what_is_written_about_them_is_what_they_say():
    spec = importlib.util.spec_from_file_location("document", ROOT / "workflow/scripts/document_reference.py")
    document = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(document)
    for path, text in document.written().items():
        assert text == path.read_text(encoding="utf-8"), "run document_reference.py"
