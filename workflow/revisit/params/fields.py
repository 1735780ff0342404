"""What the sections of `params.yaml` share: strict mappings, names, numbers."""

from typing import Annotated, Any, get_args

from pydantic import BaseModel, ConfigDict, Field, StringConstraints

NAME = r"[a-z0-9_]+"  # names become folder names and command arguments: nothing that a shell could read otherwise
Name = Annotated[str, StringConstraints(pattern=rf"^{NAME}$", max_length=64)]
Count = Annotated[int, Field(ge=1, le=100_000_000)]


class Section(BaseModel):
    """A mapping of `params.yaml`: unknown keys and silently converted types are mistakes."""

    model_config = ConfigDict(extra="forbid", strict=True, frozen=True)


def merged(base: dict[str, Any], override: dict[str, Any]) -> dict[str, Any]:
    """`base` with the values of `override`; mappings in both are merged, key by key."""
    result = dict(base)
    for key, value in override.items():
        both = isinstance(value, dict) and isinstance(result.get(key), dict)
        result[key] = merged(result[key], value) if both else value
    return result


def section_in(annotation: Any) -> type[BaseModel] | None:
    """The kind of section that a field holds: directly, or none or one, or several by name."""
    candidates = [annotation, *get_args(annotation)]
    return next((c for c in candidates if isinstance(c, type) and issubclass(c, BaseModel)), None)
