"""What the page of the search lists: every claim, figure and table of the report, and where each stands.

The list is complete without a script; with one, words shorten it.
"""

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, Any

from revisit.report.sides import REFERENCE, RUN

if TYPE_CHECKING:
    from revisit.report.records import Entry, Page, Placed

NAMES = {"figure": "figure", "table": "table", "embedding": "map", "neighbours": "pictures", "detections": "pictures"}


def entries(studies: Sequence["Page"]) -> list["Entry"]:
    """Every figure and table with a title, in the order of the pages; those of reference results beside those of a run.

    Sections have their anchors already, and blocks theirs.
    """
    found: list[Entry] = []
    for study in studies:
        for side, sections in ((REFERENCE, study["reference"]["sections"]), (RUN, study["sections"])):
            both = bool(study["reference"]["sections"])
            found += [_entry(study, section, block, side if both else "") for section, block in _shown(sections)]
    return found


def _shown(sections: Sequence["Placed"]) -> Iterator[tuple["Placed", dict[str, Any]]]:
    for section in sections:
        for block in blocks(section):
            yield section, block


def blocks(section: "Placed") -> Iterator[dict[str, Any]]:
    """The blocks of a section, those that stand in rows too."""
    for block in section["blocks"]:
        yield from block["blocks"] if block["kind"] == "row" else [block]


def _entry(study: "Page", section: "Placed", block: dict[str, Any], side: str) -> "Entry":
    return {
        "study": study["study"],
        "title": block["title"],
        "kind": NAMES[block["kind"]],
        "section": section["title"],
        "side": {RUN: "this run", REFERENCE: "reference results"}.get(side, ""),
        "anchor": block["anchor"],
        "words": " ".join([block["caption"], *block["made_by"]]),
    }
