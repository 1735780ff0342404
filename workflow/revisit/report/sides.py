"""Verdicts of this run and of the reference results side by side, and which of the two decides."""

from collections.abc import Mapping, Sequence
from typing import Any

from revisit.report import opening

RUN, REFERENCE = "run", "reference"
JUDGED = (
    "ours",
    "ours_low",
    "ours_high",
    "seeds",
    "data",
    "scale",
    "verdict",
    "reason",
    "parts",
    "values",
    "hypotheses",
)
Row = Mapping[str, Any]


def both(own: Sequence[Row], reference: Sequence[Row] | None) -> list[dict[str, Any]]:
    """The ledger's rows of a study: each with what decides, `decided_by`, and both sides below `run` and `reference`.

    Args:
        own: the rows of this run, as `verdicts.judge_all` gives them.
        reference: those of the reference results, in the same order; None where there are none.
    """
    others: Sequence[Row | None] = reference if reference is not None else [None] * len(own)
    return [_both(row, other) for row, other in zip(own, others, strict=True)]


def _both(own: Row, reference: Row | None) -> dict[str, Any]:
    side = REFERENCE if reference is not None and not _first(own) and _judged(reference) else RUN
    deciding = reference if side == REFERENCE and reference is not None else own
    sides = {RUN: _part(own), REFERENCE: _part(reference) if reference is not None else None}
    return {**own, **_part(deciding), "decided_by": side, **sides}


def _part(row: Row) -> dict[str, Any]:
    return {key: row[key] for key in JUDGED}


def _judged(row: Row) -> bool:
    return row["verdict"] != opening.UNTESTABLE


def _first(own: Row) -> bool:
    """Whether this run decides whatever the reference says.

    It does at paper scale, on data that are no stand-ins, and where no training decides.
    """
    published = own["scale"] == "paper" and own["data"] != "drawn"
    return _judged(own) and (published or not opening.by_runs(own))
