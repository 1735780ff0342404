"""A random walk over everything that may happen to a working tree, with either engine, checked at every step.

Each step damages or edits the tree, perhaps kills a run half-way, then lets one engine finish and asserts:
every artifact is what the parameters and the code ask for, the other engine has nothing to do, and no stage
computed what lay in the cache.
"""

import contextlib
import json
import random
import shutil
import subprocess
import sys
import time
from collections import Counter
from functools import partial
from pathlib import Path

import psutil

sys.path.insert(0, str(Path(__file__).parent))

import stand_in
from tree import Tree

ORDER = (
    "fetch",
    "prepare",
    "pretrain",
    "train",
    "graft",
    "finetune",
    "extract",
    "evaluate",
    "inspect",
    "probe",
    "embed",
    "neighbours",
    "collect",
    "study",
    "report",
)


class Walk:
    """One walk: a tree, what is known to lie in its cache, and the states that edits can be turned back to."""

    def __init__(self, folder: Path, seed: int) -> None:
        self.random = random.Random(seed)
        self.tree = Tree(folder)
        self.cached: set[str] = set()  # runs whose results DVC holds
        self.past_params = [(self.tree.folder / "params.yaml").read_bytes()]
        self.count: Counter[str] = Counter()

    def step(self) -> str:
        """Do one thing to the tree, finish with one engine, check; return what was done."""
        action = self.random.choice([
            self.edit_params, self.edit_params, self.revert_params, self.edit_code, self.delete, self.corrupt,
            self.checkout, self.wipe_metadata, self.cut_metadata, self.damage_cache, self.nothing,
        ])  # fmt: skip
        done = [f"{action.__name__}({action()})"]
        disturbed = self.random.random() < 0.4
        if disturbed:
            done.append(f"kill({self.kill()})")
        engine = self.random.choice(["snakemake", "dvc"])
        before = len(self.tree.runs())
        output = self.tree.snakemake() if engine == "snakemake" else self.tree.dvc("repro")
        done.append(engine)
        self.count.update([action.__name__, engine, *(["kill"] if disturbed else [])])
        self.check(self.tree.runs()[before:], disturbed, " ".join(done), output)
        return " ".join(done)

    # what may happen

    def edit_params(self):
        params = self.tree.params
        section = self.random.choice(["experiments", "finetunings", "pretrained"])
        name = self.random.choice(list(params[section]))
        kind = self.random.choice(["epochs", "analysis", "add", "remove", "images", "title", "scale"])
        if kind == "epochs":
            params[section][name]["batch_size"] = self.random.randint(50, 120)
        elif kind == "analysis":
            params["analyses"]["embed"]["fashion_dynamic"]["seed"] = self.random.randint(0, 9)
        elif kind == "add":
            new = f"extra_{self.random.randint(0, 3)}"  # if it is there, it may move to another study
            changed = {"seed": self.random.randint(0, 9), "study": self.random.choice(list(params["studies"]))}
            params["experiments"][new] = params["experiments"]["fashion_static"] | changed
            params["analyses"]["evaluate"][new] = {}
        elif kind == "remove":
            for extra in [x for x in params["experiments"] if x.startswith("extra")]:
                del params["experiments"][extra]
                params["analyses"]["evaluate"].pop(extra, None)
        elif kind == "images":
            params["datasets"]["fashion_mnist"]["demo"]["train"] = self.random.randint(1000, 1003)
        elif kind == "title":
            params["studies"]["fashion"]["title"] = f"Title {self.random.randint(0, 9)}"
        else:
            params["scale"] = self.random.choice(["demo", "paper"])
        self.tree.params = params
        self.past_params.append((self.tree.folder / "params.yaml").read_bytes())
        return kind

    def revert_params(self):
        (self.tree.folder / "params.yaml").write_bytes(self.random.choice(self.past_params))

    def edit_code(self):
        workflow = self.tree.folder / "workflow"
        modules = [path for path in sorted(workflow.rglob("*.py")) if "revisit_engines" not in path.parts]
        claims = sorted((workflow / "claims").glob("*.yaml"))
        module = self.random.choice(modules if self.random.random() < 0.8 else claims)
        text = module.read_text()
        mark = f"# edit {self.random.randint(0, 1)}\n"
        module.write_text(text.removesuffix(mark) if text.endswith(mark) else text + mark)
        return module.name

    def delete(self):
        path = self._some_artifact()
        if path and self.random.random() < 0.5:
            path = self.random.choice(list(path.relative_to(self.tree.folder).parents)[:-1] or [path])
            path = self.tree.folder / path
        if path:
            shutil.rmtree(path) if path.is_dir() else path.unlink()
        return path and path.name

    def corrupt(self):
        if path := self._some_artifact():
            path.write_bytes(path.read_bytes()[: self.random.randint(0, 20)] + b"damage")
        return path and path.name

    def checkout(self):
        self.tree.dvc("checkout", check=False)

    def wipe_metadata(self):
        victim = self.random.choice([".snakemake", ".dvc/tmp", ".dvc/site", "dvc.lock", ".work/engine.lock"])
        path = self.tree.folder / victim
        shutil.rmtree(path, ignore_errors=True) if path.is_dir() else path.unlink(missing_ok=True)
        return victim

    def cut_metadata(self):
        """As a kill -9 in the middle of a write leaves it."""
        path = self.tree.folder / self.random.choice(["dvc.lock", ".dvc/tmp/rwlock"])
        if path.exists():
            content = path.read_bytes()
            path.write_bytes(content[: self.random.randint(0, len(content))])
        return path.name

    def damage_cache(self):
        objects = [p for p in (self.tree.folder / ".dvc/cache/files/md5").rglob("*") if p.is_file()]
        if objects:
            path = self.random.choice(objects)
            content = path.read_bytes()
            path.unlink()
            if self.random.random() < 0.5:  # damaged, and protected as it was
                path.write_bytes(content[: len(content) // 2] + b"damage")
                path.chmod(0o444)
        self.cached.clear()  # any stage may need its lost output again

    def nothing(self):
        pass

    def kill(self):
        """Start an engine and kill it, its group, or one of its jobs, at a random moment."""
        engine = self.random.choice([["snakemake", "--cores", "2"], ["dvc", "repro"]])
        process = self.tree.start(*engine)
        time.sleep(self.random.uniform(0.2, 6.0))
        victim = self.random.choice(["engine", "group", "job"])
        try:
            children = psutil.Process(process.pid).children(recursive=True)
        except psutil.NoSuchProcess:
            children = []
        if victim == "job":
            _kill(*self.random.sample(children, min(1, len(children))))
            process.communicate()
        else:
            process.kill()
            _kill(*(children if victim == "group" else []))
            process.wait()
            process.stdout.close()
        return f"{engine[0]} {victim}"

    def _some_artifact(self):
        folder = self.tree.folder
        files = [p for top in ("data", "results") for p in sorted((folder / top).rglob("*")) if p.is_file()]
        return self.random.choice(files) if files else None

    # what must hold

    def check(self, ran: list[str], disturbed: bool, what: str, output: str) -> None:
        """Assert that the artifacts are right, the engines agree, and nothing ran that did not have to."""
        wanted_files, digests = expected(self.tree)
        actual = self.tree.artifacts()
        wrong = sorted(path for path, content in wanted_files.items() if actual.get(path) != content)
        assert not wrong, f"{what}: wrong or missing: {wrong[:5]}\n{output}"
        wanted = {f"{stage} {digest}" for stage, digest in digests.items()}
        if not disturbed:  # a killed run's jobs may have finished without their results being kept
            assert set(ran) <= wanted, f"{what}: ran with other inputs: {set(ran) - wanted}"
            assert len(set(ran)) == len(ran), f"{what}: ran twice: {ran}"
            assert not set(ran) & self.cached, f"{what}: ran although cached: {set(ran) & self.cached}\n{output}"
        self.cached |= wanted
        try:
            self.tree.assert_nothing_to_do()
        except AssertionError as error:
            raise AssertionError(f"{what}: {error}\n--- the run:\n{output}") from error


def expected(tree: Tree) -> tuple[dict[str, bytes], dict[str, str]]:
    """Every artifact of a tree with stand-ins as `params.yaml` and the code ask for it, and the digest of each stage's
    inputs.
    """
    records = json.loads(subprocess.run(
        [sys.executable, "-c", RECORDS], cwd=tree.folder, check=True, capture_output=True, text=True
    ).stdout)  # fmt: skip
    world = {path: text.encode() for path, text in records.items()}
    artifacts = dict(world)
    digests = {}
    specification = tree.specify()
    del specification["configure"]
    for stage in sorted(specification, key=lambda name: ORDER.index(name.split("@")[0])):
        digests[stage], written = stand_in.outputs(specification[stage], partial(_within, world))
        made = {path: text.encode() for path, text in written.items()}
        world |= made
        artifacts |= made
    return artifacts, digests


def _within(world: dict[str, bytes], path: str) -> dict[str, bytes]:
    if path in world:
        return {".": world[path]}
    return {name.removeprefix(f"{path}/"): content for name, content in world.items() if name.startswith(f"{path}/")}


RECORDS = """
import json, sys
sys.path.insert(0, 'workflow')
from revisit.params.load import load
from revisit_engines.configure import records
print(json.dumps({str(path): content.decode() for path, content in records(load()).items()}))
"""


def _kill(*processes: psutil.Process) -> None:
    for process in processes:
        with contextlib.suppress(psutil.NoSuchProcess):
            process.kill()
