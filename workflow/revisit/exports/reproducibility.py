"""A summary of what reproducing took, as Markdown: what was found, what was easy, what was hard."""

import re
from collections import Counter
from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING

from revisit.exports.ledger import Found
from revisit.report import opening, summary
from revisit.report.numbers import published_text, value_text
from revisit.report.opening import UNTESTABLE

if TYPE_CHECKING:
    from revisit.report.records import Row

STATUSES = {  # of assumptions -> what is said of them
    "confirmed": "confirmed by a source",
    "contradicted": "contradicted by a source",
    "open": "open: no source says",
}


def markdown(found: Sequence[Found]) -> str:
    """The summary. Every number and verdict in it is the ledger's."""
    claims = [claim for study in found for claim in study.claims]
    parts = ["# Reproducibility summary", *_scope(found, claims), *_results(found, claims)]
    return "\n\n".join([*parts, *_easy(claims), *_hard(found)]) + "\n"


def _scope(found: Sequence[Found], claims: Sequence["Row"]) -> Iterator[str]:
    studies = [one.study for one in found]
    sources = ", ".join(sorted({claim["source"] for claim in claims})) or "none"
    yield "## Scope"
    yield f"Claims: {len(claims)}, of {sources}. Studies: {len(found)}. {opening.scale(studies)}"
    yield opening.data(studies)
    if references := opening.references(studies):
        yield f"Reference results: {references}"


def _results(found: Sequence[Found], claims: Sequence["Row"]) -> Iterator[str]:
    yield "## What was found"
    yield opening.told(claims)
    lines = []
    for sentence in summary.sentences(claims):
        lines.append(f"- {_plain(sentence['text'])}")
        lines += [f"  - {_plain(example['text'])} (`{example['id']}`)" for example in sentence["examples"]]
    yield "\n".join(lines)
    verdicts = [verdict for verdict in summary.TELL if any(claim["verdict"] == verdict for claim in claims)]
    table = [["study", "claims", *verdicts]]
    for study in found:
        counts = Counter(claim["verdict"] for claim in study.claims)
        table.append([study.study["title"], str(len(study.claims)), *(str(counts[v] or "") for v in verdicts)])
    yield _table(table)


def _easy(claims: Sequence["Row"]) -> Iterator[str]:
    counted = [claim for claim in claims if claim["verdict"] != UNTESTABLE and not opening.by_runs(claim)]
    ran = [claim for claim in claims if opening.by_runs(claim)]
    again = [claim for claim in ran if claim["verdict"] in ("agrees", "exceeds")]
    yield "## What was easy"
    yield (
        f"- Claims decided without training, by counting what networks have or by a bound that no run can pass: "
        f"{len(counted)}.\n- Claims that trainings decided and that came out as published: {len(again)} of {len(ran)}."
    )
    if again:
        yield _ledger(again)


def _hard(found: Sequence[Found]) -> Iterator[str]:
    claims = [claim for study in found for claim in study.claims]
    failed = [claim for claim in claims if opening.by_runs(claim) and claim["verdict"] not in ("agrees", "exceeds")]
    assumptions = [(one.study["title"], each) for one in found for each in one.study["assumptions"]]
    needs = opening.needs([{**one.study, "claims": one.claims} for one in found])  # type: ignore[typeddict-item]
    yield "## What was hard"
    if failed:
        yield f"Claims that trainings decided otherwise, or left open: {len(failed)}."
        yield _ledger(failed)
    if assumptions:
        counts = Counter(str(each["status"]) for _, each in assumptions)
        told = ", ".join(f"{counts[status]} {text}" for status, text in STATUSES.items() if counts[status])
        yield f"Assumptions, as the reports leave out what a run has to know: {len(assumptions)} ({told})."
        rows = [[title, each["text"], each["status"]] for title, each in assumptions if each["status"] != "confirmed"]
        if rows:
            yield _table([["study", "assumed", "status"], *rows])
    if needs:
        yield f"Claims without a verdict yet: {sum(row['untestable'] for row in needs)}."
        rows = [
            [
                row["title"],
                f"{row['untestable']} of {row['claims']}",
                "; ".join(what for what, _ in row["needs"]),
                row["cost"],
            ]
            for row in needs
        ]
        yield _table([["study", "claims", "need", "cost"], *rows])
    if not (failed or assumptions or needs):
        yield "Nothing that the ledger knows of."


def _ledger(claims: Sequence["Row"]) -> str:
    rows = []
    for claim in claims:
        published = "stated" if claim["published"] is None else f"{published_text(claim['published'])} {claim['unit']}"
        ours = value_text(claim["ours"], claim["published"])
        verdict = ", ".join(text for text in (claim["verdict"], opening.surety(claim)) if text)
        rows.append([claim["statement"], f"{claim['source']}, {claim['place']}", published.strip(), ours, verdict])
    return _table([["claim", "source", "published", "ours", "verdict"], *rows])


def _table(rows: Sequence[Sequence[str]]) -> str:
    head, *body = (f"| {' | '.join(_plain(cell) for cell in row)} |" for row in rows)
    return "\n".join([head, f"|{'---|' * len(rows[0])}", *body])


def _plain(text: str) -> str:
    """Text that Markdown shows as it is, on one line."""
    return re.sub(r"([\\|<>*_`\[\]])", r"\\\1", " ".join(text.split()))
