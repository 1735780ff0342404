"""Which stages are stale: DVC's judgement by content, asked before Snakemake builds its DAG."""

import hashlib
from pathlib import Path

import networkx as nx
from dvc.exceptions import DvcException
from dvc.repo import Repo
from dvc.stage import PipelineStage

from revisit.errors import EngineError
from revisit_engines import cache


def stale_stages(records: dict[Path, bytes]) -> set[str]:
    """The names of the stages that have to run, such as "train@fashion_dynamic".

    A stage is stale when its command, a dependency or an output differs from `dvc.lock`, or when it depends
    on a stale stage. Every stage depends on `configure`, of whose outputs a stage reads one record: instead
    of everything below it, a stale `configure` makes those stages stale whose record will change.

    Args:
        records: what `configure` writes for the current `params.yaml`: path, relative to the root -> content.

    Raises:
        EngineError: DVC cannot read its files; the message is DVC's.
    """
    changing = {
        path.as_posix(): hashlib.md5(content, usedforsecurity=False).hexdigest() for path, content in records.items()
    }
    cache.look_at_contents()
    try:
        with Repo(_wait_for_lock=True) as repo, repo.lock:
            return _stale(repo, changing)
    except DvcException as error:
        raise EngineError(f"DVC: {error}") from error


def _stale(repo: Repo, changing: dict[str, str]) -> set[str]:
    graph = repo.index.graph  # an edge leads from a stage to one that it depends on
    stale = {stage.addressing for stage in graph if _changed(stage, changing)}
    edges = ((needed.addressing, stage.addressing) for stage, needed in graph.edges)
    below = nx.DiGraph(edge for edge in edges if "configure" not in edge)
    source = ""  # above every stale stage: one search instead of one for each
    below.add_node(source)
    below.add_edges_from((source, name) for name in stale)
    return nx.descendants(below, source)


def _changed(stage: PipelineStage, changing: dict[str, str]) -> bool:
    if stage.changed_stage():
        return True
    for dep in stage.deps:
        record = changing.get(dep.def_path)
        if dep.hash_info.value != record if record else dep.status():
            return True
    return any(out.status() for out in stage.outs)
