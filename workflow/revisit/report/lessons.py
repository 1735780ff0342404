"""What the reference results say beyond their verdicts: words of `workflow/lessons.yaml`, with numbers of the findings.

No number of ours is typed there, and what the words say is held by verdicts and comparisons, so that they cannot
outlive the results. `workflow/scripts/document_reference.py` writes them into docs/reference.md.
"""

import string
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Annotated

from pydantic import Field, ValidationError

from revisit.errors import ArtifactError, ConfigError
from revisit.report import decisions, entries
from revisit.report.decisions import Outcome
from revisit.report.entries import Entry
from revisit.report.expressions import Expression, UndefinedError
from revisit.report.numbers import formatted, number
from revisit.report.rules import Comparison, Identifier
from revisit.report.seeds import Seeds
from revisit.report.verdicts import Verdict

LESSONS = Path("workflow/lessons.yaml")
Words = Annotated[str, Field(min_length=1)]


class Lesson(Entry):
    """Something to be learned from the results; what the keys mean stands at the head of the file."""

    title: Words
    text: Words
    numbers: dict[Identifier, Expression] = Field(default_factory=dict)
    verdicts: Annotated[dict[Identifier, Verdict], Field(min_length=1)]
    holds: list[Comparison] = Field(default_factory=list)


class _Number:
    """A number over the seeds, as `{name}` with a format writes it."""

    def __init__(self, values: Sequence[float]) -> None:
        self.values = values

    def __format__(self, form: str) -> str:
        estimate = decisions.estimate(self.values)
        if form == "each":
            *others, last = [number(value) for value in self.values]
            return f"{', '.join(others)} and {last}" if others else last
        if form == "seeds":
            return "one seed" if estimate.seeds == 1 else f"{estimate.seeds} seeds"
        bounds = " to ".join(number(bound) for bound in estimate.bounds)
        if form == "bounds":
            return bounds
        if form == "interval":
            return f"{number(estimate.mean)} ({bounds})"
        return formatted(estimate.mean, form) if form else number(estimate.mean)


def load(path: Path = LESSONS) -> list[Lesson]:
    """The lessons in their order. Raises ConfigError, which names entry and field."""
    remedy = f"correct it, or restore it with `git checkout {path}`"
    lessons = []
    for entry in entries.read(path, "lessons", remedy):
        try:
            lessons.append(Lesson.model_validate(entry))
        except ValidationError as error:
            label = entry.get("title", "") if isinstance(entry, dict) else ""
            raise ConfigError(f"{path}: {label!r}: {entries.first_mistake(error, 'lesson')}; {remedy}") from None
    return lessons


def told(lesson: Lesson, seeds: Seeds, verdicts: Mapping[str, str]) -> str:
    """A lesson in Markdown.

    Args:
        lesson: of `load`.
        seeds: the metrics of all reference results.
        verdicts: what the reference results say of each claim, by its id.

    Raises ConfigError where the results no longer say what the lesson does, or lack what it speaks of.
    """
    for claim, verdict in lesson.verdicts.items():
        if verdicts.get(claim) != verdict:
            raise _outlived(lesson, f"the claim {claim} is not {str(verdict)!r}, but {verdicts.get(claim)!r}")
    try:
        for comparison in lesson.holds:
            compared = decisions.compare(comparison, seeds.values(comparison.expressions()))
            if compared.outcome is not Outcome.AGREES:
                raise _outlived(lesson, f"it does not hold that {comparison}")
        numbers = {name: _Number(seeds.values([one])(one)) for name, one in lesson.numbers.items()}
        return f"**{lesson.title}** {string.Formatter().vformat(lesson.text, (), numbers)}"
    except (ArtifactError, UndefinedError) as error:
        raise _outlived(lesson, str(error)) from None
    except (KeyError, IndexError, ValueError) as error:
        raise _outlived(lesson, f"its text cannot be filled in: {error}") from None


def _outlived(lesson: Lesson, why: str) -> ConfigError:
    return ConfigError(f"{LESSONS}: {lesson.title!r}: {why}; write anew what the reference results say")
