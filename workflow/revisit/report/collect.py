"""Gather the small findings of all experiments into one folder per study.

Everything after this stage reads `results/collected/` only, so a study is drawn again without
touching any model, and only when one of its findings has changed.
"""

import json
import shutil
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from revisit import files
from revisit.errors import ArtifactError

TRAINING = ("train", "history", "evaluations")  # every other finding bears the name of its stage


def stage_of(name: str) -> str:
    """The stage that makes a finding: `roc.csv` in `evaluate/` is made by `evaluate`, `history.csv` by `train`."""
    stem = Path(Path(name).parts[0]).stem
    return "train" if stem in TRAINING else stem


def collect(studies: Mapping[str, Mapping[str, Sequence[str]]], findings: Path, destination: Path) -> None:
    """Copy the listed findings to `destination/<study>/<experiment>/` and write `metrics.json` per study.

    `studies`: study -> experiment -> names (files or folders) under `findings/<experiment>/`.
    `metrics.json`: experiment -> stem of each top-level JSON file -> its content.
    `destination` is replaced as a whole. Raises ArtifactError when a finding is missing or no JSON.
    """
    with files.replacing(destination) as partial:
        partial.mkdir()
        for study, experiments in studies.items():
            metrics = {}
            for experiment, names in experiments.items():
                target = partial / study / experiment
                for name in names:
                    _copy(findings / experiment / name, target / name, experiment)
                metrics[experiment] = {file.stem: _read(file, experiment) for file in sorted(target.glob("*.json"))}
            (partial / study).mkdir(exist_ok=True)
            (partial / study / "metrics.json").write_bytes(files.json_bytes(metrics))


def _copy(source: Path, target: Path, experiment: str) -> None:
    if not source.exists():
        stage = stage_of(target.name if target.parent.name == experiment else target.parent.name)
        raise ArtifactError(
            f"{source} is missing. It is made by stage {stage}@{experiment}: run `dvc repro {stage}@{experiment}` "
            "or the whole pipeline"
        )
    target.parent.mkdir(parents=True, exist_ok=True)
    if source.is_dir():
        shutil.copytree(source, target, copy_function=shutil.copyfile)
    else:
        shutil.copyfile(source, target)  # content only: rights and times are no part of an artifact


def _read(file: Path, experiment: str) -> Any:
    try:
        return json.loads(file.read_text(encoding="utf-8"))
    except ValueError as error:
        stage = stage_of(file.name)
        raise ArtifactError(
            f"{file.name} of {experiment} is not JSON ({error}): run `dvc repro --force {stage}@{experiment}`"
        ) from None
