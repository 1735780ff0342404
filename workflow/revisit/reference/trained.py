"""What `reference.json` says of a training, as far as readers rely on it; more may stand there."""

from typing import Annotated, Any, Literal

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, ValidationError, model_validator

Count = Annotated[int, Field(ge=1)]


class _Part(BaseModel):
    model_config = ConfigDict(extra="allow", strict=True)


class Objective(_Part):
    """What a variant minimised."""

    loss: str | None


class Protocol(_Part):
    """How a variant was trained."""

    network: dict[str, Any]
    objective: Objective
    batch_size: Count
    epochs: Count | None
    steps: Count | None
    read_at: list[Count]
    graph: Literal["dynamic", "static"]


class Training(_Part):
    """A training with all its variants."""

    dataset: str
    model: str
    replicates: Count
    keep: str
    runs: dict[str, Protocol]

    @model_validator(mode="after")
    def _keeps(self) -> "Training":
        if self.keep not in self.runs:
            raise ValueError(f"keep: there is no {self.keep} in runs")
        return self


def mistake(error: ValidationError) -> str:
    """The first thing that is wrong: where, and what."""
    first = error.errors(include_url=False)[0]
    where = ".".join(str(part) for part in first["loc"])
    return f"{where}: {first['msg']}".removeprefix(": ").replace("Value error, ", "")


def _checked(settings: dict[str, Any]) -> dict[str, Any]:
    try:
        Training.model_validate(settings.get("train"))
    except ValidationError as error:
        raise ValueError(f"train.{mistake(error)}") from None
    return settings


Settings = Annotated[dict[str, dict[str, Any]], AfterValidator(_checked)]  # by stage
