"""What can be said of the reference results today: which are missing, stale, damaged, contradicted or orphaned."""

from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING

from revisit import paths, reading
from revisit.errors import ArtifactError
from revisit.reference import first_steps, meaning, store

if TYPE_CHECKING:
    from revisit.reference.settings import Asked


class Status(StrEnum):
    """What is said of an experiment, from good to bad."""

    HOLDS = "holds"  # its first steps were trained again and gave the same losses
    KEPT = "kept"  # it answers what is asked for today
    PARTIAL = "partial"  # some analyses are missing, or were asked otherwise
    MISSING = "missing"
    STALE = "stale"  # the training was asked otherwise
    CONTRADICTED = "contradicted"  # its first steps give other losses
    DAMAGED = "damaged"
    ORPHANED = "orphaned"  # no experiment has its name


FAILED = (Status.STALE, Status.CONTRADICTED, Status.DAMAGED)  # a `params.yaml` of one's own leaves many orphans


@dataclass(frozen=True)
class Finding:
    """What is said of an experiment, and why."""

    name: str
    status: Status
    reason: str = ""


def look(name: str, asked: Mapping[str, "Asked"], root: Path = store.FOLDER) -> Finding:
    """What the files say of an experiment, of which `asked` holds today's settings by stage at each scale."""
    if name not in store.names(root):
        return Finding(name, Status.MISSING)
    try:
        reference = store.read(name, root)
    except ArtifactError as error:
        return Finding(name, Status.DAMAGED, str(error))
    kept = reference.description
    today = asked[kept.scale]
    differ = meaning.differences(kept.settings, today)
    training = {stage: keys for stage, keys in differ.items() if stage in meaning.TRAINING}
    if training:
        return Finding(name, Status.STALE, _told(training))
    if differ:
        return Finding(name, Status.PARTIAL, _told(differ))
    wanted = today["train"]["replicates"]
    fewer = f"{kept.replicates} of {wanted} seeds" if kept.replicates < wanted else ""
    shortened = "at laptop scale" if kept.scale == "laptop" else ""
    return Finding(name, Status.KEPT, ", ".join(filter(None, (shortened, fewer))))


def orphans(known: Collection[str], root: Path = store.FOLDER) -> list[Finding]:
    """The folders of reference results that no experiment of `known` has, which nothing reads."""
    found = sorted(path for path in root.glob("[!.]*") if path.is_dir() and path.name not in known)
    reason = "no experiment of params.yaml has this name; rename it as its experiment, or `git rm -r"
    return [Finding(path.name, Status.ORPHANED, f"{reason} {path}`") for path in found]


def train_again(
    name: str,
    asked: Mapping[str, "Asked"],
    prepared: Callable[[str, str], Path | None],
    root: Path = store.FOLDER,
) -> Finding:
    """Train the first steps of an experiment again, and compare their losses with those that were kept.

    Args:
        name: the experiment, which has a reference result.
        asked: its settings by stage today, at each scale.
        prepared: gives the folder of a data set prepared at a scale; None where its data are not at hand.
        root: the folder of all reference results.
    """
    kept = store.read(name, root).description
    data = prepared(kept.scale, kept.data.dataset)
    if data is None:
        return Finding(name, Status.KEPT, "not trained again: its data are not here")
    digests = reading.json_value(data / "meta.json")["sha256"]
    if others := ", ".join(file for file in sorted(kept.data.sha256) if digests.get(file) != kept.data.sha256[file]):
        return Finding(name, Status.KEPT, f"not trained again: the data here are others ({others})")
    today = asked[kept.scale]["train"]
    start = paths.model(today["weights"]) if today["weights"] else None
    if start is not None and not start.exists():
        return Finding(name, Status.KEPT, f"not trained again: the starting weights {start} are not here")
    found = first_steps.losses(today.copy(), data, start, len(kept.first_steps.loss))
    worst = first_steps.deviation(kept.first_steps.loss, found)
    told = f"the first {len(found)} losses deviate by {worst:.2g} at most"
    return Finding(name, Status.HOLDS if worst <= first_steps.DEVIATION else Status.CONTRADICTED, told)


def _told(differ: Mapping[str, list[str]]) -> str:
    return "; ".join(
        f"{stage}: {', '.join(keys[:4])}{' ...' if len(keys) > 4 else ''}" for stage, keys in differ.items()
    )
