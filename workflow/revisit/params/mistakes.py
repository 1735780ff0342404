"""Mistakes in `params.yaml`, told so that they can be mended: the key, the value, what is allowed."""

import difflib
from collections.abc import Iterable
from typing import Any

from pydantic import BaseModel, ValidationError

from revisit.errors import ConfigError
from revisit.params.fields import section_in
from revisit.params.schema import DEMO, Params
from revisit.params.trainings import Protocol

TYPES = {
    "int_type": "a whole number",
    "float_type": "a number",
    "string_type": "text",
    "bool_type": "true or false",
    "list_type": "a list, like [a, b]",
    "dict_type": "a mapping of keys and values",
    "model_type": "a mapping of keys and values",
}
ABSENT = object()
SHOWN = 300  # characters of a value in a message


class Mistakes:
    """Collects mistakes and raises them as one message."""

    def __init__(self, path: str) -> None:
        self._path = path
        self._lines: dict[str, str] = {}

    def add(self, place: Iterable[str | int], problem: str) -> None:
        """Record that the value at `place` (keys from the top) has `problem`."""
        self._lines.setdefault(".".join(_short(str(key)) for key in place), problem)

    def add_validation(self, error: ValidationError, demo_of: dict[str, Any] | None = None) -> None:
        """Record what the schema found; `demo_of` is the document, if its `demo:` blocks were applied."""
        for detail in error.errors(include_url=False):
            place = [key for key in detail["loc"] if key != "[key]"]
            if demo_of is not None:
                place = _within_demo(place, demo_of)
            self.add(place, _problem(detail))

    def add_variants(self, place: Iterable[str | int], error: ValidationError) -> None:
        """Record what the schema found in the variants of the sweep at `place`."""
        for detail in error.errors(include_url=False):
            self.add([*place, "variants", *detail["loc"]], _problem({**detail, "loc": detail["loc"][1:]}, Protocol))

    def raise_if_any(self) -> None:
        """Raise ConfigError with every recorded mistake, in the order in which they were found."""
        if self._lines:
            count = "1 mistake" if len(self._lines) == 1 else f"{len(self._lines)} mistakes"
            lines = [f"  {place}: {problem}" for place, problem in self._lines.items()]
            raise ConfigError("\n".join([f"{self._path}: {count}; nothing was run", *lines]))


def _within_demo(place: list[str | int], document: dict[str, Any]) -> list[str | int]:
    """The place of a value in the file: inside the entry's `demo:` block if the value came from there."""
    depth = 3 if place[:1] == ["analyses"] else 2
    item: Any = document
    for key in place[:depth]:
        item = item.get(key) if isinstance(item, dict) else None
    inside: Any = item.get("demo", ABSENT) if isinstance(item, dict) else ABSENT
    for key in place[depth:]:
        if isinstance(inside, list):
            break
        inside = inside.get(key, ABSENT) if isinstance(inside, dict) else ABSENT
    return place if inside is ABSENT or len(place) <= depth else [*place[:depth], "demo", *place[depth:]]


def _problem(detail: Any, root: type[BaseModel] = Params) -> str:
    kind, context, value = detail["type"], detail.get("ctx", {}), detail["input"]
    shown = _short(repr(value))
    if kind == "missing":
        return "missing; it has no default"
    if kind == "extra_forbidden":
        known = _known_keys(detail["loc"], root)
        return f"unknown key{_guess(str(detail['loc'][-1]), known)}; allowed: {', '.join(sorted(known))}"
    if kind == "literal_error":
        allowed = context["expected"].replace(" or ", ", ").replace("'", "").split(", ")
        return f"{shown} is not allowed{_guess(str(value), allowed)}; allowed: {', '.join(allowed)}"
    if kind in TYPES:
        return f"{shown} is not allowed; it must be {TYPES[kind]}"
    if kind == "string_pattern_mismatch" and "[key]" in detail["loc"]:
        return f"{shown} is not a name; allowed: small letters, digits and _"
    message = detail["msg"].removeprefix("Value error, ").removeprefix("Input ").removeprefix("should ")
    return f"{shown} is not allowed; it must {message}" if kind != "value_error" else f"{shown}: {message}"


def _short(text: str) -> str:
    return text if len(text) <= SHOWN else f"{text[:SHOWN]}..."


def _known_keys(location: tuple[str | int, ...], root: type[BaseModel]) -> list[str]:
    """The keys that the section holding the last key of `location` knows."""
    section: Any = root
    for key in location[:-1]:
        if key in section.model_fields:  # else it is the name of an item
            section = section_in(section.model_fields[key].annotation)
    return [*section.model_fields, *(["demo"] if root is Params and _may_have_demo(location) else [])]


def _may_have_demo(location: tuple[str | int, ...]) -> bool:
    depth = {**dict.fromkeys(DEMO, 3), "analyses": 4}.get(str(location[0]))
    return len(location) == depth


def _guess(word: str, known: Iterable[str]) -> str:
    close = difflib.get_close_matches(word, list(known), n=1, cutoff=0.7)
    return f" (did you mean {close[0]}?)" if close else ""


def unknown(word: str, what: str, known: Iterable[str]) -> str:
    """What is wrong with a name that is not among the `known` ones."""
    known = sorted(known)
    return f"unknown {what} {_short(repr(word))}{_guess(word, known)}; there are: {', '.join(known)}"
