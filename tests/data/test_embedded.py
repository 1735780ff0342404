"""Drawings by name: which there are, what is refused, and that only what is drawn is imported."""

import json
import subprocess
import sys
from importlib import import_module
from pathlib import Path

import numpy as np
import pytest

from revisit.data import embedded, idx
from revisit.data.formats.idx import facts as idx_facts
from revisit.errors import DataError
from revisit.params.data import DRAWINGS

ROOT = Path(__file__).resolve().parents[2]


def settings(drawing, **more):
    return {
        "raw": "some",
        "format": DRAWINGS.get(drawing),
        "classes": None,
        "source": "embedded",
        "embedded": {"drawing": drawing, "train": 1, "test": 1, "size": 16},
        "seed": 0,
        **more,
    }


def modules_of(program):
    """The drawings' modules, and some that cost seconds, that are loaded at the end of a program of its own."""
    shown = "import json, sys; print(json.dumps([name for name in sys.modules if name.startswith('revisit_drawing') or "
    shown += "name in ('torch', 'sklearn')]))"
    path = [str(ROOT / "workflow"), str(ROOT / "workflow/scripts")]
    command = [sys.executable, "-c", f"import sys; sys.path[:0] = {path}\n{program}\n{shown}"]
    result = subprocess.run(command, cwd=ROOT, capture_output=True, text=True)
    assert result.returncode == 0, result.stderr
    return set(json.loads(result.stdout.splitlines()[-1]))


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"embedded": {"drawing": "faces"}}, "'some': expected one of the drawings digits, garments, .*found 'faces'"),
        ({"embedded": {"drawing": "__init__"}}, "expected one of the drawings digits"),
        ({"embedded": {"drawing": "parts.photo"}}, "expected one of the drawings digits"),
        ({"format": "voc"}, "'objects' is drawn in the format cifar, found 'voc'"),
        ({"classes": ["cat", "dog"]}, "'objects' has the 10 classes airplane, automobile"),
    ],
)
def test_mistakes_are_told(change, said, tmp_path):
    with pytest.raises(DataError, match=said):
        embedded.draw(settings("objects", **change), tmp_path)
    assert not list(tmp_path.iterdir())


def test_named_classes_may_be_fewer_but_not_others(tmp_path):
    embedded.draw(settings("plants", classes=["Maize", "Fat Hen"], format="folder"), tmp_path)
    assert [path.name for path in tmp_path.iterdir()] == ["plants.tar"]
    with pytest.raises(DataError, match="found Maize, Rose"):
        embedded.draw(settings("plants", classes=["Maize", "Rose"]), tmp_path)


def test_params_know_the_drawings_and_their_formats():
    """Which they read, since importing the drawings takes a second."""
    assert {name: import_module(f"revisit_drawing.{name}").FORMAT for name in embedded.available()} == DRAWINGS


def test_the_drawings_are_found_without_importing_them():
    assert modules_of("from revisit.data import embedded; assert len(embedded.available()) == 6") == set()


def test_the_help_of_the_script_imports_no_drawing():
    program = "import fetch_dataset\ntry:\n    fetch_dataset.main(['--help'])\nexcept SystemExit: pass"
    assert modules_of(program) == set()


def test_a_fetch_from_a_mirror_imports_no_drawing(tmp_path):
    (tmp_path / "mirror").mkdir()
    for split in ("train", "test"):
        idx.write(tmp_path / "mirror" / idx_facts.IMAGES[split], np.zeros((2, 4, 4), np.uint8))
        idx.write(tmp_path / "mirror" / idx_facts.LABELS[split], np.arange(2, dtype=np.uint8))
    asked = {"raw": "some", "format": "idx", "source": "mirror", "mirror": str(tmp_path / "mirror")}
    asked["files"] = {name: {"checksum": None} for name in idx_facts.FACTS.files}
    assert modules_of(f"from revisit.data.fetch import fetch; fetch({asked!r}, {str(tmp_path / 'out')!r})") == set()
    assert {path.name for path in (tmp_path / "out").iterdir()} == {*idx_facts.FACTS.files, "provenance.json"}


def test_a_drawing_imports_its_own_modules_alone(tmp_path):
    asked = settings("garments")
    found = modules_of(f"from revisit.data.fetch import fetch; fetch({asked!r}, {str(tmp_path / 'out')!r})")
    parts = {f"revisit_drawing.parts.{name}" for name in ("cloth", "dice", "raster", "shoes", "tops")}
    packages = {"revisit_drawing", "revisit_drawing.parts", "revisit_drawing.writers"}
    assert found == {*packages, *parts, "revisit_drawing.garments", "revisit_drawing.writers.idx_files"}


def test_drawings_need_no_tensors():
    every = ", ".join(f"revisit_drawing.{name}" for name in embedded.available())
    assert not {"torch", "sklearn"} & modules_of(f"import {every}")
