"""Every number and statement of the source reports, and what becomes of it: `docs/statements.md`.

python workflow/revisit/report/statements.py

`workflow/statements.yaml` quotes them in their order. A statement is named by a claim of the ledger in its `items`, or
it says why no run tests it (`reason`), or which experiment will (`planned`). The ledger itself does not need it.
"""

import re
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated

if __name__ == "__main__":
    sys.path[0] = str(Path(__file__).resolve().parents[2])  # not this folder: its names are the standard library's, too

from pydantic import Field, ValidationError, model_validator

from revisit.errors import ConfigError
from revisit.report import claims as ledger
from revisit.report import entries
from revisit.report.claims import ITEM, Claim
from revisit.report.entries import Entry

STATEMENTS = Path("workflow/statements.yaml")
DOCUMENT = Path("docs/statements.md")
CLAIMED, REASON, PLANNED = "tested by claims", "not tested, with a reason", "planned"
STATUSES = (CLAIMED, REASON, PLANNED)
REPORTS = {
    "S0": "object classification: Fashion-MNIST and PASCAL VOC",
    "S1": "inside a convolutional network, and recurrent networks",
    "S2": "CIFAR-10: a ConvNet, siamese networks, transfer",
    "S3": "architectures and tasks described, and twelve classes",
}
INTRODUCTION = """# What the four reports say, statement by statement

Written from `workflow/statements.yaml` and the ledger in `workflow/claims/` by
`python workflow/revisit/report/statements.py`. The words are the reports' own. A statement is tested by claims of the
ledger ([what they mean](claims.md)), or it stands here with the reason why no run tests it, or with the experiment that
is planned for it. *Wrong* is what is wrong in a report whatever a run gives; where only a run can show an error, the
claim does.
"""

Words = Annotated[str, Field(min_length=1)]


class Statement(Entry):
    """A number or statement of a source report, in the report's words."""

    id: Annotated[str, Field(pattern=ITEM)]
    place: Words
    text: Words
    reason: Words | None = None
    planned: Words | None = None
    error: Words | None = None

    @model_validator(mode="after")
    def _one_status(self) -> "Statement":
        if self.reason and self.planned:
            raise ValueError("`reason` and `planned` exclude each other: what is planned can be tested")
        return self

    @property
    def report(self) -> str:
        """The report's number, such as S0."""
        return self.id.partition(".")[0]


@dataclass(frozen=True)
class Followed:
    """A statement with the claims that name it, in the ledger's order."""

    statement: Statement
    claims: tuple[Claim, ...]

    @property
    def status(self) -> str:
        """One of `STATUSES`."""
        return CLAIMED if self.claims else REASON if self.statement.reason else PLANNED


def load(path: str | Path = STATEMENTS) -> list[Statement]:
    """The statements in their order.

    Raises:
        ConfigError: a mistake in the file, or a number left out or given twice; the message names entry and field.
    """
    remedy = _remedy(path)
    statements: list[Statement] = []
    for number, entry in enumerate(entries.read(Path(path), "statements", remedy), 1):
        label = entry.get("id", f"number {number}") if isinstance(entry, dict) else f"number {number}"
        try:
            statement = Statement.model_validate(entry)
        except ValidationError as error:
            raise ConfigError(f"{path}: statement {label}: {entries.first_mistake(error, 'entry')}; {remedy}") from None
        expected = _following(statements[-1].id if statements else None)
        if statement.id not in expected:
            raise ConfigError(f"{path}: statement {label}: id: {' or '.join(expected)} is expected here; {remedy}")
        statements.append(statement)
    return statements


def _remedy(path: str | Path) -> str:
    return f"correct it, or restore it with `git checkout {path}`"


def _following(last: str | None) -> list[str]:
    """The ids that may come after another: the next one, or the first of the next report."""
    reports = list(REPORTS)
    if last is None:
        return [f"{reports[0]}.1"]
    report, _, number = last.partition(".")
    return [f"{report}.{int(number) + 1}", *(f"{next_}.1" for next_ in reports[reports.index(report) + 1 :][:1])]


def follow(statements: Sequence[Statement], claims: Sequence[Claim], path: str | Path = STATEMENTS) -> list[Followed]:
    """Each statement with the claims that name it in their `items`; claims that name none are left out.

    Args:
        statements: of `load`.
        claims: of the ledger.
        path: the statements' file, for messages.

    Raises:
        ConfigError: a claim names a statement that is not there, or a statement does not have exactly one of a claim,
            a reason and a plan.
    """
    naming: dict[str, list[Claim]] = {statement.id: [] for statement in statements}
    for claim in claims:
        for item in dict.fromkeys(claim.items):
            if item not in naming:
                raise ConfigError(
                    f"{ledger.LEDGER / claim.study}.yaml: claim {claim.id}: items: {item} is no statement of {path}; "
                    "correct it, or add the statement there"
                )
            naming[item].append(claim)
    return [Followed(statement, _checked(statement, naming[statement.id], path)) for statement in statements]


def _checked(statement: Statement, claims: list[Claim], path: str | Path) -> tuple[Claim, ...]:
    """The claims, if they are what the statement has besides its `reason` or `planned`: one of the three."""
    given = "reason" if statement.reason else "planned" if statement.planned else None
    if claims and given:
        raise ConfigError(
            f"{path}: statement {statement.id}: {given}: claim {claims[0].id} names it in its items; remove `{given}`, "
            "or the item there"
        )
    if not claims and not given:
        raise ConfigError(
            f"{path}: statement {statement.id}: no claim of {ledger.LEDGER} names it in its items; add it to one, or "
            "give `reason` (why no run tests it) or `planned` (which experiment will)"
        )
    return tuple(claims)


def markdown(followed: Sequence[Followed]) -> str:
    """The table of all statements, with counts at its head."""
    lines = [INTRODUCTION, *_counts(followed)]
    for report, title in _reports(followed).items():
        lines += ["", f"## {report}: {title}\n", "| | place | what the report says | what becomes of it |"]
        lines += ["|---|---|---|---|", *(_row(one) for one in followed if one.statement.report == report)]
    return "\n".join(lines) + "\n"


def _reports(followed: Sequence[Followed]) -> dict[str, str]:
    """Titles of the reports that have statements."""
    there = {one.statement.report for one in followed}
    return {report: title for report, title in REPORTS.items() if report in there}


def _counts(followed: Sequence[Followed]) -> list[str]:
    lines = [f"| report | statements | {' | '.join(STATUSES)} | *wrong* |", f"|---|{'---:|' * (len(STATUSES) + 2)}"]
    groups = {report: [one for one in followed if one.statement.report == report] for report in _reports(followed)}
    for label, group in [*groups.items(), ("all", followed)]:
        by_status = [sum(one.status == status for one in group) for status in STATUSES]
        wrong = sum(one.statement.error is not None for one in group)
        lines.append(f"| {' | '.join(map(str, [label, len(group), *by_status, wrong]))} |")
    return lines


def _row(one: Followed) -> str:
    statement = one.statement
    links = [f"[`{claim.id}`](../{(ledger.LEDGER / claim.study).as_posix()}.yaml)" for claim in one.claims]
    told = [", ".join(links)] if links else [f"**{'Planned' if statement.planned else 'Not tested'}.**"]
    told += [text for text in (statement.reason, statement.planned) if text]
    told += [f"*Wrong:* {statement.error}"] if statement.error else []
    cells = [statement.id, _plain(statement.place), _plain(statement.text), _cell(" ".join(told))]
    return f"| {' | '.join(cells)} |"


def _plain(text: str) -> str:
    """Words of a report, of which Markdown makes nothing."""
    return _cell(re.sub(r"([\\`*_<\[\]])", r"\\\1", text))


def _cell(text: str) -> str:
    return " ".join(text.replace("|", "\\|").split())


def write(path: Path = DOCUMENT) -> None:
    """Write the table of this repository's statements and ledger."""
    path.write_text(markdown(follow(load(), ledger.load())), encoding="utf-8")


if __name__ == "__main__":
    try:
        write()
    except ConfigError as error:
        print(f"error: {error}", file=sys.stderr)
        sys.exit(2)
