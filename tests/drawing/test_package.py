"""The package of the drawings: every drawing is whole, the library imports none, and packages import nothing."""

import ast
import inspect
from importlib import import_module
from pathlib import Path

import pytest

from revisit.data import embedded
from revisit.data.fetch import FORMATS

WORKFLOW = Path(__file__).resolve().parents[2] / "workflow"


def imports(path):
    """The modules that a file names in import statements, wherever they stand."""
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            yield node.module or "."


@pytest.mark.parametrize("name", embedded.available())
def test_a_drawing_has_what_is_asked_of_it(name):
    drawing = import_module(f"revisit_drawing.{name}")
    assert drawing.FORMAT in FORMATS
    assert drawing.CLASSES
    assert all(isinstance(kind, str) for kind in drawing.CLASSES)
    assert len(set(drawing.CLASSES)) == len(drawing.CLASSES)
    assert drawing.NAMED is (drawing.FORMAT in ("voc", "folder"))  # whose paths hold the names
    assert list(inspect.signature(drawing.write).parameters) == ["embedded", "seed", "destination"]


def test_the_library_imports_no_drawing():
    files = [*(WORKFLOW / "revisit").rglob("*.py"), *(WORKFLOW / "scripts").glob("*.py")]
    assert len(files) > 150
    assert not [file for file in files if any(name.startswith("revisit_drawing") for name in imports(file))]


def test_packages_of_drawings_import_nothing():
    files = sorted((WORKFLOW / "revisit_drawing").rglob("__init__.py"))
    assert [file.parent.name for file in files] == ["revisit_drawing", "figures", "parts", "writers"]
    assert not [file for file in files if list(imports(file))]
