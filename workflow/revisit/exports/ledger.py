"""What the studies found, as `results/studies` holds it."""

from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

from revisit import paths, reading, stages
from revisit.errors import ArtifactError, ConfigError

if TYPE_CHECKING:
    from revisit.report.records import Row, Study


class Found(NamedTuple):
    """A study and the rows of its claims."""

    study: "Study"
    claims: "list[Row]"


def read(source: str | None = None) -> list[Found]:
    """All studies, in the order of the report.

    Args:
        source: a report, such as S2: the studies with claims of it, and these claims; None: all of them.

    Raises:
        ArtifactError: there are no studies, or a file of one is damaged.
        ConfigError: no claim is of this source.
    """
    found = [_study(paths.study(name)) for name in _names()]
    if source is None:
        return found
    sources = sorted({claim["source"] for one in found for claim in one.claims})
    if source not in sources:
        raise ConfigError(f"--source {source}: no claim is of this report; there are: {', '.join(sources) or 'none'}")
    own = [Found(one.study, [claim for claim in one.claims if claim["source"] == source]) for one in found]
    return [one for one in own if one.claims]


def _names() -> list[str]:
    record = paths.config("report")
    try:
        names = reading.json_value(record)["settings"]["studies"]
        if names:
            return [str(name) for name in names]
        problem = "no studies"
    except (OSError, ValueError, LookupError, TypeError) as error:
        problem = str(error)
    raise ArtifactError(f"{record}: {problem}; there is nothing to export before a run: {stages.run('report')}")


def _study(folder: Path) -> Found:
    try:
        study, claims = (reading.json_value(folder / name) for name in ("study.json", "claims.json"))
        _ = study["study"], [(claim["id"], claim["source"], claim["verdict"]) for claim in claims]
        return Found(study, claims)
    except (OSError, ValueError, LookupError, TypeError) as error:
        name = f"study@{folder.name}"
        raise ArtifactError(f"{folder}: missing or damaged ({error}); make it again: {stages.run(name)}") from error
