"""The blocks of `params.yaml` that override an entry at one scale: `demo:` and `laptop:`."""

from collections.abc import Iterable
from typing import TYPE_CHECKING, Any

from revisit.params.fields import merged
from revisit.scales import BLOCKS

if TYPE_CHECKING:
    from revisit.params.mistakes import Mistakes

# Whose entries may have blocks; analyses' too.
SECTIONS = ("datasets", "proposals", "pretrained", "experiments", "finetunings")
# What DVC reads in the entry itself (dvc.yaml), and what says where an entry belongs: the same at every scale.
FIXED = ("raw", "dataset", "weights", "study", "scale")


def applied(document: dict[str, Any], scale: str) -> dict[str, Any]:
    """The document at a scale, without blocks."""
    result = document
    for place, entry in _entries(document):
        block = entry.get(scale) or {} if scale in BLOCKS else {}  # with nothing behind it, it overrides nothing
        # a block that is no mapping stays in place: the schema then names it
        base = {key: value for key, value in entry.items() if key not in BLOCKS or _wrong(value)}
        result = _replaced(result, place, merged(base, block) if isinstance(block, dict) else base)
    return result


def check(document: dict[str, Any], mistakes: "Mistakes") -> None:
    """Record every key in a block that is the same at every scale."""
    for place, entry in _entries(document):
        for block in BLOCKS:
            for key in FIXED:
                if isinstance(entry.get(block), dict) and key in entry[block]:
                    problem = f"is the same at every scale; set it in {'.'.join(place)} itself"
                    mistakes.add((*place, block, key), problem)


def _wrong(block: Any) -> bool:
    return block is not None and not isinstance(block, dict)


def _entries(document: dict[str, Any]) -> Iterable[tuple[tuple[str, ...], dict[str, Any]]]:
    """Every entry that may have blocks, with its place."""
    places: list[tuple[str, ...]] = [(section,) for section in SECTIONS]
    if isinstance(analyses := document.get("analyses"), dict):
        places += [("analyses", str(kind)) for kind in analyses]
    for place in places:
        section: Any = document
        for key in place:
            section = section.get(key) if isinstance(section, dict) else None
        if isinstance(section, dict):
            yield from (((*place, name), entry) for name, entry in section.items() if isinstance(entry, dict))


def _replaced(document: dict[str, Any], place: tuple[str, ...], value: Any) -> dict[str, Any]:
    key, *rest = place
    return {**document, key: _replaced(document[key], tuple(rest), value) if rest else value}
