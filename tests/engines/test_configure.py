"""The records of stages: which files belong to which."""

import json
import shutil
from pathlib import Path

import pytest

from revisit.params.load import load
from revisit.params.resolve import resolve
from revisit_engines import configure

ROOT = Path(__file__).resolve().parents[2]


@pytest.fixture
def copied(tmp_path, monkeypatch):
    """Makes a copy of one folder of the code beside the rest of it, below the current folder."""

    def copy(name):
        (tmp_path / "workflow").mkdir()
        for part in (ROOT / "workflow").iterdir():
            if part.name != name:
                (tmp_path / "workflow" / part.name).symlink_to(part)
        ignored = shutil.ignore_patterns("__pycache__")
        shutil.copytree(ROOT / "workflow" / name, tmp_path / "workflow" / name, ignore=ignored)
        shutil.copy(ROOT / "params.yaml", tmp_path)
        monkeypatch.chdir(tmp_path)
        return tmp_path / "workflow" / name

    return copy


@pytest.fixture
def claims(copied):
    return copied("claims")


def test_the_claims_of_a_study_belong_to_its_record_and_to_no_other(claims):
    before = configure.records(load())
    (claims / "fashion.yaml").write_text("[]")
    (claims / "voc.yaml").unlink()
    (claims / "unknown.yaml").write_text("[]")  # of no study of params.yaml
    after = configure.records(load())
    changed = {str(path) for path in before if after[path] != before[path]}
    assert changed == {"results/config/study/fashion.json", "results/config/study/voc.json"}
    named = {
        path: [file for file in json.loads(content)["code"] if file.startswith("workflow/claims/")]
        for path, content in after.items()
    }
    assert {str(path): files for path, files in named.items() if files} == {
        f"results/config/study/{study}.json": [f"workflow/claims/{study}.yaml"]
        for study in load().studies
        if study != "voc"
    }


@pytest.fixture
def drawings(copied):
    return copied("revisit_drawing")


def changed_by(edit):
    """The stages whose records an edit changes, as `fetch/mnist`."""
    before = configure.records(load())
    edit.write_bytes(edit.read_bytes() + b"# edited\n")
    after = configure.records(load())
    assert set(after) == set(before)
    changed = (path.relative_to("results/config") for path in before if after[path] != before[path])
    return {path.with_suffix("").as_posix() for path in changed}


@pytest.mark.parametrize(
    ("edited", "drawn"),
    [
        ("digits.py", {"digits"}),
        ("plants.py", {"plants"}),
        ("figures/animals.py", {"objects", "scenes"}),
        ("figures/people.py", {"scenes"}),
        ("writers/voc.py", {"scenes"}),
        ("parts/raster.py", {"garments", "objects", "scenes", "plants", "patterns"}),
    ],
)
def test_an_edit_of_a_drawing_makes_stale_what_it_draws(drawings, edited, drawn):
    raw = load().raw
    assert len({entry.embedded for entry in raw.values()}) == 6
    assert changed_by(drawings / edited) == {f"fetch/{name}" for name, entry in raw.items() if entry.embedded in drawn}


def test_a_record_holds_the_code_of_its_drawing_and_of_no_other(drawings):
    record = configure.records(load())[Path("results/config/fetch/mnist.json")]
    files = {Path(file) for file in json.loads(record)["code"]}
    own = {file.relative_to("workflow/revisit_drawing") for file in files if "revisit_drawing" in file.parts}
    assert {file.as_posix() for file in own if file.name != "__init__.py"} == {
        "digits.py",
        "parts/dice.py",
        "writers/idx_files.py",
    }
    assert Path("workflow/scripts/fetch_dataset.py") in files


@pytest.mark.parametrize("source", ["mirror", "web"])
def test_a_download_does_not_depend_on_drawings(drawings, source):
    text = Path("params.yaml").read_text()
    Path("params.yaml").write_text(text.replace("\nsource: embedded", f"\nsource: {source}"))
    records = configure.records(load())
    drawing = {
        path.stem
        for path, content in records.items()
        if any(file.startswith("workflow/revisit_drawing") for file in json.loads(content)["code"])
    }
    sources = {name: settings["source"] for (stage, name), settings in resolve(load()).items() if stage == "fetch"}
    assert drawing == {name for name, found in sources.items() if found == "embedded"} == {"patterns"}
    assert set(sources.values()) == {source, "embedded"}
    assert changed_by(drawings / "figures/animals.py") == set()


def test_an_edit_of_a_task_changes_the_records_of_trainings_with_it_alone(copied):
    """Of all that it has in a file of its own, the facts too."""
    code, params = copied("revisit"), load()
    before = configure.records(params)
    for module in ("facts", "task", "samplers"):
        (code / f"tasks/pairs/{module}.py").write_text('"""Edited."""')
    after = configure.records(params)
    changed = {str(path) for path in before if after[path] != before[path]}
    assert changed == {
        f"results/config/train/{name}.json"
        for name, training in params.experiments.items()
        if any(protocol.objective.name == "pairs" for protocol in training.protocols().values())
    }
    assert changed


def test_the_record_of_a_stand_in_names_the_task_that_it_is_trained_for(claims):
    params = load()
    stand_ins = [name for name, entry in params.pretrained.items() if params.source_of(entry) == "embedded"]
    assert stand_ins
    records = configure.records(params)
    for name in stand_ins:
        named = json.loads(records[Path(f"results/config/pretrain/{name}.json")])["code"]
        tasks = {file for file in named if file.startswith("workflow/revisit/tasks/") and file.endswith("/task.py")}
        assert tasks == {f"workflow/revisit/tasks/{params.pretrained[name].objective.name}/task.py"}
