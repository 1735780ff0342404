"""The `configure` stage: one record per stage, on which the stage depends in both engines.

A record holds what the stage does (its resolved settings) and with which code (the digests of the files
that its script runs). It changes exactly when the stage has to run again, so no engine needs `params:`
lists or lists of modules, and editing one experiment leaves the records of all others as they are.
"""

from collections.abc import Callable
from functools import cache
from pathlib import Path

from revisit import files, paths
from revisit.analyses import kinds, loading
from revisit.data.formats import registry as formats
from revisit.params.resolve import Settings, resolve
from revisit.params.schema import Params
from revisit.reference import store
from revisit.report import panels
from revisit.tasks import registry as tasks
from revisit_engines import imports, leftovers, mirrors
from revisit_engines.imports import WORKFLOW, files_of

ANALYSIS = "run_analysis"  # of all kinds that leave findings
# The script of each stage; a test holds this against the commands of dvc.yaml, which cannot itself be a
# dependency of a stage.
SCRIPTS = {
    "fetch": "fetch_dataset",
    "prepare": "prepare_dataset",
    "propose": "propose_regions",
    "pretrain": "pretrain_network",
    "graft": "graft_network",
    "train": "train_network",
    "finetune": "train_network",
    "extract": "extract_features",
    **dict.fromkeys(loading.available("compute"), ANALYSIS),
    "collect": "collect_findings",
    "study": "render_study",
    "report": "render_report",
}
LEDGER = WORKFLOW / "claims"  # a file per study, which belongs to the record of that study


def script_of(stage: str) -> Path:
    """The script that runs `stage`."""
    return WORKFLOW / "scripts" / f"{SCRIPTS[stage]}.py"


def loaded_by_name(stage: str, settings: Settings) -> tuple[str, ...]:
    """The modules that a stage with these settings loads by name, which no import statement shows."""
    modules = [f"revisit.models.{settings['model']}"] if "model" in settings else []
    if "embedded" in settings:
        modules.append(f"revisit_drawing.{settings['embedded']['drawing']}")
    if stage in ("fetch", "prepare"):
        modules.append(formats.module(settings["format"], "facts" if stage == "fetch" else "reader"))
    runs = settings.get("training", settings).get("runs", {})  # those of a stand-in for pretrained weights, too
    for task in sorted({protocol["objective"]["name"] for protocol in runs.values()}):
        modules += tasks.modules(task)
    if SCRIPTS[stage] == ANALYSIS:
        modules += kinds.modules(stage, settings)
    if stage == "study":
        modules += panels.modules()
    return tuple(modules)


def code_of(
    stage: str,
    name: str | None,
    settings: Settings,
    digest: Callable[[Path], str] = files.sha256,
    imported: Callable[[Path, tuple[str, ...]], list[Path]] = files_of,
) -> dict[str, str]:
    """The files of the code that a stage with these settings runs, each with its `digest`."""
    used = imported(script_of(stage), loaded_by_name(stage, settings))
    if stage == "study" and (claims := LEDGER / f"{name}.yaml").is_file():
        used = [*used, claims]
    if stage == "study":
        used = [*used, *(path for kept in settings["asked"] for path in store.paths_of(kept))]
    return {path.as_posix(): digest(path) for path in used}


def records(params: Params) -> dict[Path, bytes]:
    """The path and the content of every record of `params`."""
    digest, imported = cache(files.sha256), cache(files_of)  # stages by the thousand share a few lists of files
    contents = {}
    for (stage, name), settings in resolve(params, store.names()).items():
        code = code_of(stage, name, settings, digest, imported)
        path = paths.config(stage, name)
        contents[path] = files.json_bytes({"settings": mirrors.listed(path, settings), "code": code})
    imports.keep()
    return contents


def write(params: Params) -> leftovers.Pruned:
    """Write `results/config/`, whole or not at all, and remove results that `params` no longer knows; returns which.

    `collect` and `report` depend on whole folders, which must hold what `params` asks for and nothing else.
    Models and data of names that are gone go with them. What is removed lies in DVC's cache and comes back when the
    edit is turned back; findings that do not are moved to another folder.
    """
    with files.replacing(paths.CONFIG) as partial:
        for path, content in records(params).items():
            target = partial / path.relative_to(paths.CONFIG)
            target.parent.mkdir(parents=True, exist_ok=True)
            target.write_bytes(content)
    return leftovers.prune(params)
