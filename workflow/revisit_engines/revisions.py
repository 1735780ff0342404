"""The numbers of a revision, out of git and DVC's cache: nothing is checked out, fetched or changed."""

import json
from collections.abc import Iterator
from pathlib import Path, PurePosixPath
from typing import Any

from dvc.exceptions import DvcException
from dvc.fs import LocalFileSystem
from dvc.lock import LockError
from dvc.output import Output
from dvc.repo import Repo
from dvc.scm import SCMError, map_scm_exception, resolve_rev

from revisit import paths
from revisit.errors import ArtifactError, BusyError, EngineError
from revisit.nested import flatten
from revisit.params.load import load
from revisit_engines import cache, premises
from revisit_engines.compare import Results
from revisit_engines.configure import records
from revisit_engines.staleness import stale_stages

WORKING_TREE = "workspace"  # what DVC calls it
CLAIMS = "claims.json"
RUN = "run the pipeline (`dvc repro`)"


class _NotCachedError(Exception):
    """DVC knows of an artifact that its cache does not hold."""


def read(revisions: list[str]) -> list[Results]:
    """The numbers of each revision: what git or DVC's experiments know by that name, or `workspace`.

    Of the working tree what lies in it counts, then what `dvc.lock` says.

    Raises:
        EngineError: no git repository, no such revision, or DVC cannot read the files of one.
        ArtifactError: a revision has no results, or the cache does not hold them.
        ConfigError: the working tree's `params.yaml` has a mistake.
        BusyError: DVC holds the working tree for longer than a moment.
    """
    cache.keep_private(Path.cwd())
    premises.check_owner()
    try:
        with Repo() as repo:
            return [_working_tree(repo) if name == WORKING_TREE else _commit(repo, name) for name in revisions]
    except SCMError as error:
        raise EngineError(f"git: {error}; run `git init` and commit: there must be revisions to compare") from error
    except DvcException as error:
        raise EngineError(f"DVC: {error}") from error


def _working_tree(repo: Repo) -> Results:
    params = load()
    try:
        with repo.lock:  # DVC tries for three seconds; its jobs hold it for less
            numbers, stages = _numbers(repo, "the working tree", "bring them back with `dvc checkout`")
    except LockError as error:
        holder = Path(repo.lock.lockfile).read_text(encoding="utf-8").strip()
        raise BusyError(
            f"DVC{f' (PID {holder})' if holder else ''} holds this working tree; wait until it ends, or compare commits"
        ) from error
    stale = stale_stages(records(params))
    return Results("the working tree", *numbers, tuple(sorted(stale & stages)))


def _commit(repo: Repo, name: str) -> Results:
    commit = _resolve(repo, name)
    shown = name if name.isprintable() else repr(name)
    remedy = "get them with `dvc fetch --all-commits` if there is a remote, or check that revision out"
    with repo.switch(commit):
        numbers, _ = _numbers(repo, f"revision {shown}", remedy)
    return Results(f"{shown} ({commit[:7]})", *numbers)


def _resolve(repo: Repo, name: str) -> str:
    """The commit of a revision. No shell and no git command sees the name."""
    if repo.scm.no_commits:
        raise EngineError("git: there is no commit yet: commit the project and its results, then compare")
    try:
        with map_scm_exception():
            return repo.scm.resolve_commit(resolve_rev(repo.scm, name)).hexsha
    except (SCMError, ValueError, AttributeError) as error:  # the last: a file or a tree, no commit
        raise EngineError(
            f"git knows no revision {name!r}; name a commit, a branch, a tag or an experiment of DVC, such as HEAD~1 "
            "(`git log --oneline -- dvc.lock` lists the commits with new results)"
        ) from error


Numbers = tuple[dict[str, Any], dict[str, Any]]  # metrics by path, claims by id


def _numbers(repo: Repo, name: str, remedy: str) -> tuple[Numbers, set[str]]:
    """Metrics, claims, and the stages that make them, of the revision that `repo` looks at."""
    metrics: dict[str, Any] = {}
    claims: dict[str, Any] = {}
    stages, missing = set(), []
    for out, file in _files(repo, name):
        stages.add(out.stage.addressing)
        try:
            content = _content(repo, out, file)
        except _NotCachedError:
            missing.append(file.as_posix())
            continue
        if content is None:
            continue
        try:
            value = json.loads(content)
            if file.name == CLAIMS:
                claims |= {row["id"]: dict(row) for row in value}
            else:
                metrics |= flatten(value, f"{file.parent.name}.{file.stem}")
        except (ValueError, TypeError, LookupError) as error:
            raise ArtifactError(f"{name}: {file} is damaged ({error}): remove it and {RUN}") from None
    if missing:
        others = f" and {len(missing) - 1} more" if len(missing) > 1 else ""
        raise ArtifactError(f"{name}: DVC's cache has no {missing[0]}{others}: {remedy} and {RUN}")
    if not metrics:
        raise ArtifactError(
            f"{name} has no results: no dvc.lock tells of any there; {RUN}, commit dvc.lock with your work, and "
            "compare revisions that have one (`git log --oneline -- dvc.lock`)"
        )
    return (metrics, claims), stages


def _files(repo: Repo, name: str) -> Iterator[tuple[Output, PurePosixPath]]:
    """The outputs that hold numbers, each with its file of them, in a fixed order."""
    try:
        outs = {PurePosixPath(out.def_path): out for stage in repo.index.stages for out in stage.outs}
    except DvcException as error:
        raise EngineError(f"{name}: DVC: {error}: compare another revision, or mend that file") from error
    for path, out in sorted(outs.items(), key=lambda item: item[0]):
        if path.parent.parent == PurePosixPath(paths.FINDINGS) and path.suffix == ".json":
            yield out, path
        elif path.parent == PurePosixPath(paths.STUDIES):
            yield out, path / CLAIMS


def _content(repo: Repo, out: Output, file: PurePosixPath) -> bytes | None:
    """The content of a file of an output; None if no run has made it.

    Read from the cache by its digest, since DVC's own file system would turn to a remote for what is not there.
    """
    if isinstance(repo.fs, LocalFileSystem) and Path(file).is_file():
        return Path(file).read_bytes()
    entry = out.hash_info
    if not entry:
        return None
    if entry.isdir:
        tree = out.get_obj()
        if tree is None:
            raise _NotCachedError
        _, entry = tree.get(file.relative_to(out.def_path).parts) or (None, None)
        if entry is None:
            return None
    try:
        return Path(out.cache.oid_to_path(entry.value)).read_bytes()
    except FileNotFoundError:
        raise _NotCachedError from None
