"""The lists of packages agree with each other and with what the code imports."""

import ast
import re
import sys
from importlib.metadata import packages_distributions
from pathlib import Path

import pytest
import yaml

ROOT = Path(__file__).resolve().parents[2]
CONDA_NAMES = {"pytorch": "torch"}


def normal(name):
    return re.sub(r"[._]", "-", name).lower()


def required():
    lines = (ROOT / "requirements.in").read_text().splitlines()
    return {normal(name) for line in lines if (name := line.split("#")[0].strip())}


def locked():
    """{name: versions}: more than one where Python 3.11 needs an older one."""
    versions = {}
    for name, version in re.findall(r"^([a-z0-9-]+)==(\S+)", (ROOT / "requirements.lock").read_text(), re.M):
        versions.setdefault(name, set()).add(version)
    return versions


def test_every_requirement_is_locked():
    assert required() <= set(locked())


@pytest.mark.parametrize("lock", sorted(path.name for path in ROOT.glob("requirements*.lock")))
def test_locks_have_hashes_no_addresses_and_are_verified(lock):
    text = (ROOT / lock).read_text()
    blocks = re.split(r"\n(?=[a-z0-9])", text.strip())
    assert all("--hash=sha256:" in block for block in blocks)
    assert not re.search(r"https?://|--(extra-)?index-url|--find-links", text)
    installations = [line for line in (ROOT / "Makefile").read_text().splitlines() if f"-r {lock}" in line]
    assert installations
    assert all("--require-hashes" in line for line in installations)


def test_conda_gives_the_locked_versions():
    environment = yaml.safe_load((ROOT / "environment.yml").read_text())
    pins = dict(entry.split("=") for entry in environment["dependencies"] if isinstance(entry, str) and "=" in entry)
    python = pins.pop("python")
    assert tuple(map(int, python.split("."))) >= (3, 11)
    pins = {normal(CONDA_NAMES.get(name, name)): version for name, version in pins.items()}
    assert set(pins) == required()
    for name, version in pins.items():
        assert version in locked()[name], name
    assert {"pip": ["--editable=."]} in environment["dependencies"]


def test_rules_run_in_the_same_packages():
    whole = yaml.safe_load((ROOT / "environment.yml").read_text())
    rules = yaml.safe_load((ROOT / "workflow/envs/revisit.yml").read_text())
    assert rules["channels"] == whole["channels"]
    assert rules["dependencies"] == [entry for entry in whole["dependencies"] if isinstance(entry, str)]


def test_every_import_is_required():
    distributions = packages_distributions()
    ours = {"revisit", "revisit_drawing", "revisit_engines", "_command", "conftest"}
    tests = ("tests/objects", "tests/pipeline", "tests/browser", "tests/reliability", "tests/remotes", "tests/slurm")
    folders = ("workflow/scripts", *tests, "benchmarks")
    ours |= {path.stem for folder in folders for path in (ROOT / folder).glob("*.py")}
    optional = (ROOT / "requirements-browser.in").read_text().replace("-", "_").split()
    files = [file for top in ("workflow", "tests", "benchmarks") for file in (ROOT / top).rglob("*.py")]
    assert len(files) > 50
    missing = set()
    for file in files:
        for node in ast.walk(ast.parse(file.read_text())):
            names = [alias.name for alias in node.names] if isinstance(node, ast.Import) else []
            if isinstance(node, ast.ImportFrom) and not node.level:
                names = [node.module]
            for name in {name.split(".")[0] for name in names} - ours - sys.stdlib_module_names:
                if name in optional and (file.parent.name == "browser" or file.stem == "report_size"):
                    continue  # not installed but for `make browser`
                if not {normal(found) for found in distributions.get(name, [])} & required():
                    missing.add(f"{file.relative_to(ROOT)}: {name}")
    assert not missing
