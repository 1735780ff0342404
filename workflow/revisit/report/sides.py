"""Verdicts of this run and of the reference results side by side, and which of the two decides."""

from collections.abc import Sequence
from typing import TYPE_CHECKING

from revisit.report import opening
from revisit.scales import SCALES

if TYPE_CHECKING:
    from revisit.report.records import Decided, Judged, Judgement

RUN, REFERENCE = "run", "reference"


def both(own: Sequence["Judgement"], reference: Sequence["Judgement"] | None) -> list["Decided"]:
    """The ledger's rows of a study: each with what decides, `decided_by`, and both sides below `run` and `reference`.

    Args:
        own: the rows of this run, as `judgements.judge_all` gives them.
        reference: those of the reference results, in the same order; None where there are none.
    """
    others: Sequence[Judgement | None] = reference if reference is not None else [None] * len(own)
    return [_both(row, other) for row, other in zip(own, others, strict=True)]


def alone(reference: Sequence["Judgement"]) -> list["Decided"]:
    """The ledger's rows of a study where nothing was run: the reference results decide."""
    return [{**row, "decided_by": REFERENCE, "run": None, "reference": _part(row)} for row in reference]


def _both(own: "Judgement", reference: "Judgement | None") -> "Decided":
    side = REFERENCE if reference is not None and not _first(own, reference) and _judged(reference) else RUN
    deciding = reference if side == REFERENCE and reference is not None else own
    return {
        **own,
        **_part(deciding),
        "decided_by": side,
        "run": _part(own),
        "reference": _part(reference) if reference is not None else None,
    }


def _part(row: "Judgement") -> "Judged":
    return {
        "ours": row["ours"],
        "ours_low": row["ours_low"],
        "ours_high": row["ours_high"],
        "seeds": row["seeds"],
        "data": row["data"],
        "scale": row["scale"],
        "verdict": row["verdict"],
        "reason": row["reason"],
        "parts": row["parts"],
        "values": row["values"],
        "hypotheses": row["hypotheses"],
    }


def _judged(row: "Judgement") -> bool:
    return row["verdict"] != opening.UNTESTABLE


def _first(own: "Judgement", reference: "Judgement") -> bool:
    """Whether this run decides whatever the reference says.

    It does on data that are no stand-ins at no smaller a scale, and where no training decides.
    """
    as_long = own["data"] != "drawn" and SCALES.index(own["scale"]) >= SCALES.index(reference["scale"])
    return _judged(own) and (as_long or not opening.by_runs(own))
