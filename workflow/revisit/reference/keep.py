"""Keeping findings of a working tree as a reference result: what is not worth citing is refused."""

import csv
import datetime
import os
import platform
import subprocess
from collections.abc import Callable, Mapping, Sequence
from importlib import metadata
from pathlib import Path
from typing import TYPE_CHECKING, Any, cast

from revisit import files, paths, reading
from revisit.data import provenance
from revisit.errors import ArtifactError, ConfigError
from revisit.reference import meaning, store, thin
from revisit.reference.first_steps import STEPS

if TYPE_CHECKING:
    from revisit.reference.settings import Asked

TRAINING = ("train.json", "history.csv", "evaluations.csv", "runs")
PROPOSALS = ("proposals.json", "proposals")
DECIDING = ("workflow", "dvc.yaml", "requirements.lock")  # what a result is made by, besides params.yaml
PACKAGES = ("torch", "torchvision", "numpy", "scikit-learn", "openTSNE")
Settings = Mapping[str, Any]


def keep(
    name: str,
    asked: Mapping[str, "Asked"],
    tree: Path = Path(),
    without: Sequence[str] = (),
    weights: str | None = None,
    root: Path = store.FOLDER,
) -> Path:
    """Keep the findings of the experiment `name` in the working tree `tree`, in the place of any kept before.

    Args:
        name: the experiment or finetuning.
        asked: its settings by stage (`train`, `prepare`, `propose`, kinds of analysis) at each scale worth keeping, the
            largest last.
        tree: where it was run; a clone at some commit.
        without: kinds of analysis that may be missing.
        weights: what DVC calls its network.
        root: the folder of all reference results.

    Returns the folder.

    Raises:
        ConfigError: it was not run by the protocol of any of these scales; one of a larger scale is there; or the tree
            has edits that no commit has.
        ArtifactError: findings are missing, damaged, of stand-ins, or of runs that were not finished or diverged.
    """
    commit = _commit(tree)
    scale, settings = _settings(name, asked, tree, without)
    _check_smaller(name, scale, root)
    findings = tree / paths.FINDINGS / name
    train = _json(findings / "train.json")
    _check_runs(name, settings["train"], train, findings)
    data = _data(name, tree, settings["train"]["dataset"], train)
    with files.replacing(root / name) as partial:
        kept = partial / store.FINDINGS
        for item in (*TRAINING, *(item for kind in _kinds(settings) for item in (f"{kind}.json", kind))):
            _copy(findings / item, kept / item)
        if "propose" in settings:  # found under another name, which several experiments share
            for item in PROPOSALS:
                _copy(tree / paths.findings(settings["propose"]["proposals"], item), kept / item)
        for stamp in kept.rglob(".*"):  # an engine's
            stamp.unlink()
        try:
            thinned = thin.thin(kept)
        except ValueError as error:
            raise ArtifactError(f"{findings}: {error}: too large to be kept; ask for fewer of it") from None
        seconds, cpu = _times(tree, name, settings)
        description = store.Description(
            version=store.VERSION,
            experiment=name,
            scale=scale,
            commit=commit,
            date=_date(findings / "train.json"),
            device=train["device"],
            machine=machine(train["device"]),
            versions=versions(),
            seconds=seconds,
            cpu_seconds=cpu,
            replicates=settings["train"]["replicates"],
            data=data,
            settings=settings,
            first_steps=store.FirstSteps(variant=settings["train"]["keep"], loss=_first_losses(findings)),
            weights=weights,
            thinned=thinned,
            files={
                path.relative_to(kept).as_posix(): files.sha256(path)
                for path in sorted(kept.rglob("*"))
                if path.is_file()
            },
        )
        (partial / store.DESCRIPTION).write_bytes(files.json_bytes(description.model_dump()))
    files.remove(root / files.PARTIAL)
    return root / name


def _copy(source: Path, target: Path) -> None:
    if not source.exists():
        raise ArtifactError(f"{source} is missing: run the stage that makes it, or leave its kind out")
    files.copy(source, target)


def _kinds(settings: Mapping[str, Settings]) -> list[str]:
    return [stage for stage in settings if stage not in meaning.TRAINING]


def _commit(tree: Path) -> str:
    """The commit of a tree whose code is as committed."""
    if edited := _git(tree, "status", "--porcelain", "--untracked-files=no", "--", *DECIDING):
        raise ConfigError(f"{tree}: edited since the last commit: {edited.split()[-1]}; commit it, and run again")
    return _git(tree, "rev-parse", "HEAD")


def _git(tree: Path, *arguments: str) -> str:
    try:
        command = ["git", "-C", str(tree), *arguments]
        return subprocess.run(command, capture_output=True, text=True, check=True).stdout.strip()
    except FileNotFoundError:
        raise ConfigError("git is not installed; a reference result names the commit that made it") from None
    except subprocess.CalledProcessError as error:
        raise ConfigError(f"{tree}: {error.stderr.strip()}; a reference result comes from a clone of git") from None


def _item(stage: str, name: str, settings: Mapping[str, Any]) -> tuple[str, str]:
    """The engines' name of a stage of an experiment, and of its item."""
    if stage == "train":
        return "finetune" if settings["train"]["weights"] else "train", name
    if stage == "prepare":
        return stage, settings["prepare"]["dataset"]
    return stage, settings["propose"]["proposals"] if stage == "propose" else name


def _settings(
    name: str, asked: Mapping[str, "Asked"], tree: Path, without: Sequence[str]
) -> tuple[store.Scale, dict[str, dict[str, Any]]]:
    """The scale at which an experiment was run, and the settings by stage that it had."""
    differ: Mapping[str, Sequence[str]] = {}
    for scale, wanted in reversed(list(asked.items())):
        stages = {stage: own for stage, own in wanted.items() if stage not in without}
        settings = {stage: _recorded(tree, stage, name, wanted) for stage in stages}
        others = meaning.differences(settings, stages)
        if not others:
            return cast("store.Scale", scale), settings
        differ = differ or others
    raise _other_protocol(name, differ)


def _check_smaller(name: str, scale: str, root: Path) -> None:
    if name in store.names(root) and (there := store.read(name, root).description.scale) != scale == "laptop":
        raise ConfigError(
            f"{root / name} was run at {there} scale, and {name} at {scale} scale: what is there says more; remove the "
            "folder first if it shall go"
        )


def _recorded(tree: Path, stage: str, name: str, asked: "Asked") -> dict[str, Any]:
    """The settings that a stage had in the tree."""
    path = tree / paths.config(*_item(stage, name, asked))
    record = _json(path)
    for file, digest in record.get("code", {}).items():
        if not (tree / file).is_file() or files.sha256(tree / file) != digest:
            raise ConfigError(
                f"{path}: made with other code than {file} is now; run the pipeline in {tree.resolve().name}"
            )
    return record["settings"]


def _other_protocol(name: str, differ: Mapping[str, Sequence[str]]) -> ConfigError:
    stage, keys = next(iter(differ.items()))
    shown = ", ".join(keys[:5]) + (f" and {len(keys) - 5} more" if len(keys) > 5 else "")
    return ConfigError(
        f"{name}: {stage} was not run as published, nor at laptop scale: other settings for {shown}; "
        "set `scale: paper` (or laptop) and the published values in params.yaml, and run it again"
    )


def _check_runs(name: str, settings: Settings, train: Mapping[str, Any], findings: Path) -> None:
    """Raise unless every run of a training is there, and none of those whose networks were kept diverged."""
    variants = train.get("variants", {})
    for variant in settings["runs"]:
        runs = variants.get(variant, {}).get("runs", 0)
        if runs != settings["replicates"]:
            raise ArtifactError(
                f"{findings / 'train.json'}: {runs} of {settings['replicates']} runs of {variant} are there; "
                f"train {name} to its end"
            )
    if train.get("diverged") or variants[settings["keep"]]["diverged"]:
        raise ArtifactError(f"{name}: runs of the kept variant {settings['keep']} diverged; there is nothing to keep")


def _data(name: str, tree: Path, dataset: str, train: Mapping[str, Any]) -> store.Data:
    """Whose the data are. Raises ArtifactError for stand-ins."""
    whose = train.get(provenance.KEY) or {}
    for what in ("data", "weights"):
        if whose.get(what) == provenance.DRAWN:
            raise ArtifactError(
                f"{name}: its {what} are stand-ins; take the published ones (`source: web` or `mirror`)"
            )
    meta = _json(tree / paths.prepared(dataset) / "meta.json")
    if meta.get(provenance.KEY) != whose.get("data"):
        raise ArtifactError(
            f"{tree / paths.prepared(dataset)}: not the data that {name} was trained on; train it again"
        )
    return store.Data(dataset=dataset, provenance=whose["data"], weights=whose["weights"], sha256=meta["sha256"])


def _first_losses(findings: Path) -> list[float]:
    with open(findings / "history.csv", newline="", encoding="utf-8") as stream:
        return [float(row["loss"]) for row, _ in zip(csv.DictReader(stream), range(STEPS), strict=False)]


def _times(tree: Path, name: str, settings: Mapping[str, Settings]) -> tuple[dict[str, float], dict[str, float]]:
    """Wall and CPU seconds of each stage, where an engine measured them."""
    seconds: dict[str, float] = {}
    cpu: dict[str, float] = {}
    for stage in settings:
        step, item = _item(stage, name, settings)
        path = tree / "benchmarks/results" / step / f"{item}.tsv"
        if not path.is_file():
            continue
        with open(path, newline="", encoding="utf-8") as stream:
            row = next(csv.DictReader(stream, delimiter="\t"), {})
        for found, key in ((seconds, "s"), (cpu, "cpu_time")):
            if (value := _number(row.get(key))) is not None:
                found[stage] = value
    return seconds, cpu


def _number(text: str | None) -> float | None:
    try:
        return round(float(text or ""), 1)
    except ValueError:  # `-` and `NA`: not measured
        return None


def _date(path: Path) -> str:
    return datetime.datetime.fromtimestamp(path.stat().st_mtime, datetime.UTC).date().isoformat()


def machine(device: str) -> str:
    """The processor or the GPU of this machine, by its name."""
    if device == "cuda":
        import torch

        return torch.cuda.get_device_name() if torch.cuda.is_available() else "a GPU of another machine"
    try:
        lines = Path("/proc/cpuinfo").read_text(encoding="utf-8").splitlines()
    except OSError:
        lines = []
    named = (line.partition(":")[2].strip() for line in lines if line.startswith("model name"))
    return f"{next(named, platform.processor() or platform.machine())}, {os.cpu_count()} cores"


def versions(version: Callable[[str], str] = metadata.version) -> dict[str, str]:
    """Python and the packages that numbers depend on."""
    return {"python": platform.python_version()} | {package: version(package) for package in PACKAGES}


def _json(path: Path) -> Any:
    try:
        return reading.json_value(path)
    except (OSError, ValueError) as error:
        raise ArtifactError(f"{path} cannot be read ({error}): run the stage that makes it") from None
