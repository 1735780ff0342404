"""Results made elsewhere, taken into this tree where its engines would have made them with the same inputs.

A receipt says what a step read and left. It counts here if the stage's record, which holds its settings and the digest
of every file of its code, is the one here byte for byte, if the data and the weights that it read are those here, and
if the results are those of the receipt. Then they take their places, and DVC commits the stage as after its own run.
"""

import json
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import networkx as nx
from dvc.repo import Repo
from dvc.stage import PipelineStage

from revisit import files, reading
from revisit.errors import ArtifactError
from revisit.params.load import load
from revisit_engines import cache, guard
from revisit_engines.configure import records
from revisit_engines.pieces import plan, runner

RECORDS = "results/config/"


@dataclass(frozen=True)
class Taken:
    """What became of the receipts: which stages were taken, which were here before, and what speaks against others."""

    taken: list[str]
    known: list[str]
    refused: dict[str, str]
    machines: list[str]


def take(source: Path, folder: Path) -> Taken:
    """Take the results that lie in `source`, laid out as in this tree, with their receipts in its `folder`.

    Raises:
        ArtifactError: there are no receipts, or one is damaged.
        BusyError, EngineError: see `guard.hold`.
    """
    receipts = _receipts(source / folder / runner.RECEIPTS.name)
    cache.keep_private(Path())
    cache.look_at_contents()
    now = {path.as_posix(): content for path, content in records(load()).items()}
    machines = sorted({_machine(receipt) for receipt in receipts.values()})
    found = Taken([], [], {}, machines)
    lock = guard.hold("gpu-collect")
    try:
        with Repo() as repo:
            graph = repo.index.graph  # an edge leads from a stage to one that it depends on
            stages = [stage for stage in reversed(list(nx.topological_sort(graph))) if stage.addressing in receipts]
            for gone in sorted(receipts.keys() - {stage.addressing for stage in stages}):
                found.refused[gone] = "params.yaml here has no such stage"
            digests = runner.Digests()
            for stage in stages:
                _take(repo, stage, receipts[stage.addressing], source, now, digests, found)
    finally:
        lock.close()
    return found


def _take(
    repo: Repo,
    stage: PipelineStage,
    receipt: runner.Receipt,
    source: Path,
    now: dict[str, bytes],
    digests: runner.Digests,
    found: Taken,
) -> None:
    name = stage.addressing
    if reason := next(_against(stage, receipt, source, now, digests), None):
        found.refused[name] = reason
        return
    outputs = receipt["outputs"]
    differ = [path for path, digest in outputs.items() if digests.of(Path(path)) != digest]
    for path in differ:
        with files.replacing(path) as partial:
            files.copy(source / path, partial)
    if differ or stage.changed_stage() or any(part.status() for part in (*stage.deps, *stage.outs)):
        repo.commit(name, force=True)
        found.taken.append(name)
    else:
        found.known.append(name)


def _against(
    stage: PipelineStage, receipt: runner.Receipt, source: Path, now: dict[str, bytes], digests: runner.Digests
) -> Iterator[str]:
    """What speaks against taking the results of a receipt."""
    if receipt["command"] != plan.command(stage):
        yield "its command here is another"
    if receipt["inputs"].keys() != {dep.def_path for dep in stage.deps}:
        yield "it reads other files here"
    if receipt["outputs"].keys() != {out.def_path for out in stage.outs}:
        yield "it leaves other files here"
    for path, digest in receipt["inputs"].items():
        if path.startswith(RECORDS):
            yield from _against_record(path, digest, source, now, digests)
        elif digests.of(Path(path)) != digest:
            yield f"{path}: what it read there is not what is here"
    for path, digest in receipt["outputs"].items():
        if digests.of(source / path) != digest:
            yield f"{source / path}: missing, or not what the receipt says; copy it again"


def _against_record(
    path: str, digest: str | None, source: Path, now: dict[str, bytes], digests: runner.Digests
) -> Iterator[str]:
    try:
        used, recorded = (source / path).read_bytes(), Path(path).read_bytes()
    except OSError as error:
        yield f"{error.filename}: missing; copy it again, or run `dvc repro configure` here"
        return
    if digests.of(source / path) != digest:
        yield f"{source / path}: not the record that was used; copy it again"
    if used != now.get(path):
        what = _difference(source / path, now.get(path))
        yield f"it ran with another {what}; turn that back here, or run it again"
    elif used != recorded:
        yield f"{path}: out of date; run `dvc repro configure` first"


def _difference(used: Path, here: bytes | None) -> str:
    """The first setting or file of code in which two records differ."""
    try:
        then, now = reading.json_value(used), json.loads(here or b"{}")
    except (OSError, ValueError):
        return f"record ({used})"
    part, *keys = _first_difference(then, now) or [""]
    if part == "settings" and keys:
        return f"setting `{'.'.join(keys)}`"
    return keys[0] if part == "code" and keys else f"record ({used})"


def _first_difference(one: Any, other: Any) -> list[str]:
    """The keys that lead to the first value in which two values of JSON differ."""
    if not isinstance(one, dict) or not isinstance(other, dict):
        return []
    key = next((key for key in [*one, *other] if one.get(key) != other.get(key)), None)
    return [] if key is None else [key, *_first_difference(one.get(key), other.get(key))]


def _receipts(folder: Path) -> dict[str, runner.Receipt]:
    receipts: dict[str, runner.Receipt] = {}
    for path in sorted(folder.glob("*.json")):
        try:
            receipt: runner.Receipt = reading.json_value(path)
            receipts[receipt["stage"]] = receipt
            if not all(isinstance(receipt[key], dict) for key in ("inputs", "outputs", "machine")):
                raise ValueError("inputs, outputs and machine are mappings")
            if not all(_inside(name) for name in (*receipt["inputs"], *receipt["outputs"])):
                raise ValueError("a path leads out of the tree")
        except (OSError, ValueError, LookupError, TypeError) as error:
            raise ArtifactError(f"{path}: damaged ({error}); copy it again") from error
    if not receipts:
        raise ArtifactError(
            f"{folder}: no receipts; unpack there what the other machine's back.txt lists, and name that folder: "
            "make gpu-collect FROM=back"
        )
    return receipts


def _inside(path: str) -> bool:
    return not Path(path).is_absolute() and ".." not in Path(path).parts


def _machine(receipt: runner.Receipt) -> str:
    machine = receipt["machine"]
    return f"{machine.get('device')}, PyTorch {machine.get('torch')}, Python {machine.get('python')}"
