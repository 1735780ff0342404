from pathlib import Path

import pytest

from revisit_engines import imports

SCRIPT = """
import _command
from revisit.a import b

def function():
    from revisit import late
"""


@pytest.fixture
def project(tmp_path, monkeypatch):
    """A small project: a script, a package with a data folder, a model, a module that nobody imports."""
    files = {
        "workflow/scripts/_command.py": "",
        "workflow/scripts/run_it.py": SCRIPT,
        "workflow/revisit/__init__.py": "",
        "workflow/revisit/late.py": "from . import sibling",
        "workflow/revisit/sibling.py": "import os, json",
        "workflow/revisit/unused.py": "",
        "workflow/revisit/a/__init__.py": "",
        "workflow/revisit/a/b.py": "FOLDER = 'templates'\nNAME = 'unused'\nfrom revisit.a.c import thing",
        "workflow/revisit/a/c.py": "thing = 1",
        "workflow/revisit/a/templates/page.html": "",
        "workflow/revisit/models/__init__.py": "",
        "workflow/revisit/models/net.py": "import revisit.sibling",
        "workflow/revisit/models/other.py": "",
    }
    for name, text in files.items():
        path = tmp_path / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
    monkeypatch.chdir(tmp_path)
    imports._imported_by.cache_clear()
    yield Path("workflow/scripts/run_it.py")
    imports._imported_by.cache_clear()


def names(paths):
    return {str(path.relative_to("workflow")) for path in paths}


def test_follows_imports_inside_functions_relative_ones_and_data(project):
    assert names(imports.files_of(project)) == {
        "scripts/_command.py", "scripts/run_it.py", "revisit/__init__.py", "revisit/late.py", "revisit/sibling.py",
        "revisit/a/__init__.py", "revisit/a/b.py", "revisit/a/c.py", "revisit/a/templates/page.html",
    }  # fmt: skip


def test_a_model_brings_its_own_file_and_no_other(project):
    added = names(imports.files_of(project, "net")) - names(imports.files_of(project))
    assert added == {"revisit/models/net.py"}


def test_the_order_is_fixed(project):
    assert imports.files_of(project) == sorted(imports.files_of(project))
