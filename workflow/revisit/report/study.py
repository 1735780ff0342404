"""One study: statistics, verdicts, tables and figures, from its collected findings."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from revisit import files, reading, stages
from revisit.errors import ArtifactError, ConfigError
from revisit.report import claims as ledger
from revisit.report import seeds, verdicts
from revisit.report.panel import panels, sections
from revisit.report.runs import Run
from revisit.report.study_writer import StudyWriter


def read(settings: Mapping[str, Any], collected: Path) -> list[Run]:
    """The trainings of a study with their metrics and statistics. Raises ArtifactError when one is missing."""
    path = collected / "metrics.json"
    try:
        metrics = reading.json_value(path)
    except (OSError, ValueError) as error:
        raise ArtifactError(f"{path} cannot be read ({error}): run {stages.run('collect')}") from None
    runs = []
    graphs_used = [chosen["graph"] for chosen in settings["experiments"].values()]
    for name, chosen in settings["experiments"].items():
        if not isinstance(metrics, dict) or not isinstance(metrics.get(name), dict):
            raise ArtifactError(f"{path} has no experiment {name}: run {stages.run('collect')}")
        by_graph = len(set(graphs_used)) > 1 and graphs_used.count(chosen["graph"]) == 1
        label = f"{chosen['graph']} graph" if by_graph else name.replace("_", " ")
        runs.append(Run(name, label, dict(chosen), metrics[name], collected / name))
    trained = [run for run in runs if "train" in run.metrics]
    for run in trained:
        run.twins = [other for other in trained if run.twin_of(other)]
    for run in trained:
        with run.measured():
            run.statistics = run.statistics_of(0)
    return runs


def render(settings: Mapping[str, Any], claims: list[ledger.Claim], collected: Path, destination: Path) -> None:
    """Write study.json, claims.json, tables/ and figures/ to `destination`, as a whole.

    `settings`: those of stage `study`; `collected`: the study's folder under results/collected.
    """
    study = settings["study"]
    runs = read(settings, collected)
    of_seeds = seeds.Seeds({run.name: seeds.metrics_of(run) for run in runs if "train" in run.metrics})
    rows = verdicts.judge_all(claims, study, of_seeds, _conditions(settings, runs))
    with files.replacing(destination) as partial:
        writer = StudyWriter(study, partial, runs)
        shown = [section for panel in panels() if (section := panel(writer))]
        _check_links(rows, shown)
        described = {
            **{key: settings[key] for key in ("study", "title", "question", "protocol", "assumptions")},
            "scale": settings["scale"],
            "cost": settings.get("cost", ""),
            "sources": settings.get("sources", {}),
            "provenance": {run.settings["dataset"]: _provenance(run)["data"] for run in runs if "train" in run.metrics},
            "pretrained": settings.get("pretrained", {}),
            "experiments": {run.name: {"settings": run.settings, "statistics": run.statistics} for run in runs},
            "sections": shown,
        }
        (partial / "study.json").write_bytes(files.json_bytes(described))
        (partial / "claims.json").write_bytes(files.json_bytes(rows))


def _conditions(settings: Mapping[str, Any], runs: list[Run]) -> verdicts.Conditions:
    """Under which the study was run: what its trainings say of their data and of the weights that they started from."""
    data = {}
    for run in runs:
        if "train" in run.metrics:
            found = [whose for whose in _provenance(run).values() if whose is not None]
            data[run.name] = max(found, key=verdicts.DATA.index)
    return verdicts.Conditions(settings["scale"], data, settings.get("cost", ""))


def _provenance(run: Run) -> Mapping[str, str | None]:
    """Whose the data and the starting weights of a training are."""
    found = run.train.get("provenance")
    if not isinstance(found, dict) or found.get("data") not in verdicts.DATA:
        raise run.damaged(f"{run.folder / 'train.json'}: provenance")
    return found


def _check_links(rows: list[dict[str, Any]], shown: list[dict[str, Any]]) -> None:
    """Drop a claim's link to a section that this run does not have; a section that never is there is a mistake."""
    drawn, there = {section["id"] for section in shown}, sections()
    for claim in rows:
        if claim["figure"] is not None and claim["figure"] not in there:
            where = f"{ledger.LEDGER}/{claim['study']}.yaml: claim {claim['id']}"
            known = ", ".join(there)
            raise ConfigError(f"{where}: figure {claim['figure']} is none of the study's sections: {known}")
        if claim["figure"] not in drawn:
            claim["figure"] = None
