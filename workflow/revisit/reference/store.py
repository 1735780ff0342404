"""How a reference result lies in git, and reading one: whatever is missing, damaged or doctored is refused.

`reference/<experiment>/` holds `findings/`, laid out as `results/findings/<experiment>/` is, and `reference.json`: how,
when and from what they were made, and the digest of every file. There are no weights in it.
"""

from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Annotated, Any, Literal

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, ValidationError, model_validator

from revisit import files, paths, reading
from revisit.errors import ArtifactError
from revisit.reference import trained

FOLDER = paths.REFERENCE
DESCRIPTION = "reference.json"
FINDINGS = "findings"
VERSION: Literal[1] = 1  # of the layout and of the findings' contracts; a reader refuses any other

Scale = Literal["laptop", "paper"]
Name = Annotated[str, Field(pattern=r"^[a-z0-9_]+$")]
Digest = Annotated[str, Field(pattern=r"^[0-9a-f]{64}$")]
Inside = Annotated[str, Field(pattern=r"^[A-Za-z0-9_][A-Za-z0-9_.-]*(/[A-Za-z0-9_][A-Za-z0-9_.-]*)*$")]  # a path
Seconds = Annotated[float, Field(ge=0, allow_inf_nan=False)]
Line = Annotated[str, Field(max_length=200, pattern=r"^[^\x00-\x1f\x7f]+$")]  # of text, for readers
Day = Annotated[
    str, Field(pattern=r"^[0-9]{4}-[0-9]{2}-[0-9]{2}$"), AfterValidator(lambda day: f"{date.fromisoformat(day)}")
]


class _Part(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class Data(_Part):
    """What a training was made from: whose, and the digests of the prepared arrays."""

    dataset: Name
    provenance: Literal["published", "copy"]
    weights: Literal["published", "copy"] | None
    sha256: dict[str, Digest]


class FirstSteps(_Part):
    """The losses of the first minibatches of the kept variant's first seed: what training it again must give."""

    variant: str
    loss: Annotated[list[Annotated[float, Field(allow_inf_nan=False)]], Field(min_length=1)]


class Description(_Part):
    """What `reference.json` says.

    `scale` is that of all stages; `seconds` and `cpu_seconds` are those of each stage that was measured; `settings`
    those of each stage, as in its record; `replicates` how many seeds were trained; `weights` what DVC calls the
    network, where a remote has it; `thinned` the files whose rows or points were made fewer.
    """

    version: Literal[1]
    experiment: Name
    scale: Scale = "paper"
    commit: Annotated[str, Field(pattern=r"^[0-9a-f]{40}$")]
    date: Day
    device: Literal["cpu", "cuda"]
    machine: Line
    versions: dict[Line, Line]
    seconds: dict[str, Seconds]
    cpu_seconds: dict[str, Seconds]
    replicates: Annotated[int, Field(ge=1)]
    data: Data
    settings: trained.Settings
    first_steps: FirstSteps
    weights: Line | None
    thinned: list[Line]
    files: dict[Inside, Digest]

    @model_validator(mode="after")
    def _agrees(self) -> "Description":
        train = self.settings["train"]
        for what, value, key in (
            ("replicates", self.replicates, "replicates"),
            ("data.dataset", self.data.dataset, "dataset"),
            ("first_steps.variant", self.first_steps.variant, "keep"),
        ):
            if value != train[key]:
                raise ValueError(f"{what}: {value}, and settings.train.{key}: {train[key]}")
        return self

    @property
    def made(self) -> str:
        """When and on what it was made, for readers."""
        return f"{self.date}, {self.machine}"


@dataclass(frozen=True)
class Reference:
    """The reference result of an experiment: its description, and the folder of its findings."""

    description: Description
    folder: Path

    @property
    def name(self) -> str:
        """The experiment."""
        return self.description.experiment

    def metrics(self) -> dict[str, Any]:
        """The summaries among the findings: `train`, and the kinds of analysis."""
        return {path.stem: reading.json_value(path) for path in sorted(self.folder.glob("*.json"))}


def names(root: Path = FOLDER) -> list[str]:
    """The experiments that have a reference result."""
    return sorted(path.name for path in root.glob("[a-z0-9]*") if path.is_dir())


def paths_of(name: str, root: Path = FOLDER) -> list[Path]:
    """All files of a reference result, sorted; none where there is no such result."""
    return sorted(path for path in (root / name).rglob("*") if not path.is_dir())


def read(name: str, root: Path = FOLDER) -> Reference:
    """The reference result of the experiment `name`.

    Raises:
        ArtifactError: it is missing or damaged, or a file is not the one that was kept.
    """
    folder = root / name
    try:
        description = Description.model_validate(reading.json_value(folder / DESCRIPTION))
    except ValidationError as error:
        raise _refused(folder / DESCRIPTION, trained.mistake(error), folder) from None
    except (OSError, ValueError) as error:
        raise _refused(folder / DESCRIPTION, str(error), folder) from None
    if description.experiment != name:
        raise _refused(folder / DESCRIPTION, f"it describes {description.experiment}, not {name}", folder)
    findings = folder / FINDINGS
    if findings.is_symlink():
        raise _refused(findings, "a link, and no folder of its own", folder)
    inside = (path for path in findings.rglob("*") if path.is_symlink() or not path.is_dir())
    there = {path.relative_to(findings).as_posix(): path for path in inside}
    for file in description.files.keys() | there.keys():
        if file not in there:
            raise _refused(findings / file, "it is missing", folder)
        if file not in description.files:
            raise _refused(there[file], "it is no part of the reference result", folder)
        if there[file].is_symlink():
            raise _refused(there[file], "a link, and no file of its own", folder)
        if files.sha256(there[file]) != description.files[file]:
            raise _refused(there[file], "its content is not what was kept", folder)
    return Reference(description, findings)


def _refused(path: Path, problem: str, folder: Path) -> ArtifactError:
    remedy = f"restore it with `git checkout {folder}` and `git clean -f {folder}`, or remove the folder {folder}"
    return ArtifactError(f"{path}: {problem}; {remedy}")
