"""A copy of the repository to run the engines on, with stand-ins for the scripts that compute."""

import ast
import json
import os
import re
import shutil
import signal
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path

from ruamel.yaml import YAML

ROOT = Path(__file__).resolve().parents[2]
PARTS = (
    "Snakefile",
    "Makefile",
    "dvc.yaml",
    "params.yaml",
    ".dvcignore",
    ".gitignore",
    ".dvc/config",
    ".dvc/.gitignore",
    "profiles",
    "workflow",
)
BIN = Path(sys.executable).parent
SOME = ("fashion_dynamic", "fashion_static", "voc_vgg16_scratch", "voc_vgg16_finetuned")  # every kind of stage
REFERENCE = "fashion_static"  # the reference result of trees with a choice of trainings: drawing all takes longest
STAND_IN = (
    "import sys\nsys.path.insert(0, str(_command.ROOT / 'stand_in'))\nimport stand_in\n_command.run(stand_in.run)\n"
)


def surroundings() -> dict[str, str]:
    """What commands in a tree see: no engine around them, and no test; the tests' own packages first."""
    others = ("DVC_STAGE", "DVC_ROOT", "REVISIT_ENGINE", "PYTEST_CURRENT_TEST")
    kept = {key: value for key, value in os.environ.items() if key not in others}
    return kept | {"PATH": f"{BIN}{os.pathsep}{os.environ['PATH']}", "PYTHONDONTWRITEBYTECODE": ""}


class Tree:
    """A working tree in `folder`, a git repository of its own.

    Args:
        folder: where to make it; must not exist.
        stand_ins: replace every script but `configure_stages.py` by one that writes digests of its inputs.
        trainings: the experiments and finetunings that `params.yaml` keeps; None: all.
    """

    def __init__(self, folder: Path, stand_ins: bool = True, trainings: Sequence[str] | None = SOME) -> None:
        self.folder = folder
        self._stand_ins = stand_ins
        folder.mkdir(parents=True)
        for part in PARTS:
            source, target = ROOT / part, folder / part
            target.parent.mkdir(parents=True, exist_ok=True)
            if source.is_dir():
                shutil.copytree(source, target, ignore=shutil.ignore_patterns("__pycache__", "*.egg-info"))
            else:
                shutil.copy(source, target)
        (folder / "reference").mkdir()
        for result in (ROOT / "reference").iterdir():
            if result.is_file():
                shutil.copy(result, folder / "reference")
            elif not stand_ins and (trainings is None or result.name == REFERENCE):
                shutil.copytree(result, folder / "reference" / result.name)
        if stand_ins:
            (folder / "stand_in").mkdir()
            shutil.copy(Path(__file__).with_name("stand_in.py"), folder / "stand_in")
            for script in (folder / "workflow/scripts").glob("[!_]*.py"):
                if script.name != "configure_stages.py":
                    script.write_text(_imports_only(script.read_text()) + STAND_IN)
        self._environment = surroundings() | self.own_variables()
        if trainings is not None:
            self.params = reduced(self.params, trainings)
        self.git("init", "-q")
        self.git("config", "user.name", "test")
        self.git("config", "user.email", "test@localhost")
        self.commit("start")

    @classmethod
    def opened(cls, folder: Path, stand_ins: bool) -> "Tree":
        """A tree that is there already."""
        tree = object.__new__(cls)
        tree.folder, tree._stand_ins = folder, stand_ins
        tree._environment = surroundings() | tree.own_variables()
        return tree

    def own_variables(self) -> dict[str, str]:
        """What its commands have in their environment beside what all have."""
        return {"REVISIT_FORKS": "no"} if self._stand_ins else {}  # stand-ins import nothing

    def copy(self, folder: Path) -> "Tree":
        """The same tree, with its artifacts and its cache, in another folder."""
        shutil.copytree(self.folder, folder, symlinks=True)
        other = object.__new__(type(self))
        other.__dict__ |= self.__dict__ | {"folder": folder}
        return other

    def git(self, *arguments: str) -> None:
        """Run git in the tree."""
        subprocess.run(["git", *arguments], cwd=self.folder, check=True, capture_output=True)

    def commit(self, message: str) -> None:
        """Commit everything that git does not ignore."""
        self.git("add", "-A")
        self.git("commit", "-qm", message)

    def start(self, *command: str, **environment: str) -> subprocess.Popen:
        """Start a command in a process group of its own."""
        if self._stand_ins:
            self.specify()
        return subprocess.Popen(
            [str(BIN / command[0]) if (BIN / command[0]).exists() else command[0], *command[1:]],
            cwd=self.folder,
            env=self._environment | environment,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            start_new_session=True,
        )

    def run(self, *command: str, check: bool = True, timeout: float = 600, **environment: str) -> str:
        """Run a command to its end and return what it printed; with `check`, fail unless it succeeded."""
        self.status, output = self._completed(command, timeout, **environment)
        assert not check or self.status == 0, f"{' '.join(command)} -> {self.status}\n{output}"
        return output

    def _completed(self, command: tuple[str, ...], timeout: float, **environment: str) -> tuple[int, str]:
        process = self.start(*command, **environment)
        try:
            output, _ = process.communicate(timeout=timeout)
        except subprocess.TimeoutExpired:
            os.killpg(process.pid, signal.SIGKILL)
            raise
        return process.returncode, output

    def snakemake(self, *arguments: str, **options) -> str:
        """Run the main job with Snakemake."""
        return self.run("snakemake", "--cores", "2", "--resources", "gpu=1", *arguments, **options)

    def dvc(self, *arguments: str, **options) -> str:
        """Run a command of DVC."""
        return self.run("dvc", *arguments, **options)

    def assert_nothing_to_do(self) -> None:
        """Both engines agree that everything is up to date."""
        assert "up to date" in self.dvc("status"), self.dvc("status")
        assert "Nothing to be done" in (output := self.snakemake("-n")), output

    @property
    def params(self) -> dict:
        """The content of params.yaml; assign to write it."""
        return YAML(typ="safe").load(self.folder / "params.yaml")

    @params.setter
    def params(self, value: dict) -> None:
        yaml = YAML(typ="safe")
        yaml.default_flow_style = False
        yaml.dump(value, self.folder / "params.yaml")

    def specify(self) -> dict[str, dict]:
        """Write what the stand-ins read: the inputs and outputs of every stage of dvc.yaml."""
        stages = YAML(typ="safe").load(self.folder / "dvc.yaml")["stages"]
        params = self.params
        specification = {}
        for name, stage in stages.items():
            if "foreach" not in stage:
                specification[name] = _paths(stage, "", {})
                continue
            items = params
            for key in stage["foreach"].strip("${}").split("."):
                items = items.get(key, {}) if isinstance(items, dict) else {}
            for key, item in (items if isinstance(items, dict) else {}).items():
                specification[f"{name}@{key}"] = _paths(stage["do"], key, item)
        target = self.folder / ".work/stand_in.json"
        target.parent.mkdir(exist_ok=True)
        new = target.with_suffix(f".{os.getpid()}")
        new.write_text(json.dumps(specification))
        os.replace(new, target)  # a stand-in may read it just now
        return specification

    def runs(self) -> list[str]:
        """The completed runs of stand-ins so far: "stage digest"."""
        log = self.folder / ".work/runs.log"
        return log.read_text().splitlines() if log.exists() else []

    def artifacts(self) -> dict[str, bytes]:
        """Every artifact: path relative to the tree -> content."""
        files = [file for top in ("data", "results") for file in (self.folder / top).rglob("*") if file.is_file()]
        ignored = {".snakemake_timestamp", ".partial", ".gitignore"}
        return {
            str(path): file.read_bytes()
            for file in files
            if not ignored & set((path := file.relative_to(self.folder)).parts)
        }


def reduced(params: dict, trainings: Sequence[str]) -> dict:
    """`params` with these experiments and finetunings alone, and what they need."""
    kept = {section: {} for section in ("pretrained", "experiments", "grafts", "finetunings")}
    queue = list(trainings)
    while queue:
        name = queue.pop()
        section = next(section for section in kept if name in params[section])
        entry = kept[section][name] = params[section][name]
        queue += [entry[key] for key in ("weights", "trunk", "head") if key in entry]
    entries = [entry for section in kept.values() for entry in section.values()]
    datasets = {entry["dataset"] for entry in entries if "dataset" in entry}
    proposals = {name: entry for name, entry in params["proposals"].items() if name in datasets}
    datasets |= {entry["dataset"] for entry in proposals.values()}
    datasets = {name: dataset for name, dataset in params["datasets"].items() if name in datasets}
    raw = {dataset["raw"] for dataset in datasets.values()}
    studies = {entry["study"] for entry in entries if "study" in entry}
    analyses = {
        kind: {name: entry for name, entry in of.items() if name in kept["experiments"] | kept["finetunings"]}
        for kind, of in params["analyses"].items()
    }
    return params | {
        **{section: {name: of[name] for name in params[section] if name in of} for section, of in kept.items()},
        "raw": {name: entry for name, entry in params["raw"].items() if name in raw},
        "datasets": datasets,
        "proposals": proposals,
        "analyses": analyses,
        "studies": {
            name: study | {"assumptions": [_without(assumption, kept) for assumption in study.get("assumptions", [])]}
            for name, study in params["studies"].items()
            if name in studies
        },
    }


def _without(assumption: dict, kept: dict[str, dict]) -> dict:
    """An assumption of a study, varied by no other experiments than those that are kept."""
    varied = assumption.get("varied_by", [])
    return assumption | {"varied_by": [name for name in varied if name in kept["experiments"] | kept["finetunings"]]}


def _imports_only(source: str) -> str:
    """The imports of a script, seen by a reader of its source but never run, then `_command`."""
    lines = [ast.unparse(node) for node in ast.walk(ast.parse(source)) if isinstance(node, ast.Import | ast.ImportFrom)]
    hidden = [line for line in lines if "_command" not in line and "__future__" not in line]
    return "import _command\nif False:\n" + "".join(f"    {line}\n" for line in ["import os", *hidden])


def _paths(stage: dict, key: str, item: dict) -> dict[str, list[str]]:
    def fill(entry):
        path = next(iter(entry)) if isinstance(entry, dict) else entry
        path = path.replace("${key}", key)
        return re.sub(r"\$\{item\.(\w+)\}", lambda match: str(item[match[1]]), path)

    outs = [fill(out) for kind in ("outs", "metrics", "plots") for out in stage.get(kind, [])]
    return {"deps": [fill(dep) for dep in stage["deps"]], "outs": outs}
