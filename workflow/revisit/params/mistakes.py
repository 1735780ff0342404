"""Mistakes in `params.yaml`, told so that they can be mended: the key, the value, what is allowed."""

import copy
from collections.abc import Callable, Iterable
from typing import Any

from pydantic import BaseModel, ValidationError

from revisit.errors import ConfigError
from revisit.params import blocks, data, fields
from revisit.params.fields import section_in
from revisit.params.places import Place, mended_at
from revisit.params.schema import Params
from revisit.params.trainings import Protocol
from revisit.params.words import guess, short
from revisit.scales import BLOCKS

TYPES = {
    "int_type": "a whole number",
    "float_type": "a number",
    "string_type": "text",
    "invalid_key": "text",
    "bool_type": "true or false",
    "list_type": "a list, like [a, b]",
    "dict_type": "a mapping of keys and values",
    "model_type": "a mapping of keys and values",
}
PATTERNS = {  # what they allow, in words
    f"^{fields.NAME}$": "small letters, digits and _",
    fields.LAYER: "letters, digits, dots and _",
    data.FILE_NAME: "letters, digits, dots, dashes and _, with a letter or a digit first",
    data.MIRROR_PATH: "a relative path without .., of letters, digits, dots, dashes, _ and /",
    data.URL: "an address without spaces that begins with http:// or https://",
    data.CHECKSUM: "a SHA-256 (64 of 0-9 and a-f), or md5: and an MD5 (32 of them)",
}
ENTRIES, CHARACTERS = ("entry", "entries"), ("character", "characters")
LENGTHS = {  # whether it is too short, of what
    "too_short": (True, ENTRIES),
    "too_long": (False, ENTRIES),
    "string_too_short": (True, CHARACTERS),
    "string_too_long": (False, CHARACTERS),
}


class Mistakes:
    """Collects mistakes and raises them as one message."""

    def __init__(self, path: str, document: dict[str, Any]) -> None:
        self._path, self._document = path, document
        self._scale_of: Callable[[Place], str] = lambda _: "paper"
        self._problems: dict[Place, str] = {}

    def at(self, scale: str | Callable[[Place], str]) -> "Mistakes":
        """The same collection, for what is found at a scale, or at the scale that each entry has."""
        other = copy.copy(self)
        other._scale_of = scale if callable(scale) else lambda _: scale
        return other

    def add(self, place: Iterable[str | int], problem: str) -> None:
        """Record that the value at `place` (keys from the top) has `problem`."""
        place = tuple(place)
        scale = self._scale_of(place)
        block = scale if scale in BLOCKS else None
        place = mended_at(place, self._document, block, self._problems)
        elsewhere = block is not None and block not in place  # it is wrong at this scale, and not in its block
        self._problems.setdefault(place, f"{problem} (at {scale} scale)" if elsewhere else problem)

    def add_validation(self, error: ValidationError) -> None:
        """Record what the schema found."""
        for detail in error.errors(include_url=False):
            self.add((key for key in detail["loc"] if key != "[key]"), _problem(detail))

    def add_variants(self, place: Iterable[str | int], error: ValidationError) -> None:
        """Record what the schema found in the variants of the sweep at `place`."""
        for detail in error.errors(include_url=False):
            self.add([*place, "variants", *detail["loc"]], _problem({**detail, "loc": detail["loc"][1:]}, Protocol))

    def raise_if_any(self) -> None:
        """Raise ConfigError with every recorded mistake, in the order in which they were found."""
        if self._problems:
            count = "1 mistake" if len(self._problems) == 1 else f"{len(self._problems)} mistakes"
            names = {place: ".".join(short(str(key)) for key in place) for place in self._problems}
            lines = [f"  {names[place]}: {problem}" for place, problem in self._problems.items()]
            raise ConfigError("\n".join([f"{self._path}: {count}; nothing was run", *lines]))


def _problem(detail: Any, root: type[BaseModel] = Params) -> str:
    kind, context, value = detail["type"], detail.get("ctx", {}), detail["input"]
    shown = short(repr(value))
    if kind == "missing":
        return "missing; it has no default"
    if kind == "extra_forbidden" and detail["loc"][-1] in BLOCKS and _may_have_blocks(detail["loc"]):
        return f"{shown} is not allowed; it must be {TYPES['dict_type']}"  # else it would have been applied
    if kind == "extra_forbidden":
        known = _known_keys(detail["loc"], root)
        return f"unknown key{guess(str(detail['loc'][-1]), known)}; allowed: {', '.join(sorted(known))}"
    if kind == "literal_error":
        allowed = context["expected"].replace(" or ", ", ").replace("'", "").split(", ")
        return f"{shown} is not allowed{guess(str(value), allowed)}; allowed: {', '.join(allowed)}"
    if kind == "string_pattern_mismatch":
        refused = "a name" if "[key]" in detail["loc"] else "allowed"
        return f"{shown} is not {refused}; allowed: {PATTERNS[context['pattern']]}"
    return f"{shown} is not allowed; {_wanted(kind, context, detail['msg'])}"


def _wanted(kind: str, context: dict[str, Any], message: str) -> str:
    """What is allowed instead, as the end of a sentence."""
    if kind in TYPES:
        return f"it must be {TYPES[kind]}"
    if kind in LENGTHS:
        least, things = LENGTHS[kind]
        count = context["min_length" if least else "max_length"]
        return f"it must have at {'least' if least else 'most'} {count:,} {things[0] if count == 1 else things[1]}"
    message = message.removeprefix("Value error, ")
    return f"it must {message.removeprefix('Input should ')}" if message.startswith("Input should ") else message


def _known_keys(location: tuple[str | int, ...], root: type[BaseModel]) -> list[str]:
    """The keys that the section holding the last key of `location` knows."""
    section: Any = root
    for key in location[:-1]:
        if key in section.model_fields:  # else it is the name of an item
            section = section_in(section.model_fields[key].annotation)
    return [*section.model_fields, *(BLOCKS if root is Params and _may_have_blocks(location) else ())]


def _may_have_blocks(location: tuple[str | int, ...]) -> bool:
    depth = {**dict.fromkeys(blocks.SECTIONS, 3), "analyses": 4}.get(str(location[0]))
    return len(location) == depth
