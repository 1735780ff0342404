"""Gather the small findings of all experiments into one folder per study.

Everything after this stage reads `results/collected/` only, so a study is drawn again without
touching any model, and only when one of its findings has changed.
"""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from revisit import files, reading, stages
from revisit.errors import ArtifactError
from revisit.report.findings import stage_of

Studies = Mapping[str, Mapping[str, Sequence[str]]]


def collect(studies: Studies, stages: Mapping[str, str], findings: Path, destination: Path) -> None:
    """Copy the listed findings to `destination/<study>/<experiment>/` and write `metrics.json` per study.

    `studies`: study -> experiment -> names (files or folders) under `findings/<experiment>/`.
    `stages`: experiment -> the stage that trains it, `train` or `finetune`; proposals -> `propose`.
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
                    stage = f"{stage_of(name, stages[experiment])}@{experiment}"
                    _copy(findings / experiment / name, target / name, stage)
                metrics[experiment] = {
                    file.stem: _read(file, f"{stage_of(file.name, stages[experiment])}@{experiment}")
                    for file in sorted(target.glob("*.json"))
                }
            (partial / study).mkdir(exist_ok=True)
            (partial / study / "metrics.json").write_bytes(files.json_bytes(metrics))


def _copy(source: Path, target: Path, stage: str) -> None:
    if not source.exists():
        raise ArtifactError(
            f"{source} is missing. It is made by stage {stage}: run {stages.run(stage)} or the whole pipeline"
        )
    files.copy(source, target)


def _read(file: Path, stage: str) -> Any:
    try:
        return reading.json_value(file)
    except ValueError as error:
        raise ArtifactError(
            f"{file.name} of {stage.partition('@')[2]} is not JSON ({error}): run {stages.again(stage)}"
        ) from None
