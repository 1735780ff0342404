"""The reference results of a study, as the report sees them: trainings like those of this run."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, cast

from revisit.errors import ArtifactError
from revisit.reference import meaning, store
from revisit.reference.store import Description
from revisit.report.runs import Run

if TYPE_CHECKING:
    from revisit.report.records import Made
    from revisit.report.settings import Study, Training
    from revisit.training.settings import Train


@dataclass(frozen=True)
class References:
    """What a study has of reference results.

    Attributes:
        runs: those that answer what `params.yaml` asks for, in the study's order.
        described: how they were made, by experiment.
        stale: experiment -> stage -> the settings by which it differs from what is asked for today.
    """

    runs: list[Run]
    described: dict[str, Description]
    stale: dict[str, dict[str, list[str]]]


def read(settings: "Study", root: Path = store.FOLDER) -> References:
    """The reference results of a study's experiments that were made with the settings of their scale.

    Where a kind of analysis was asked otherwise, its findings are left out; where the training was, all are.

    Args:
        settings: those of stage `study`: `experiments`, and `asked`, their settings by stage at each scale.
        root: the folder of all reference results.

    Raises ArtifactError where one is damaged.
    """
    runs, described, stale = [], {}, {}
    wanted, there = settings.get("asked", {}), store.names(root)
    for name, own in settings["experiments"].items():
        if name not in there or name not in wanted:
            continue
        reference = store.read(name, root)
        kept = reference.description
        differ = meaning.differences(kept.settings, wanted[name][kept.scale])
        differ = {stage: keys for stage, keys in differ.items() if keys != [meaning.MISSING]}
        if differ:
            stale[name] = differ
        if not differ.keys() & set(meaning.TRAINING):
            runs.append(_run(reference, own, differ))
            described[name] = kept
    return References(runs, described, stale)


def _run(reference: store.Reference, own: "Training", stale: Mapping[str, Sequence[str]]) -> Run:
    kept = reference.description
    train = cast("Train", kept.settings["train"])
    settings: Training = {**train["runs"][train["keep"]], **train, "addition": own.get("addition")}
    try:
        metrics = reference.metrics()
    except (OSError, ValueError) as error:
        raise ArtifactError(f"{reference.folder}: {error}; restore it with `git checkout {reference.folder}`") from None
    metrics = {kind: found for kind, found in metrics.items() if kind not in stale}
    settings["replicates"] = kept.replicates
    return Run(reference.name, reference.name.replace("_", " "), settings, metrics, reference.folder)


def made(kept: Description) -> "Made":
    """How a reference result was made, for readers (JSON)."""
    return {
        "scale": kept.scale,
        "commit": kept.commit,
        "date": kept.date,
        "machine": kept.machine,
        "device": kept.device,
        "seeds": kept.replicates,
        "data": kept.data.provenance,
        "weights": kept.data.weights,
        "seconds": sum(kept.seconds.values()) or None,
        "versions": kept.versions,
        "thinned": kept.thinned,
        "settings": cast("Train", kept.settings["train"]),
    }
