"""Kinds of analysis and looks: what each must have, and how few files a new one takes."""

import json
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from ruamel.yaml import YAML

from revisit.analyses import loading
from revisit.analyses.inspect.kinds import follows, looks
from revisit.analyses.kinds import kinds
from revisit.report.panel import Panel, panels

ROOT = Path(__file__).parents[2]


def test_every_kind_is_a_stage_over_its_section_and_computes():
    stages = YAML(typ="safe").load(ROOT / "dvc.yaml")["stages"]
    over = {name: stage["foreach"] for name, stage in stages.items() if "foreach" in stage}
    assert {name for name, each in over.items() if each == f"${{analyses.{name}}}"} == set(kinds())
    assert set(loading.available("compute")) == {name for name, kind in kinds().items() if kind.findings}


@pytest.mark.parametrize("name", loading.available("compute"))
def test_a_kind_computes(name):
    assert callable(loading.load(name, "compute").analyse)


@pytest.mark.parametrize("name", looks())
def test_a_look_looks_and_says_whether_it_follows_the_training(name):
    module = loading.load(name, "look", loading.LOOKS)
    assert callable(module.look)
    assert getattr(module, "FOLLOWS", False) == follows(name)


def test_panels_have_places_and_ids_of_their_own():
    assert all(isinstance(panel, Panel) for panel in panels())
    for values in ([panel.section for panel in panels()], [panel.order for panel in panels()]):
        assert len(set(values)) == len(values) > 15


SETTINGS = '''"""Stage `sizes` in `params.yaml`."""

from pydantic import Field

from revisit.analyses.kinds import Kind
from revisit.params.fields import Section


class Sizes(Section):
    """How large the weights are."""

    digits: int = Field(3, ge=1, le=9, description="decimals")


KIND = Kind(Sizes, reads="network")
'''
COMPUTE = '''"""Stage `sizes`."""

from revisit.analyses.sizes.tables import SIZES


def analyse(name, settings):
    return {"name": name, "digits": settings["digits"]}, {SIZES.file: SIZES.frame([{"layer": "1", "size": 0.5}])}
'''
TABLES = '''"""The table of stage `sizes`."""

from revisit.analyses.tables import Table

SIZES = Table("sizes.csv", {"layer": str, "size": float})
'''
PANEL = '''"""How large the weights are."""

from revisit.analyses.sizes.tables import SIZES
from revisit.report.panel import panel
from revisit.report.study_writer import StudyWriter, section


@panel("sizes", order=305)
def sizes(writer: StudyWriter):
    tables = [writer.data(run.name, run.read("sizes", SIZES)) for run in writer.having("sizes")]
    return section("Sizes", "How large the weights are.", []) if tables else None
'''


@pytest.fixture(scope="module")
def with_a_new_kind(tmp_path_factory):
    """A copy of the repository before and after a kind `sizes` was added: the folders, and the records of each."""
    folder, records = tmp_path_factory.mktemp("kinds") / "tree", []
    ignored = shutil.ignore_patterns("__pycache__")
    shutil.copytree(ROOT / "workflow", folder / "workflow", ignore=ignored)
    shutil.copy(ROOT / "params.yaml", folder)
    records.append(_configured(folder))
    new = folder / "workflow/revisit/analyses/sizes"
    new.mkdir()
    for name, text in {"settings": SETTINGS, "compute": COMPUTE, "tables": TABLES, "panel": PANEL}.items():
        (new / f"{name}.py").write_text(text)
    params, entry = (folder / "params.yaml").read_text(), r"\g<0>  sizes:\n    lenet_clean: {digits: 2}\n\n"
    (folder / "params.yaml").write_text(re.sub(r"^analyses:.*\n", entry, params, flags=re.MULTILINE))
    records.append(_configured(folder))
    return folder, records


def _configured(folder):
    _run(folder, "configure_stages.py")
    return {path.relative_to(folder): json.loads(path.read_text()) for path in folder.glob("results/config/**/*.json")}


def _run(folder, script, *arguments):
    command = [sys.executable, f"workflow/scripts/{script}", *arguments]
    return subprocess.run(command, cwd=folder, capture_output=True, text=True, check=True)


def test_a_new_kind_is_one_folder_a_stage_a_rule_and_its_entry(with_a_new_kind):
    folder, (before, after) = with_a_new_kind
    record = after.pop(Path("results/config/sizes/lenet_clean.json"))
    assert record["settings"] | {"dataset": "", "device": ""} == {
        "experiment": "lenet_clean", "digits": 2, "model": "lenet", "dataset": "", "device": "",
    }  # fmt: skip
    own = {path for path in record["code"] if "analyses/sizes" in path}
    assert own == {f"workflow/revisit/analyses/sizes/{name}.py" for name in ("compute", "tables")}
    changed = {path.parts[2].removesuffix(".json") for path in after if before[path] != after[path]}
    assert changed == {"collect", "study", "report"}  # no computation; the report shows all stages
    _run(folder, "run_analysis.py", "sizes", "lenet_clean")
    findings = folder / "results/findings/lenet_clean"
    assert json.loads((findings / "sizes.json").read_text()) == {"name": "lenet_clean", "digits": 2}
    assert (findings / "sizes/sizes.csv").read_text() == "layer,size\n1,0.5\n"


def test_an_edited_panel_reruns_no_computation_and_an_edited_kind_no_other(with_a_new_kind):
    _, (_, after) = with_a_new_kind
    analyses = "workflow/revisit/analyses"

    def stale(edited):
        found = {path for path, record in after.items() if edited in record["code"]}
        return {path.parts[2].removesuffix(".json") for path in found}

    for kind in loading.available("panel"):
        assert stale(f"{analyses}/{kind}/panel.py") == {"study"}
    for kind in loading.available("compute"):
        assert stale(f"{analyses}/{kind}/compute.py") <= {kind}
    for look in looks():
        assert stale(f"{analyses}/inspect/looks/{look}/look.py") <= {"inspect"}
    assert stale(f"{analyses}/kinds.py") == stale("workflow/revisit/params/schema.py") == set()
