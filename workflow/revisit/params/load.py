"""Reading `params.yaml`: YAML, the `demo:` overrides, the schema, the references between sections."""

from pathlib import Path
from typing import Any

from pydantic import ValidationError

from revisit import reading
from revisit.errors import ConfigError
from revisit.params import mistakes, references
from revisit.params.fields import merged
from revisit.params.schema import DEMO, Params

PARAMS = Path("params.yaml")


def load(path: Path = PARAMS) -> Params:
    """Read, validate and resolve `params.yaml` at the scale that it sets.

    The base and the demo configuration are both checked, whichever scale is set: a mistake shows
    before the day it would matter.

    Raises:
        ConfigError: one message that names every mistake, what is allowed instead, and where.
    """
    document = _read(path)
    found = mistakes.Mistakes(str(path), document)
    found_at_demo = found.at_demo()
    at_paper = _validated(_strip_demo(document), found)
    at_demo = _validated(_apply_demo(document), found_at_demo)
    found.raise_if_any()
    params = at_demo if document.get("scale", "demo") == "demo" else at_paper
    references.check(at_paper, found)
    references.check(at_demo, found_at_demo)
    found.raise_if_any()
    params._at_paper = at_paper
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


def _validated(document: dict[str, Any], found: mistakes.Mistakes) -> Any:
    try:
        return Params.model_validate(document)
    except ValidationError as error:
        found.add_validation(error)
        return None


def _items(document: dict[str, Any]) -> list[tuple[tuple[str, ...], dict[str, Any]]]:
    """Every entry that may carry a `demo:` block, with its place."""
    places: list[tuple[str, ...]] = [(section,) for section in DEMO]
    if isinstance(analyses := document.get("analyses"), dict):
        places += [("analyses", str(kind)) for kind in analyses]
    found = []
    for place in places:
        section = document
        for key in place:
            section = section.get(key) if isinstance(section, dict) else None
        if isinstance(section, dict):
            found += [((*place, name), item) for name, item in section.items() if isinstance(item, dict)]
    return found


def _strip_demo(document: dict[str, Any]) -> dict[str, Any]:
    result = document
    for place, item in _items(document):
        result = _replaced(result, place, {key: value for key, value in item.items() if key != "demo"})
    return result


def _apply_demo(document: dict[str, Any]) -> dict[str, Any]:
    result = document
    for place, item in _items(document):
        demo = {} if item.get("demo") is None else item["demo"]  # `demo:` with nothing behind it overrides nothing
        base = {key: value for key, value in item.items() if key != "demo"}
        # a demo block that is no mapping stays in place: the schema then names it
        result = _replaced(result, place, merged(base, demo) if isinstance(demo, dict) else item)
    return result


def _replaced(document: dict[str, Any], place: tuple[str, ...], value: Any) -> dict[str, Any]:
    key, *rest = place
    return {**document, key: _replaced(document[key], tuple(rest), value) if rest else value}
