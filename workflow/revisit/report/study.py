"""One study: statistics, verdicts, tables and figures, from its collected findings."""

import json
from collections import Counter
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from revisit import files
from revisit.errors import ArtifactError, ConfigError
from revisit.report import claims as ledger
from revisit.report import statistics
from revisit.report.panels import features, network, training
from revisit.report.sheet import Run, Sheet

PANELS = (  # in the order of the page
    training.curves,
    training.gap,
    training.jumps,
    training.smoothness,
    network.classes,
    network.network,
    features.probes,
    features.embeddings,
    network.neighbours,
)

SECTIONS = ("curves", "gap", "jumps", "smoothness", "classes", "parameters", "probes", "embedding", "neighbours")


def read(settings: Mapping[str, Any], collected: Path) -> list[Run]:
    """The experiments of a study with their metrics and statistics. Raises ArtifactError when one is missing."""
    path = collected / "metrics.json"
    try:
        metrics = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise ArtifactError(f"{path} cannot be read ({error}): run `dvc repro collect`") from None
    runs = []
    graphs = Counter(chosen.get("graph") for chosen in settings["experiments"].values())
    for name, chosen in settings["experiments"].items():
        if name not in metrics:
            raise ArtifactError(f"{path} has no experiment {name}: run `dvc repro collect`")
        label = f"{chosen['graph']} graph" if graphs[chosen.get("graph")] == 1 else name.replace("_", " ")
        runs.append(Run(name, label, dict(chosen), metrics[name], collected / name))
    trained = [run for run in runs if "train" in run.metrics]
    apart = statistics.differences({run.name: run.history["loss"] for run in trained})
    for run in trained:
        read_at = run.settings.get("read_at", [])
        found = statistics.of_experiment(run.history, run.evaluations, run.steps_per_epoch, read_at)
        run.statistics = found | {"difference": apart[run.name]}
    return runs


def render(settings: Mapping[str, Any], claims: list[ledger.Claim], collected: Path, destination: Path) -> None:
    """Write study.json, claims.json, tables/ and figures/ to `destination`, as a whole.

    `settings`: those of stage `study`; `collected`: the study's folder under results/collected.
    """
    study = settings["study"]
    runs = read(settings, collected)
    metrics = {run.name: {**run.metrics, "statistics": run.statistics} for run in runs}
    rows = ledger.judge_all(claims, study, metrics, settings["scale"], settings["source"])
    with files.replacing(destination) as partial:
        sheet = Sheet(study, partial, runs)
        sections = [section for panel in PANELS if (section := panel(sheet))]
        _check_links(rows, sections)
        described = {
            **{key: settings[key] for key in ("study", "title", "question", "protocol", "assumptions")},
            "scale": settings["scale"],
            "source": settings["source"],
            "experiments": {run.name: {"settings": run.settings, "statistics": run.statistics} for run in runs},
            "sections": sections,
        }
        (partial / "study.json").write_bytes(files.json_bytes(described))
        (partial / "claims.json").write_bytes(files.json_bytes(rows))


def _check_links(rows: list[dict[str, Any]], sections: list[dict[str, Any]]) -> None:
    """Drop a claim's link to a section that this run does not have; a section that never is there is a mistake."""
    drawn = {section["id"] for section in sections}
    for claim in rows:
        if claim["figure"] is not None and claim["figure"] not in SECTIONS:
            raise ConfigError(
                f"{ledger.LEDGER}: claim {claim['id']}: figure {claim['figure']} is none of the study's sections: "
                f"{', '.join(SECTIONS)}"
            )
        if claim["figure"] not in drawn:
            claim["figure"] = None
