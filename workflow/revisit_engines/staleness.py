"""Which stages are stale: DVC's judgement by content, asked before Snakemake builds its DAG."""

import hashlib
import json
from collections.abc import Collection, Iterator
from contextlib import contextmanager, nullcontext
from pathlib import Path

import networkx as nx
from dvc.exceptions import DvcException
from dvc.fs import MemoryFileSystem
from dvc.repo import Repo
from dvc.stage import PipelineStage

from revisit import paths
from revisit.errors import EngineError
from revisit_engines import cache

COLLECT = "collect"


@contextmanager
def project() -> Iterator[Repo]:
    """DVC's view of the project, whose index is built once, when it is first asked for.

    Raises:
        EngineError: DVC cannot read its files; the message is DVC's.
    """
    try:
        with Repo(_wait_for_lock=True) as repo:
            yield repo
    except DvcException as error:
        raise EngineError(f"DVC: {error}") from error


def stale_stages(records: dict[Path, bytes], forced: Collection[str] = (), repo: Repo | None = None) -> set[str]:
    """The names of the stages that have to run, such as "train@fashion_dynamic".

    A stage is stale when its command, a dependency or an output differs from `dvc.lock`, or when it depends
    on a stale stage. Every stage depends on `configure`, of whose outputs a stage reads one record: instead
    of everything below it, a stale `configure` makes those stages stale whose record will change. Every study
    depends on `collect`, of whose output it reads one folder: unless `collect` itself has changed, a study is stale
    with the stages that make its own findings.

    Args:
        records: what `configure` writes for the current `params.yaml`: path, relative to the root -> content.
        forced: stages that are to run in any case.
        repo: of `project`, where the caller asks it for more.

    Raises:
        EngineError: as `project`.
    """
    changing = {
        path.as_posix(): hashlib.md5(content, usedforsecurity=False).hexdigest() for path, content in records.items()
    }
    cache.look_at_contents()
    with nullcontext(repo) if repo else project() as opened, opened.lock:
        return _stale(opened, changing, _folders(records[paths.config(COLLECT)]), forced)


def forced_stages(words: Collection[str] | None) -> set[str]:
    """The names of the stages that these words, names of rules or paths of their outputs, mean to Snakemake; None: all.

    Raises EngineError as `project`.
    """
    with project() as repo:
        return {stage.addressing for stage in repo.index.graph if words is None or _means(words, stage)}


def _means(words: Collection[str], stage: PipelineStage) -> bool:
    return stage.addressing.split("@")[0] in words or any(out.def_path in words for out in stage.outs)


def _stale(repo: Repo, changing: dict[str, str], folders: dict[str, str], forced: Collection[str]) -> set[str]:
    graph = repo.index.graph  # an edge leads from a stage to one that it depends on
    stale = {stage.addressing for stage in graph if stage.addressing in forced or _changed(stage, changing)}
    edges = {(needed.addressing, stage.addressing) for stage, needed in graph.edges}
    if COLLECT not in stale:
        edges = {edge for edge in edges if edge[0] != COLLECT} | set(_past_collect(graph, folders))
    below = nx.DiGraph(edge for edge in edges if "configure" not in edge)
    source = ""  # above every stale stage: one search instead of one for each
    below.add_node(source)
    below.add_edges_from((source, name) for name in stale)
    return nx.descendants(below, source)


def _past_collect(graph: nx.DiGraph, folders: dict[str, str]) -> Iterator[tuple[str, str]]:
    """Edges from what makes findings straight to the studies that `collect` gathers them for.

    Snakemake never looks at a study that is left out here, even if its folder turns out to be another. It cannot:
    a `collect` that has not changed has read the findings that lie there now and left the folders that lie there
    now, and it makes a folder of the findings listed for it and of nothing else.
    """
    collect = next(stage for stage in graph if stage.addressing == COLLECT)
    for maker in graph.successors(collect):
        found = [out.def_path for out in maker.outs if out.def_path.startswith(f"{paths.FINDINGS}/")]
        fed = {folders.get(path) for path in found} or {None}  # None: not known, so perhaps every one
        for study in graph.predecessors(collect):
            if None in fed or fed & {dep.def_path for dep in study.deps}:
                yield maker.addressing, study.addressing


def _folders(record: bytes) -> dict[str, str]:
    """Each finding that the record of `collect` lists, with the collected folder that it goes to."""
    return {
        paths.findings(experiment, name).as_posix(): paths.collected(study).as_posix()
        for study, experiments in json.loads(record)["settings"]["studies"].items()
        for experiment, names in experiments.items()
        for name in names
    }


def _changed(stage: PipelineStage, changing: dict[str, str]) -> bool:
    """Whether a stage differs from `dvc.lock`.

    DVC keeps the listing of every folder that it looks at in memory, and goes through all of them for each further
    one. None is asked for again here.
    """
    try:
        return stage.changed_stage() or _inputs_changed(stage, changing) or any(out.status() for out in stage.outs)
    finally:
        MemoryFileSystem().fs.store.clear()


def _inputs_changed(stage: PipelineStage, changing: dict[str, str]) -> bool:
    for dep in stage.deps:
        record = changing.get(dep.def_path)
        if dep.hash_info.value != record if record else dep.status():
            return True
    return False
