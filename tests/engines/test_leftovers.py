"""Results of names that are gone: removed where DVC's cache has them, moved away where it does not."""

import hashlib
import json
import os
import shutil
from pathlib import Path

import pytest
import yaml

from revisit.params.load import load
from revisit_engines import leftovers

ROOT = Path(__file__).resolve().parents[2]
TABLE, FOLDER, MODEL = (
    Path(f"results/{name}") for name in ("findings/gone/train.json", "findings/gone/runs", "models/gone")
)


@pytest.fixture
def outs(tmp_path, monkeypatch):
    """Results of an experiment that params.yaml does not have, as DVC keeps them; what dvc.lock says of each."""
    monkeypatch.chdir(tmp_path)
    leftovers._cache.cache_clear()
    shutil.copy(ROOT / "params.yaml", "params.yaml")
    shutil.copytree(ROOT / ".dvc", ".dvc", ignore=shutil.ignore_patterns("site", "tmp", "cache"))
    found = {}
    for path in (TABLE, FOLDER / "history.csv", MODEL / "deeper/weights"):
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(f"of {path}")
    (FOLDER / leftovers.STAMP).touch()
    for path in (TABLE, FOLDER, MODEL):
        content = path.read_bytes() if path.is_file() else b""
        if path.is_dir():
            inside = [file for file in path.rglob("*") if file.is_file() and file.name != leftovers.STAMP]
            entries = [
                {"md5": cached(file.read_bytes()), "relpath": file.relative_to(path).as_posix()} for file in inside
            ]
            content = json.dumps(entries).encode()
        found[path] = {"path": str(path), "md5": cached(content, ".dir" if path.is_dir() else "")}
    stages = {"finetune@gone": list(found.values()), "train@gone": [{"path": str(TABLE), "md5": "0" * 32}]}
    Path("dvc.lock").write_text(yaml.safe_dump({"stages": {name: {"outs": own} for name, own in stages.items()}}))
    return found


def cached(content, suffix=""):
    digest = hashlib.md5(content, usedforsecurity=False).hexdigest() + suffix
    place = Path(".dvc/cache/files/md5") / digest[:2] / digest[2:]
    place.parent.mkdir(parents=True, exist_ok=True)
    place.write_bytes(content)
    return digest


def there():
    return sorted(str(path) for path in Path("results").rglob("*") if path.is_file())


def test_what_the_cache_has_is_removed_and_told(outs):
    pruned = leftovers.prune(load())
    assert sorted(pruned.removed) == [FOLDER, TABLE, MODEL]
    assert there() == []
    assert "removed results/findings/gone/" in str(pruned)
    assert "and 2 more: DVC's cache has them" in str(pruned)
    assert str(leftovers.prune(load())) == ""


def test_a_link_into_the_cache_is_removed(outs):
    TABLE.unlink()
    digest = outs[TABLE]["md5"]
    os.link(Path(".dvc/cache/files/md5") / digest[:2] / digest[2:], TABLE)
    assert TABLE in leftovers.prune(load()).removed


def computed_anew():
    for path in (TABLE, FOLDER / "history.csv", MODEL / "deeper/weights"):
        path.write_text(path.read_text().swapcase())  # as large as before


@pytest.mark.parametrize(
    "spoil",
    [
        lambda: Path("dvc.lock").unlink(),
        lambda: shutil.rmtree(".dvc/cache"),
        computed_anew,
        lambda: [place.write_bytes(b"[1]") for place in Path(".dvc/cache/files").rglob("*") if place.is_file()],
    ],
)
def test_what_the_cache_does_not_have_is_not_lost(outs, spoil):
    spoil()
    before = [path.read_text() for path in (TABLE, FOLDER / "history.csv", MODEL / "deeper/weights")]
    pruned = leftovers.prune(load())
    assert pruned.removed == []
    moved = [
        "results/aside/gone/runs/history.csv",
        "results/aside/gone/train.json",
        "results/models/gone/deeper/weights",
    ]
    assert [name for name in there() if not name.endswith(leftovers.STAMP)] == moved
    assert sorted(before) == sorted(Path(name).read_text() for name in moved)
    assert "since DVC's cache does not have them: results/aside/gone/" in str(pruned)


def test_one_that_was_moved_before_stays_too(outs):
    Path("dvc.lock").unlink()
    leftovers.prune(load())
    TABLE.parent.mkdir()
    TABLE.write_text("another")
    assert leftovers.prune(load()).aside == [Path("results/aside/gone/train.json.1")]
    assert Path("results/aside/gone/train.json").read_text() == f"of {TABLE}"
