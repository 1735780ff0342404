"""The panels of a study on the page: which there are, and in which order. A panel is a section of every study.

Panels of the training lie in `revisit/report/panels/`, those of an analysis, or of a look inside a network, in its own
folder as `panel.py`. Functions there that `panel` decorates are panels; nothing is registered.
"""

import importlib
from collections.abc import Callable
from dataclasses import dataclass
from functools import cache
from typing import TYPE_CHECKING

from revisit.report.panels import modules
from revisit.report.study_writer import Section, StudyWriter

if TYPE_CHECKING:
    from revisit.report.records import Placed


@dataclass(frozen=True)
class Panel:
    """A panel: draws its section for one study.

    Attributes:
        section: its id on the page, which claims name as their `figure`.
        order: its place among the panels.
        draw: the section without its id; None where the study has nothing to show there.
    """

    section: str
    order: int
    draw: Callable[[StudyWriter], Section | None]

    def __call__(self, writer: StudyWriter) -> "Placed | None":
        """The section of the study of `writer`, if it has one."""
        found = self.draw(writer)
        if not found:
            return None
        return {"id": self.section, "title": found["title"], "text": found["text"], "blocks": found["blocks"]}


def panel(section: str, order: int) -> Callable[[Callable[[StudyWriter], Section | None]], Panel]:
    """Makes a function that draws a section a panel."""
    return lambda draw: Panel(section, order, draw)


@cache
def panels() -> tuple[Panel, ...]:
    """All panels in the order of the page. Raises ValueError where two have one section."""
    values = [value for name in modules() for value in vars(importlib.import_module(name)).values()]
    by_section: dict[str, Panel] = {}
    for value in values:
        if isinstance(value, Panel) and by_section.setdefault(value.section, value) is not value:
            raise ValueError(f"two panels draw the section {value.section}; give one of them another id")
    return tuple(sorted(by_section.values(), key=lambda value: value.order))


def sections() -> list[str]:
    """The ids of all sections in the order of the page."""
    return [found.section for found in panels()]
