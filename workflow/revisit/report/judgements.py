"""The ledger's rows as one side judges them (JSON): verdict, reason and everything that is shown beside them."""

import math
from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING

from revisit.errors import ArtifactError
from revisit.report import tables
from revisit.report.claims import LEDGER, Claim
from revisit.report.decisions import Compared, Estimate, Outcome
from revisit.report.expressions import MissingMetricError, UndefinedError
from revisit.report.rules import Exact, Near, Table
from revisit.report.seeds import Seeds
from revisit.report.verdicts import DATA, VERDICTS, Conditions, Found, Judge, Verdict, bound_of
from revisit.scales import smallest

if TYPE_CHECKING:
    from revisit.report.records import Explanation, Judgement, Part, Value

NO_NUMBER = "no number for some entries of the table"


def judge(claim: Claim, seeds: Seeds, conditions: Conditions) -> "Judgement":
    """The ledger's row of a claim: published, ours, verdict, reason and everything shown beside them (JSON).

    A claim about something that `params.yaml` does not ask for is not testable in this run; the reason names it.
    Raises ArtifactError, which names the claim, where an expression has no value.
    """
    judge_ = Judge(claim, seeds, conditions)
    try:
        found = Found(Verdict.UNTESTABLE) if isinstance(claim.rule, Table) else judge_.found()  # tables: `judge_all`
        shown = [_value(shown.label, _optional(judge_, shown.value)) for shown in claim.values]
        hypotheses: list[Explanation] = [
            {"statement": hypothesis.statement, "held": _held(judge_.weakest_of(hypothesis.holds))}
            for hypothesis in claim.hypotheses
        ]
    except ArtifactError as error:
        where = f"{LEDGER / claim.study}.yaml: claim {claim.id}"
        raise ArtifactError(f"{where}: {error}; correct the expression") from None
    seeds_of = [part.difference.seeds for part in found.parts] or ([found.ours.seeds] if found.ours else [0])
    ours, low, high = _interval(found.ours)
    return {
        "id": claim.id,
        "study": claim.study,
        "source": claim.source,
        "place": claim.place,
        "items": claim.items,
        "group": claim.group,
        "statement": claim.statement,
        "published": claim.published,
        "unit": claim.unit,
        "ours": ours,
        "ours_low": low,
        "ours_high": high,
        "seeds": min(seeds_of),
        "counted": claim.data == "none",  # networks are counted, no training decides
        "data": conditions.worst(claim.deciding()) if claim.data != "none" else None,
        "scale": judge_.scale,
        "verdict": str(found.verdict),
        "reason": found.reason,
        "test": _test(claim),
        "parts": [_part(part) for part in found.parts],
        "values": shown,
        "possible": possible.text if (possible := bound_of(claim)) else None,
        "hypotheses": hypotheses,
        "figure": claim.figure,
        "note": claim.note,
    }


def _held(outcome: Outcome | None) -> str:
    """Whether our runs support an explanation."""
    if outcome is None:
        return "not testable"
    return {Outcome.AGREES: "supported", Outcome.UNDECIDED: "undecided"}.get(outcome, "not supported")


def _optional(judge_: Judge, expression: str) -> Estimate | None:
    try:
        return judge_.estimate(expression)
    except (MissingMetricError, UndefinedError):
        return None


def _value(label: str, estimate: Estimate | None) -> "Value":
    value, low, high = _interval(estimate)
    return {"label": label, "value": value, "value_low": low, "value_high": high}


def _interval(estimate: Estimate | None) -> tuple[float | None, float | None, float | None]:
    mean, low, high = (estimate.mean, estimate.low, estimate.high) if estimate is not None else (None, None, None)
    return _finite(mean), _finite(low), _finite(high)


def _finite(value: float | None) -> float | None:
    """A number for JSON; None for what a run that diverged makes infinite."""
    return value if value is not None and math.isfinite(value) else None


def _part(part: Compared) -> "Part":
    difference = part.difference
    return {
        "test": str(part.comparison),
        "first": _finite(part.first.mean),
        "second": _finite(part.second.mean),
        "difference": _finite(difference.mean),
        "low": _finite(difference.low),
        "high": _finite(difference.high),
        "verdict": str(VERDICTS[part.outcome]),
    }


def _test(claim: Claim) -> str:
    """The rule in words."""
    rule = claim.rule
    if isinstance(rule, Exact):
        return f"{claim.ours} equals {claim.published:,}"
    if isinstance(rule, Table):
        return (
            f"the numbers of the group {rule.group}: rank correlation above 0 (permutation test, p < {tables.LEVEL}), "
            f"and a mean absolute difference of at most {rule.difference:g}"
        )
    if isinstance(rule, Near):
        size = f"{rule.absolute:g}" if rule.absolute else f"{rule.relative:.0%}"
        text = f"the interval of {claim.ours} over the seeds, widened by {size}, holds {claim.published:,}"
        direction = " and ".join(str(part) for part in rule.direction)
        return f"{text}; same direction: {direction}" if direction else text
    return "; ".join(str(part) for part in rule.all)


def judge_all(claims: Iterable[Claim], study: str, seeds: Seeds, conditions: Conditions) -> list["Judgement"]:
    """The rows of one study, in the ledger's order; those of whole tables are judged on the rows of their groups."""
    own = [claim for claim in claims if claim.study == study]
    rows = [judge(claim, seeds, conditions) for claim in own]
    for number, claim in enumerate(own):
        if isinstance(claim.rule, Table):
            members = [
                (other, its_row)
                for other, its_row in zip(own, rows, strict=True)
                if other.group == claim.rule.group and other is not claim
            ]
            rows[number] = _whole(rows[number], claim.rule, members, conditions)
    return rows


def _whole(
    row: "Judgement", rule: Table, claims: Sequence[tuple[Claim, "Judgement"]], conditions: Conditions
) -> "Judgement":
    """The `row` of a table with what it comes to as a whole, by the rows of its claims."""
    members = [row for _, row in claims]
    worst = max((member["data"] for member in members if member["data"]), key=DATA.index, default=None)
    scale = smallest((member["scale"] for member in members), conditions.scale)
    seeds = min(member["seeds"] for member in members)
    about: Judgement = {**row, "seeds": seeds, "data": worst, "scale": scale}
    blocked = [row for claim, row in claims if row["ours"] is None or _keeps_out(claim, row)]
    if blocked:
        first = blocked[0]
        reason = first["reason"] if first["verdict"] == Verdict.UNTESTABLE else f"{conditions.has} {NO_NUMBER}"
        return {**about, "reason": reason}
    published = [row["published"] for row in members if row["published"] is not None]  # all: their rules have one
    agreement = tables.agreement(published, [row["ours"] for row in members if row["ours"] is not None])
    ordered = agreement.correlation > 0 and agreement.p < tables.LEVEL
    close = agreement.difference <= rule.difference
    short = next((claim for claim, row in claims if not claim.decided_at(row["scale"])), None)
    if short and not ordered:  # at another scale, in another order: that says nothing
        cost = f" ({conditions.cost})" if conditions.cost else ""
        return {**about, "reason": f"needs scale: {' or '.join(short.scales())}{cost}"}
    agrees, reason = ordered and close and not short, f"at {scale} scale only the order counts" if short else ""
    verdict = Verdict.AGREES if agrees else Verdict.DIRECTION if ordered else Verdict.FAILED
    values: list[Value] = [
        {"label": "rank correlation", "value": agreement.correlation, "value_low": None, "value_high": None},
        {"label": "p by permutation", "value": agreement.p, "value_low": None, "value_high": None},
        {"label": "mean absolute difference", "value": agreement.difference, "value_low": None, "value_high": None},
    ]
    return {**about, "verdict": str(verdict), "reason": reason, "values": values}


def _keeps_out(claim: Claim, row: "Judgement") -> bool:
    """Whether the number of a row has no place in its table: it is untestable, and not for its scale alone.

    The order of numbers is a direction, which a shortened protocol can give.
    """
    ranked = row["scale"] == "laptop" and "paper" in claim.comparable
    stand_ins = claim.data == "published" and row["data"] == "drawn"
    return row["verdict"] == Verdict.UNTESTABLE and (stand_ins or not ranked)
