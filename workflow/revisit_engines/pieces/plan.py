"""What has to be computed on a GPU, as a list for a machine without the engines (`runner`)."""

import shlex
import shutil
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

import networkx as nx
from dvc.stage import PipelineStage

from revisit import files, paths, reading
from revisit.analyses.kinds import kinds
from revisit.errors import ArtifactError, ConfigError
from revisit.params.load import load
from revisit.params.resolve import Settings, resolve
from revisit_engines import cache, guard, imports
from revisit_engines.configure import records
from revisit_engines.pieces import runner
from revisit_engines.staleness import project, stale_stages

FOLDER = Path("results/pieces")
TRAIN = ("pretrain", "train", "finetune")  # they go on where they were stopped
NEVER = {"ruamel"}  # reads params.yaml and claims, which no listed step does
LISTED = {"pretrain", "train", "graft", "finetune", *(kind for kind, of in kinds().items() if of.reads != "features")}


@dataclass(frozen=True)
class Plan:
    """The list: steps in order, and what they need of this tree."""

    scale: str
    steps: list[runner.Step]
    copied: list[str]


def make(names: Iterable[str] = ()) -> Plan:
    """Plan the trainings that are out of date, and the analyses of their networks.

    Args:
        names: of experiments, finetunings and so on to plan, with what they need; none: all.

    Raises:
        ArtifactError: data or weights that cannot be made there are not in place.
        ConfigError: a name is not known, or `params.yaml` has a mistake.
        BusyError, EngineError: see `guard.hold`.
    """
    cache.keep_private(Path())
    params = load()
    lock = guard.hold("gpu-pieces")
    try:
        settings = resolve(params)
        with project() as repo:
            stale = stale_stages(records(params), repo=repo)
            graph = nx.relabel_nodes(repo.index.graph, lambda stage: stage.addressing)
            stages = {stage.addressing: stage for stage in repo.index.stages}
        chosen = {name for name in stale if _is_listed(name, settings)}
        chosen = _asked(chosen, list(names), graph, settings)
        data = _data_of_networks(chosen, settings)
        _check_inputs(chosen, stale, graph, data)
        order = [f"{kind}@{item}" if item else kind for kind, item in settings]
        below = graph.subgraph(chosen).reverse()
        sorted_ = list(nx.lexicographical_topological_sort(below, key=order.index))
        after = {name: sorted(needed for needed in graph.successors(name) if needed in chosen) for name in sorted_}
    finally:
        lock.close()
    digests = runner.Digests()
    steps = [_step(stages[name], after[name], settings) for name in sorted_]
    made = {path for step in steps for path in step["outputs"]}
    for step in steps:
        step["inputs"] = {path: None if path in made else digests.of(Path(path)) for path in step["inputs"]}
    code = {path for step in steps for record in step["records"] for path in reading.json_value(record)["code"]}
    needed = {path for step in steps for path in step["inputs"]} - made
    needed |= {paths.prepared(name).as_posix() for name in data}
    return Plan(params.scale, steps, sorted(code | needed))


def write(plan: Plan, folder: Path) -> None:
    """Write the list, what to copy, and the script that runs it. Receipts of an earlier list go."""
    with files.replacing(folder) as partial:
        partial.mkdir(parents=True)
        (partial / runner.LIST.name).write_bytes(files.json_bytes({"scale": plan.scale, "steps": plan.steps}))
        shutil.copyfile(runner.__file__, partial / "run.py")
        lines = [(folder / runner.LIST.name).as_posix(), (folder / "run.py").as_posix(), *plan.copied]
        (partial / "copy.txt").write_text("".join(f"{line}\n" for line in lines), encoding="utf-8")


def size(plan: Plan) -> int:
    """The bytes to copy."""
    found = [Path(path) for path in plan.copied]
    everything = [file for path in found for file in (path.rglob("*") if path.is_dir() else [path]) if file.is_file()]
    return sum(file.stat().st_size for file in everything)


def _is_listed(stage: str, settings: dict[tuple[str, str | None], Settings]) -> bool:
    kind, _, item = stage.partition("@")
    if kind == "pretrain":  # from a file or from torchvision it is made here
        return settings[kind, item]["source"] == "embedded"
    return kind in LISTED


def _asked(
    chosen: set[str], names: list[str], graph: nx.DiGraph, settings: dict[tuple[str, str | None], Settings]
) -> set[str]:
    """Those of `chosen` that `names` ask for, and what they need."""
    known = {item for kind, item in settings if kind in LISTED and item is not None}
    for name in names:
        if name not in known:
            raise ConfigError(f"{name!r} is no training of params.yaml; there are: {', '.join(sorted(known))}")
    if not names:
        return chosen
    asked = {stage for stage in chosen if stage.partition("@")[2] in names}
    return asked | {needed for stage in asked for needed in nx.descendants(graph, stage)} & chosen


def _data_of_networks(chosen: set[str], settings: dict[tuple[str, str | None], Settings]) -> set[str]:
    """The data sets that analyses read, on which their stages depend through the network alone."""
    analyses = [(kind, item) for kind, _, item in (stage.partition("@") for stage in chosen) if kind in kinds()]
    return {settings[analysis]["dataset"] for analysis in analyses if "dataset" in settings[analysis]}


def _check_inputs(chosen: set[str], stale: set[str], graph: nx.DiGraph, data: set[str]) -> None:
    """Raise ArtifactError where something that is made here is not in place."""
    needed = {needed for stage in chosen for needed in graph.successors(stage)} - chosen
    needed |= {f"{'propose' if f'propose@{name}' in graph else 'prepare'}@{name}" for name in data}
    if waiting := sorted(needed & stale):
        raise ArtifactError(
            f"{', '.join(waiting)}: not made yet, or out of date; the trainings need them; "
            f"run `dvc repro {' '.join(waiting)}` first"
        )


def _step(stage: PipelineStage, after: list[str], settings: dict[tuple[str, str | None], Settings]) -> runner.Step:
    kind, _, item = stage.addressing.partition("@")
    record = paths.config(kind, item).as_posix()
    code = reading.json_value(record)["code"]
    return {
        "stage": stage.addressing,
        "command": command(stage),
        "inputs": dict.fromkeys(dep.def_path for dep in stage.deps),
        "outputs": [out.def_path for out in stage.outs],
        "records": [record],
        "after": after,
        "resumes": kind in TRAIN,
        "state": paths.resume(item).as_posix() if kind in TRAIN else None,
        "seconds": round(_seconds(kind, settings[kind, item])),
        "packages": sorted(set(imports.packages(Path(path) for path in code)) - NEVER),
    }


def command(stage: PipelineStage) -> list[str]:
    """The command of a stage behind `exec python`."""
    return shlex.split(stage.cmd)[2:]


def _seconds(kind: str, settings: Settings) -> float:
    """What a stage costs, as far as that can be known here."""
    from revisit_engines.pieces import cost  # PyTorch: not before the arguments are known to be right

    if kind not in TRAIN:
        return cost.START if kind == "graft" else cost.ANALYSIS
    training = settings.get("training", settings)
    meta = reading.json_value(paths.prepared(training["dataset"]) / "meta.json")
    shape, classes = meta["shape"], len(meta["classes"])
    images: cost.Images = {"shape": shape, "classes": classes, "train": meta["train"], "test": meta["test"]}
    return cost.training(training, images)
