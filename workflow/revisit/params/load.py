"""Reading `params.yaml`: YAML, the blocks of each scale, the schema, the references between sections."""

from pathlib import Path
from typing import Any

from pydantic import ValidationError

from revisit import reading
from revisit.errors import ConfigError
from revisit.params import blocks, mistakes, mixing, references
from revisit.params.schema import Params
from revisit.scales import BLOCKS

PARAMS = Path("params.yaml")


def load(path: Path = PARAMS) -> Params:
    """Read, validate and resolve `params.yaml`, each entry at its scale.

    The file is checked at every scale, whichever is set: a mistake shows before the day it would matter.

    Raises:
        ConfigError: one message that names every mistake, what is allowed instead, and where.
    """
    document = _read(path)
    collected = mistakes.Mistakes(str(path), document)
    blocks.check(document, collected)
    order = ("paper", *BLOCKS)  # an entry's own mistakes first
    at = {scale: _validated(blocks.applied(document, scale), collected.at(scale)) for scale in order}
    collected.raise_if_any()
    for scale, params in at.items():
        references.check(params, collected.at(scale))
    collected.raise_if_any()
    params = at[at["paper"].scale]
    if not mixing.is_mixed(params):
        params._at = at
        return params
    mixed = mixing.Mixed(at)
    mixed.check(collected)
    collected.raise_if_any()
    params = mixed.params()
    references.check(params, collected.at(mixed.scale_of))
    collected.raise_if_any()
    params._at = at
    return params


def _read(path: Path) -> dict[str, Any]:
    try:
        document = reading.yaml_value(path)
    except FileNotFoundError as error:
        raise ConfigError(f"{path}: missing; {_remedy(path)}") from error
    except (OSError, ValueError) as error:
        raise ConfigError(f"{path}: cannot be read ({error}); correct it, or {_remedy(path)}") from error
    if not isinstance(document, dict):
        raise ConfigError(f"{path}: expected a mapping of keys such as `scale:` and `experiments:`; {_remedy(path)}")
    return document


def _remedy(path: Path) -> str:
    return f"restore it with `git checkout {path}`"


def _validated(document: dict[str, Any], collected: mistakes.Mistakes) -> Any:
    try:
        return Params.model_validate(document)
    except ValidationError as error:
        collected.add_validation(error)
        return None
