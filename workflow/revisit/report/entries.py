"""Files that are lists of entries, the ledger and the register of statements: read, and their mistakes in words."""

from pathlib import Path
from typing import Any

from pydantic import BaseModel, ConfigDict, ValidationError

from revisit import reading
from revisit.errors import ConfigError


class Entry(BaseModel):
    """An entry, or a part of one: unknown keys are mistakes."""

    model_config = ConfigDict(extra="forbid", frozen=True, allow_inf_nan=False)


def read(path: Path, what: str, remedy: str) -> list[Any]:
    """The entries of a YAML file that is a list of `what`. Raises ConfigError, which ends with `remedy`."""
    try:
        given = reading.yaml_value(path)
    except (OSError, ValueError) as error:
        raise ConfigError(f"{path} cannot be read: {error}; {remedy}") from None
    if not isinstance(given, list):
        raise ConfigError(f"{path}: a list of {what} is expected; {remedy}")
    return given


def first_mistake(error: ValidationError, otherwise: str) -> str:
    """The first thing that is wrong with an entry: its field, or `otherwise` where none is named, and what."""
    first = error.errors(include_url=False)[0]
    return f"{'.'.join(str(key) for key in first['loc']) or otherwise}: {first['msg']}"
