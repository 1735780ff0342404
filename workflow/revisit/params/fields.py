"""What the sections of `params.yaml` share: strict mappings, names, numbers."""

from collections import Counter
from typing import Annotated, Any, get_args

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, StringConstraints

NAME = r"[a-z0-9_]+"  # names become folder names and command arguments: nothing that a shell could read otherwise
Name = Annotated[str, StringConstraints(pattern=rf"^{NAME}$", max_length=64)]
Count = Annotated[int, Field(ge=1, le=100_000_000)]
Images = Annotated[int, Field(ge=1, le=1000)]  # shown or looked at one by one
Share = Annotated[float, Field(ge=0, le=1, allow_inf_nan=False)]
LAYER = r"^[A-Za-z0-9_.]+$"  # a submodule of a network; with a split it becomes a file name
Layer = Annotated[str, StringConstraints(pattern=LAYER, max_length=64)]


def each_once(values: list[Any]) -> list[Any]:
    """`values` as they are.

    Raises:
        ValueError: one of them stands there twice; what is named or counted by them would stand there twice, too.
    """
    twice = [value for value, count in Counter(values).items() if count > 1]
    if twice:
        raise ValueError(f"give {twice[0]!r} only once")
    return values


EACH_ONCE = AfterValidator(each_once)
Layers = Annotated[list[Layer], Field(min_length=1), EACH_ONCE]


def in_order(settings: dict[str, Any]) -> dict[str, Any]:
    """`settings` sorted by their names: they stand in any order, and none makes a training stale."""
    return dict(sorted(settings.items()))


NetworkSettings = Annotated[dict[Name, Any], AfterValidator(in_order)]


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
