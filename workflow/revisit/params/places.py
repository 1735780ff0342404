"""Where a mistake is to be mended: blocks of a scale and variants of a sweep override what their entry says."""

from collections.abc import Container
from typing import Any

Place = tuple[str | int, ...]  # keys from the top


def mended_at(place: Place, document: dict[str, Any], block: str | None, recorded: Container[Place]) -> Place:
    """The place in the file of a value that is known by its place once everything is applied.

    Args:
        place: of the value; in a sweep, of the variant's.
        document: the file, with its blocks.
        block: the one that was applied in its entry, `demo` or `laptop`; None at paper scale.
        recorded: places that are known to be wrong.

    Returns:
        The strongest of the places that give the value. A place that gives what stands beside it, as the `name` of
        an optimizer without its `momentum`, counts too, unless the value is wrong without that.
    """
    depth = 3 if place[:1] == ("analyses",) else 2
    entry, inner = place[:depth], place[depth:]
    heads = [entry]
    if inner[:1] == ("variants",) and len(inner) > 2:
        heads, inner = [(*entry, *inner[:2]), entry], inner[2:]
    if block and inner and inner[0] != block:
        heads = [(*entry, block, *head[depth:]) if within else head for head in heads for within in (True, False)]
    places = [(*head, *inner) for head in heads]
    for number, stronger in enumerate(places[:-1], start=1):
        beside = len(inner) > 1 and is_written(document, stronger[:-1])
        if is_written(document, stronger) or (beside and not any(place in recorded for place in places[number:])):
            return stronger
    return places[-1]


def is_written(document: dict[str, Any], place: Place) -> bool:
    """Whether the file gives a value at `place`; whatever is inside a list counts as written."""
    value: Any = document
    for key in place:
        if isinstance(value, list):
            return True
        if not isinstance(value, dict) or key not in value:
            return False
        value = value[key]
    return True
