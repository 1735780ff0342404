import json
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
    forget()
    yield Path("workflow/scripts/run_it.py")
    forget()


def forget():
    """As in a new process."""
    imports._imported_by.cache_clear()
    imports._read_before.cache_clear()
    imports._read.clear()


def names(paths):
    return {str(path.relative_to("workflow")) for path in paths}


def test_follows_imports_inside_functions_relative_ones_and_data(project):
    assert names(imports.files_of(project)) == {
        "scripts/_command.py", "scripts/run_it.py", "revisit/__init__.py", "revisit/late.py", "revisit/sibling.py",
        "revisit/a/__init__.py", "revisit/a/b.py", "revisit/a/c.py", "revisit/a/templates/page.html",
    }  # fmt: skip


def test_a_model_brings_its_own_file_and_no_other(project):
    added = names(imports.files_of(project, ["revisit.models.net"])) - names(imports.files_of(project))
    assert added == {"revisit/models/__init__.py", "revisit/models/net.py"}


def test_the_order_is_fixed(project):
    assert imports.files_of(project) == sorted(imports.files_of(project))


def test_what_was_read_is_kept_for_the_next_process(project, monkeypatch):
    found = imports.files_of(project)
    imports.keep()
    forget()
    monkeypatch.setattr(imports.ast, "parse", None)  # nothing is parsed again
    assert imports.files_of(project) == found
    written = imports.KEPT.stat().st_mtime_ns
    imports.keep()
    assert imports.KEPT.stat().st_mtime_ns == written
    assert [path for path in imports.KEPT.parent.rglob("*") if path.is_file()] == [imports.KEPT]


def test_an_edit_is_read_and_what_was_kept_of_older_code_goes(project):
    imports.files_of(project)
    imports.keep()
    forget()
    before = imports.KEPT.read_bytes()
    Path("workflow/revisit/a/c.py").write_text("import revisit.unused")
    assert "revisit/unused.py" in names(imports.files_of(project))
    imports.keep()
    assert len(json.loads(imports.KEPT.read_bytes())["modules"]) == len(json.loads(before)["modules"])


@pytest.mark.parametrize("content", [b"", b"{", b"[]", b'{"reader": "another", "modules": {}}', b'{"modules": 1}'])
def test_what_was_kept_is_not_needed(project, content):
    found = imports.files_of(project)
    imports.KEPT.parent.mkdir()
    imports.KEPT.write_bytes(content)
    forget()
    assert imports.files_of(project) == found
