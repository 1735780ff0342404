"""docs/architecture.md: its index of the decisions, and the directions of imports that it states."""

import ast
import re
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
WORKFLOW = ROOT / "workflow"
PAGE = (ROOT / "docs/architecture.md").read_text()
DIRECTIONS = {  # package -> what it never imports
    "revisit": ("revisit_engines", "revisit_drawing", "_command"),
    "revisit_drawing": ("revisit_engines", "torch", "revisit.models", "revisit.training", "revisit.report"),
    "revisit/data": (
        "torch",
        "revisit.models",
        "revisit.training",
        "revisit.tasks",
        "revisit.analyses",
        "revisit.params",
    ),
    "revisit/models": ("revisit.training", "revisit.tasks", "revisit.analyses", "revisit.report", "revisit.params"),
    "revisit/tasks": ("revisit.analyses", "revisit.report", "revisit.params", "revisit.models"),
    "revisit/training": ("revisit.analyses", "revisit.report", "revisit.params"),
    "revisit/report": ("torch", "revisit.training", "revisit.models", "revisit.data", "revisit.params"),
    "revisit/params": ("torch", "revisit.training", "revisit.report"),
}
WITH_TENSORS = ("revisit/data/tensors.py",)


def imported(path):
    """The modules that a file imports, wherever it does so, but for types."""
    queue = [ast.parse(path.read_text())]
    while queue:
        node = queue.pop()
        if isinstance(node, ast.If) and isinstance(node.test, ast.Name) and node.test.id == "TYPE_CHECKING":
            continue
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            yield from (f"{node.module}.{alias.name}" for alias in node.names)
        queue += ast.iter_child_nodes(node)


@pytest.mark.parametrize("package", DIRECTIONS)
def test_imports_run_one_way(package):
    files = [path for path in (WORKFLOW / package).rglob("*.py") if str(path.relative_to(WORKFLOW)) not in WITH_TENSORS]
    assert len(files) > 10
    wrong = [
        (str(path.relative_to(WORKFLOW)), name)
        for path in files
        for name in imported(path)
        for forbidden in DIRECTIONS[package]
        if f"{name}.".startswith(f"{forbidden}.")
    ]
    assert wrong == []


def test_the_index_has_every_decision_with_its_title():
    index = dict(re.findall(r"^\| \[\d+\]\(decisions/(.+?)\) \| (.+?) \|$", PAGE, flags=re.MULTILINE))
    files = {path.name: path for path in (ROOT / "docs/decisions").glob("*.md")}
    assert index.keys() == files.keys()
    for name, title in index.items():
        heading = files[name].read_text().splitlines()[0].partition(". ")[2]
        assert title.lower() == heading.lower()


def test_what_is_named_is_there():
    named = re.findall(r"`((?:workflow|docs|tests)/[\w/.-]+)`", PAGE)
    assert len(named) > 8
    assert [path for path in named if not (ROOT / path).exists()] == []
