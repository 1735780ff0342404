"""One study: statistics, verdicts, tables and figures, from its collected findings."""

from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, cast

from revisit import files, reading, stages
from revisit.errors import ArtifactError, ConfigError
from revisit.reference import store
from revisit.report import claims as ledger
from revisit.report import judgements, opening, provenance, references, seeds, sides, verdicts
from revisit.report.panel import panels, sections
from revisit.report.runs import Run
from revisit.report.study_writer import StudyWriter

if TYPE_CHECKING:
    from revisit.report import records
    from revisit.report.settings import Scale, Study


def read(settings: "Study", collected: Path) -> list[Run]:
    """The trainings of a study with their metrics and statistics. Raises ArtifactError when one is missing."""
    path = collected / "metrics.json"
    try:
        metrics = reading.json_value(path)
    except (OSError, ValueError) as error:
        raise ArtifactError(f"{path} cannot be read ({error}): run {stages.run('collect')}") from None
    runs = []
    for name, chosen in settings["experiments"].items():
        if not isinstance(metrics, dict) or not isinstance(metrics.get(name), dict):
            raise ArtifactError(f"{path} has no experiment {name}: run {stages.run('collect')}")
        own = {**metrics[name], **_of_proposals(metrics.get(chosen.get("dataset")))}
        runs.append(Run(name, name.replace("_", " "), chosen.copy(), own, collected / name))
    return measured(runs)


def _of_proposals(metrics: object) -> dict[str, object]:
    """What was found of the proposals that a training has, in what was found under the name of its data set."""
    return {"proposals": metrics["proposals"]} if isinstance(metrics, dict) and "proposals" in metrics else {}


def judged_by_reference(
    settings: "Study", claims: list[ledger.Claim], reference: Path = store.FOLDER
) -> list["records.Judgement"]:
    """The ledger's rows of a study by its reference results alone, without a run; arguments as in `render`."""
    kept = references.read(settings, reference)
    return _judged_by(kept, claims, settings["study"])


def measured(runs: list[Run]) -> list[Run]:
    """The trainings of a study with what they are only together: labels, twins and statistics."""
    graphs_used = [run.settings["graph"] for run in runs]
    for run in runs:
        graph = run.settings["graph"]
        if len(set(graphs_used)) > 1 and graphs_used.count(graph) == 1:
            run.label = f"{graph} graph"
    trained = [run for run in runs if "train" in run.metrics]
    for run in trained:
        run.twins = [other for other in trained if run.twin_of(other)]
    for run in trained:
        with run.measured():
            run.statistics = run.statistics_of(0)
    return runs


def render(
    settings: "Study",
    claims: list[ledger.Claim],
    collected: Path | None,
    destination: Path,
    reference: Path = store.FOLDER,
) -> None:
    """Write study.json, claims.json, tables/ and figures/ to `destination`, as a whole; `reference/` has those of it.

    `settings`: those of stage `study`; `collected`: the study's folder under results/collected, None: of the reference
    results alone, without a run; `reference`: the folder of all reference results.
    """
    study = settings["study"]
    runs = read(settings, collected) if collected else []
    kept = references.read(settings, reference)
    scales = {run.name: _scale(settings, run.name) for run in runs}
    of_reference = _judged_by(kept, claims, study)
    if collected:
        own = _judged(claims, study, runs, _conditions(runs, settings["scale"], settings.get("cost", ""), scales))
        decided = sides.both(own, of_reference if kept.runs else None)
    else:
        decided = sides.alone(of_reference)
    rows: list[records.Row] = []
    for claim, row in zip((claim for claim in claims if claim.study == study), decided, strict=True):
        by_reference = row["decided_by"] == sides.REFERENCE and row["verdict"] != opening.UNTESTABLE
        used = claim.experiments() if by_reference else set()
        made = sorted({kept.described[name].made for name in used if name in kept.described})
        rows.append({**row, "made": made})
    with files.replacing(destination) as partial:
        shown = _sections(StudyWriter(study, partial, runs))
        known = _sections(StudyWriter(study, partial / sides.REFERENCE, kept.runs)) if kept.runs else []
        _check_links(rows, {sides.RUN: shown, sides.REFERENCE: known})
        described: records.Study = {
            "study": study,
            "title": settings["title"],
            "question": settings["question"],
            "protocol": settings["protocol"],
            "assumptions": settings["assumptions"],
            "scales": scales,
            "cost": settings.get("cost", ""),
            "sources": settings.get("sources", {}),
            "provenance": {run.settings["dataset"]: _provenance(run)["data"] for run in runs if "train" in run.metrics},
            "pretrained": settings.get("pretrained", {}) if collected else {},  # what this run has of them
            "experiments": {run.name: {"settings": run.settings, "statistics": run.statistics} for run in runs},
            "left": provenance.digests(runs),
            "sections": shown,
            "reference": {
                "experiments": {name: references.made(description) for name, description in kept.described.items()},
                "stale": kept.stale,
                "left": provenance.digests(kept.runs),
                "sections": known,
            },
        }
        if label := settings.get("label"):
            described["label"] = label
        if without := _left_out(runs):
            described["left_out"] = without
        (partial / "study.json").write_bytes(files.json_bytes(described))
        (partial / "claims.json").write_bytes(files.json_bytes(rows))


def _judged(
    claims: list[ledger.Claim], study: str, runs: list[Run], conditions: verdicts.Conditions
) -> list["records.Judgement"]:
    of_seeds = seeds.Seeds({run.name: seeds.metrics_of(run) for run in runs if "train" in run.metrics})
    return judgements.judge_all(claims, study, of_seeds, conditions)


def _judged_by(kept: references.References, claims: list[ledger.Claim], study: str) -> list["records.Judgement"]:
    scales = {name: description.scale for name, description in kept.described.items()}
    conditions = replace(_conditions(kept.runs, "paper", scales=scales), has="the reference results have")
    return _judged(claims, study, measured(kept.runs), conditions)


def _sections(writer: StudyWriter) -> list["records.Placed"]:
    return [section for panel in panels() if (section := panel(writer))]


def _conditions(
    runs: list[Run], scale: str, cost: str = "", scales: Mapping[str, str] | None = None
) -> verdicts.Conditions:
    """Under which trainings were run: what they say of their data and of the weights that they started from."""
    data = {}
    for run in runs:
        if "train" in run.metrics:
            found = _provenance(run)
            known = [whose for whose in (found["data"], found.get("weights")) if whose is not None]
            data[run.name] = max(known, key=verdicts.DATA.index)
    return verdicts.Conditions(scale, data, cost, scales or {})


def _scale(settings: "Study", name: str) -> "Scale":
    """The scale of one training of a study."""
    return settings.get("scales", {}).get(name, settings["scale"])


def _provenance(run: Run) -> "records.Provenance":
    """Whose the data and the starting weights of a training are."""
    provenance = run.train.get("provenance")
    if not isinstance(provenance, dict) or provenance.get("data") not in verdicts.DATA:
        raise run.damaged(f"{run.folder / 'train.json'}: provenance")
    return cast("records.Provenance", provenance)


def _left_out(runs: list[Run]) -> dict[str, str]:
    """What was left out of the data sets that were trained on, in words, where something was."""
    found = {}
    for run in runs:
        if "train" in run.metrics and "left_out" in run.train:
            if not isinstance(told := run.train["left_out"], str):
                raise run.damaged(f"{run.folder / 'train.json'}: left_out")
            found[run.settings["dataset"]] = told
    return found


def _check_links(rows: list["records.Row"], shown: Mapping[str, list["records.Placed"]]) -> None:
    """Drop a claim's link to a section that is not drawn of what decided it; one that never is there is a mistake."""
    drawn = {side: {section["id"] for section in own} for side, own in shown.items()}
    there = sections()
    for claim in rows:
        if claim["figure"] is not None and claim["figure"] not in there:
            where = f"{ledger.LEDGER}/{claim['study']}.yaml: claim {claim['id']}"
            known = ", ".join(there)
            raise ConfigError(f"{where}: figure {claim['figure']} is none of the study's sections: {known}")
        if claim["figure"] not in drawn[claim["decided_by"]]:
            claim["figure"] = None
