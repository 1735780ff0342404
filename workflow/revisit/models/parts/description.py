"""What `network.json` says of a trained network, as far as readers rely on it."""

from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field, ValidationError, model_validator

Side = Annotated[int, Field(ge=1)]


class Description(BaseModel):
    """Whatever it says is of these types; who needs a key looks whether it is there, and others may be there, too."""

    model_config = ConfigDict(extra="allow", strict=True, allow_inf_nan=False)

    experiment: str = ""
    dataset: str = ""
    model: str = ""
    network: dict[str, Any] = Field(default_factory=dict)
    objective: str | None = None
    classes: list[str] = Field(default_factory=list)
    shape: Annotated[list[Side], Field(min_length=3, max_length=3)] | None = None
    crop: Side | None = None
    mean: list[float] = Field(default_factory=list)
    std: list[float] = Field(default_factory=list)
    channels: Literal["rgb", "bgr"] = "rgb"
    data: dict[str, str] = Field(default_factory=dict)

    @model_validator(mode="after")
    def _fits(self) -> "Description":
        for key, values in (("mean", self.mean), ("std", self.std)):
            if key in self.model_fields_set and self.shape and len(values) != self.shape[2]:
                raise ValueError(f"{key}: expected a number for each of {self.shape[2]} channels")
        return self


def check(description: object) -> None:
    """Raise ValueError unless this may stand in `network.json`; the message names the key."""
    try:
        Description.model_validate(description)
    except ValidationError as error:
        first = error.errors(include_url=False)[0]
        where = ".".join(str(key) for key in first["loc"])
        raise ValueError(f"{where}: {first['msg']}".removeprefix(": Value error, ")) from None
