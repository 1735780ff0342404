"""Rules and stages are the same DAG: same jobs, same edges, same outputs, and rules hold no commands."""

import json
import re
import subprocess
import sys
from pathlib import Path

import pytest
from ruamel.yaml import YAML

from revisit.params.load import load
from revisit.params.resolve import resolve
from revisit_engines.configure import SCRIPTS, loaded_by_name, script_of
from revisit_engines.imports import files_of
from revisit_engines.judgement import NVIDIA_DRIVER
from tree import ROOT, Tree

pytestmark = pytest.mark.pipeline
GPU = NVIDIA_DRIVER.exists()  # on which the runs of a sweep go one after the other
ON_GPU = ("pretrain", "train", "finetune", "extract", "code", "inspect", "detect", "segment")
STAGES = YAML(typ="safe").load(ROOT / "dvc.yaml")["stages"]
RESOLVED = resolve(load(ROOT / "params.yaml"))


@pytest.fixture(scope="module")
def dags(tmp_path_factory):
    """(Snakemake's, DVC's): stage name -> (names of the stages that it depends on, its outputs)."""
    tree = Tree(tmp_path_factory.mktemp("parity") / "tree", trainings=None)
    output = tree.run("python", "-c", PROGRAM)
    found = json.loads(output[output.index("DAGS") + 4 :])
    return found["snakemake"], found["dvc"]


PROGRAM = """
import json, os, sys
sys.path.insert(0, "workflow")
from pathlib import Path
from dvc.repo import Repo
from snakemake.api import SnakemakeApi
from snakemake.settings.types import OutputSettings, ResourceSettings, DAGSettings, Quietness

def stage(job):
    return "@".join([job.rule.name, *job.wildcards])

with SnakemakeApi(OutputSettings(dryrun=True, quiet={Quietness.ALL})) as api:
    workflow = api.workflow(ResourceSettings(cores=8), snakefile=Path("Snakefile"))
    dag = workflow.dag(DAGSettings(targets={"all"}))
    inner = dag.workflow_api._workflow
    inner._prepare_dag(forceall=False, ignore_incomplete=True, lock_warn_only=True)
    inner._build_dag()
    jobs = [job for job in inner.dag.jobs if job.rule.name != "all"]
    rules = {stage(job): [sorted(stage(d) for d in inner.dag.dependencies[job]), sorted(map(str, job.output)),
             {"threads": job.threads, "log": str(job.log), "benchmark": bool(job.benchmark),
              "gpu": "gpu" in job.resources.keys(), "shell": job.shellcmd}] for job in jobs}
with Repo() as repo:
    graph = repo.index.graph
    stages = {s.addressing: [sorted(d.addressing for d in graph.successors(s)), sorted(o.def_path for o in s.outs)]
              for s in graph}
print("DAGS" + json.dumps({"snakemake": rules, "dvc": stages}))
"""


def test_same_stages(dags):
    rules, stages = dags
    assert set(rules) == set(stages)
    assert len(stages) > 70


def test_same_edges(dags):
    rules, stages = dags
    assert {name: rule[0] for name, rule in rules.items()} == {name: stage[0] for name, stage in stages.items()}


def test_the_report_shows_the_same_edges(dags):
    shown = RESOLVED["report", None]["stages"]
    edges = {name: [need for need in stage[0] if need != "configure"] for name, stage in dags[1].items()}
    assert {name: sorted(needs) for name, needs in shown.items()} | {"configure": []} == edges
    place = {name: number for number, name in enumerate(shown)}
    assert all(place[need] < place[name] for name, needs in shown.items() for need in needs)


def test_same_outputs(dags):
    rules, stages = dags
    for name, (_, outputs, _) in rules.items():
        if name == "collect":  # DVC tracks the folder, Snakemake each part that a rule needs
            (folder,) = stages[name][1]
            assert outputs
            assert all(output.startswith(f"{folder}/") for output in outputs)
        else:
            assert outputs == stages[name][1]


def test_every_rule_runs_its_stage_with_log_benchmark_and_threads(dags):
    params = load(ROOT / "params.yaml")
    trainings = {"train": params.experiments, "finetune": params.finetunings}
    runs = {
        f"{stage}@{name}": len(training.protocols()) * training.replicates
        for stage, section in trainings.items()
        for name, training in section.items()
    }
    assert min(runs.values()) == 1 < 4 < max(runs.values())
    for name, (_, _, rule) in dags[0].items():
        cores = f"REVISIT_CORES={rule['threads']} " if name.startswith(("train@", "finetune@", "propose@")) else ""
        assert rule["shell"] == f"{cores}dvc --wait-for-lock repro -s {name} > {rule['log']} 2>&1"
        assert rule["log"]
        assert rule["benchmark"]
        most = 4 if name.startswith("propose@") else runs.get(name, 1)
        assert rule["threads"] == (1 if GPU else min(most, 4)), name  # of eight cores
        assert rule["gpu"] == (name.split("@")[0] in ON_GPU)


def test_every_stage_runs_the_script_whose_code_its_record_names():
    commands = {name: stage.get("do", stage)["cmd"].split() for name, stage in STAGES.items()}
    assert commands.pop("configure") == ["exec", "python", "workflow/scripts/configure_stages.py"]
    assert {name: Path(command[2]) for name, command in commands.items()} == {x: script_of(x) for x in SCRIPTS}


def test_commands_hold_no_value_of_params_but_the_checked_name():
    for stage in STAGES.values():
        assert set(re.findall(r"\$\{.*?\}", stage.get("do", stage)["cmd"])) <= {"${key}"}


def loaded(stage):
    """The modules that the script of a stage loads by name, for any of its items."""
    items = [settings for (kind, _), settings in RESOLVED.items() if kind == stage]
    return sorted({module for settings in items for module in loaded_by_name(stage, settings)})


@pytest.fixture(scope="module")
def imported():
    """Stage -> the files of `sys.modules` after the import of its script and of what it loads by name.

    Each in a process of its own, a copy of one that has imported what takes long and is not ours.
    """
    asked = {stage: [script_of(stage).stem, *loaded(stage)] for stage in SCRIPTS}
    result = subprocess.run(
        [sys.executable, "-c", IMPORTS], cwd=ROOT, input=json.dumps(asked), capture_output=True, text=True, check=True
    )
    return dict(json.loads(line) for line in result.stdout.splitlines())


IMPORTS = """
import importlib, json, os, sys
import matplotlib.figure, numpy, pandas, sklearn.svm, torch, torchvision
sys.path[:0] = ["workflow", "workflow/scripts"]
for stage, modules in json.load(sys.stdin).items():
    child = os.fork()
    if not child:
        for module in modules:
            importlib.import_module(module)
        files = [module.__file__ for module in list(sys.modules.values()) if getattr(module, "__file__", None)]
        print(json.dumps([stage, files]), flush=True)
        os._exit(0)
    if os.waitpid(child, 0)[1]:
        sys.exit(1)
"""


@pytest.mark.parametrize("stage", SCRIPTS)
def test_a_record_names_every_module_that_its_script_imports(stage, imported):
    """Against Python itself."""
    script = script_of(stage).resolve()
    files = {Path(file).resolve() for file in imported[stage]}
    ours = {file for file in files if file.is_relative_to(ROOT / "workflow")}
    assert script in ours
    listed = {path.resolve() for path in files_of(script_of(stage), loaded(stage))}
    assert ours <= listed, sorted(ours - listed)
