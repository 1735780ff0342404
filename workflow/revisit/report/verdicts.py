"""What our runs say of a claim: the numbers of every seed, what the rule makes of them, and how sure that is."""

import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from typing import TYPE_CHECKING

from revisit.errors import ArtifactError
from revisit.report import decisions, tables
from revisit.report.claims import LEDGER, Claim
from revisit.report.decisions import Compared, Estimate, Outcome
from revisit.report.expressions import MissingMetricError, UndefinedError, experiments_in
from revisit.report.possible import Bound, bound
from revisit.report.rules import Comparison, Exact, Near, Table
from revisit.report.seeds import Seeds
from revisit.scales import smallest

if TYPE_CHECKING:
    from revisit.report.records import Explanation, Judgement, Part, Value


class Verdict(StrEnum):
    """What our runs say of a claim, in the order in which the report counts them."""

    AGREES = "agrees"
    EXCEEDS = "exceeds"
    DIRECTION = "same direction"
    UNDECIDED = "undecided"
    FAILED = "not reproduced"
    ERROR = "published value in error"
    IMPOSSIBLE = "impossible"
    UNTESTABLE = "not testable at this scale"


VERDICTS = {
    Outcome.AGREES: Verdict.AGREES,
    Outcome.DIRECTION: Verdict.DIRECTION,
    Outcome.UNDECIDED: Verdict.UNDECIDED,
    Outcome.FAILED: Verdict.FAILED,
}
NO_NUMBER = "this run has no number for some entries of the table"
DATA = ("published", "copy", "drawn")  # whose data and weights a run had, the best first


@dataclass(frozen=True)
class Conditions:
    """Under which a study was run.

    Attributes:
        scale: of its experiments, one of `revisit.scales.SCALES`.
        data: experiment -> whose its data and starting weights are, one of `DATA`.
        cost: what the study takes at paper scale, for readers.
        scales: experiment -> its scale, where it is another one.
    """

    scale: str
    data: Mapping[str, str]
    cost: str = ""
    scales: Mapping[str, str] = field(default_factory=dict)

    def scale_of(self, expressions: Iterable[str]) -> str:
        """The smallest scale of the experiments that expressions name."""
        return smallest((self.scales.get(name, self.scale) for name in experiments_in(expressions)), self.scale)

    def worst(self, expressions: Iterable[str]) -> str:
        """The worst of what the experiments had that expressions name."""
        found = {self.data.get(name, "published") for name in experiments_in(expressions)}
        return max(found, key=DATA.index, default="published")


@dataclass(frozen=True)
class _Found:
    """What the rule of a claim comes to."""

    verdict: Verdict
    reason: str = ""
    ours: Estimate | None = None
    parts: Sequence[Compared] = ()


class _Judge:
    """A claim before the metrics of its study."""

    def __init__(self, claim: Claim, seeds: Seeds, conditions: Conditions) -> None:
        self.claim, self.seeds, self.conditions = claim, seeds, conditions
        self.scale = conditions.scale_of(claim.deciding())

    def found(self) -> _Found:
        """What the rule comes to, once nothing stands in its way."""
        claim = self.claim
        possible = _bound(claim)
        reason = self._obstacle()
        try:
            ours, parts = self.ours(), [self.compared(part) for part in claim.comparisons()]
        except MissingMetricError as error:
            missing = f"this run has no {error.key}"
            ours, parts, reason = None, [], missing if "." not in error.key else reason or missing  # a whole experiment
        except UndefinedError:
            ours, parts, reason = None, [], reason or "a run was too short, or it diverged"
        if possible is not None and not possible.holds:
            return _Found(Verdict.IMPOSSIBLE, possible.text, ours, parts)
        if reason:
            return _Found(Verdict.UNTESTABLE, reason, ours, parts)
        verdict, reason = self._verdict(ours, parts)
        if ours is not None and not math.isfinite(ours.mean):
            reason = reason or "a run diverged"
        return _Found(verdict, reason, ours, parts)

    def _obstacle(self) -> str:
        """Why the numbers of this run say nothing about the claim; empty where they do."""
        needs = [] if self.claim.judged_at(self.scale) else [self._scales()]
        if self._stand_ins(self.claim.deciding()):
            needs.append("the published data" if needs else "the published data and weights; this run had stand-ins")
        return f"needs {' and '.join(needs)}{self._cost()}" if needs else ""

    def _scales(self) -> str:
        return f"scale: {' or '.join(self.claim.scales())}"

    def _cost(self) -> str:
        return f" ({self.conditions.cost})" if self.conditions.cost else ""

    def _stand_ins(self, expressions: Iterable[str]) -> bool:
        """Whether experiments that expressions name had stand-ins where the claim speaks of the published data."""
        return self.claim.data == "published" and self.conditions.worst(expressions) == "drawn"

    def ours(self) -> Estimate | None:
        """Our number over the seeds, where the claim has one."""
        return self.estimate(self.claim.ours) if self.claim.ours else None

    def estimate(self, expression: str) -> Estimate:
        """A number over the seeds of its trainings."""
        return decisions.estimate(self.seeds.values([expression])(expression))

    def compared(self, comparison: Comparison) -> Compared:
        """A comparison over the seeds that its trainings have in common."""
        return decisions.compare(comparison, self.seeds.values(comparison.expressions()))

    def weakest_of(self, comparisons: Iterable[Comparison]) -> Outcome | None:
        """What comparisons come to together; None where a metric is missing, or scale or data say nothing."""
        outcomes = []
        for comparison in comparisons:
            scale = self.conditions.scale_of(comparison.expressions())
            if not self.claim.counts_at(scale, comparison) or self._stand_ins(comparison.expressions()):
                return None
            try:
                outcomes.append(self.compared(comparison).outcome)
            except (MissingMetricError, UndefinedError):
                return None
        return decisions.weakest(outcomes) if outcomes else None

    def all_hold(self, comparisons: Iterable[Comparison]) -> bool:
        """Whether all of some comparisons certainly agree."""
        return self.weakest_of(comparisons) is Outcome.AGREES

    def _verdict(self, ours: Estimate | None, parts: Sequence[Compared]) -> tuple[Verdict, str]:
        claim, rule, published = self.claim, self.claim.rule, self.claim.published
        if isinstance(rule, Near) and not claim.decided_at(self.scale):
            return self._direction(rule)
        if parts:
            outcome = decisions.weakest([part.outcome for part in parts])
        elif ours is None or published is None:
            raise TypeError(f"{claim.id}: a claim with nothing to compare")  # no such passes the ledger's checks
        elif isinstance(rule, Near):
            outcome = decisions.near(ours, published, rule.tolerance(published))
        else:
            outcome = Outcome.AGREES if ours.bounds == (published, published) else Outcome.FAILED
        if outcome is Outcome.AGREES:
            return Verdict.AGREES, ""
        known = claim.known_error
        if known and (self.all_hold(known.when) or (known.correct is not None and ours and ours.mean == known.correct)):
            return Verdict.ERROR, known.explanation
        if outcome is Outcome.UNDECIDED:
            return Verdict.UNDECIDED, _undecided(parts, ours)
        if isinstance(rule, Near) and outcome is Outcome.FAILED:
            if ours is not None and published is not None and _exceeds(rule, ours, published):
                return Verdict.EXCEEDS, ""
            if self.all_hold(rule.direction):
                return Verdict.DIRECTION, ""
        return VERDICTS[outcome], ""

    def _direction(self, rule: Near) -> tuple[Verdict, str]:
        """What can be said of a number at a scale that gives directions alone."""
        needs = f"needs {self._scales()}{self._cost()}"
        if self.all_hold(rule.direction):
            return Verdict.DIRECTION, f"at {self.scale} scale only the direction counts; the number {needs}"
        return Verdict.UNTESTABLE, needs


def _bound(claim: Claim) -> Bound | None:
    """Whether a run can give the published number, where the claim says what is possible."""
    return bound(claim.possible, claim.published) if claim.possible and claim.published is not None else None


def _exceeds(rule: Near, ours: Estimate, published: float) -> bool:
    low, high = ours.bounds
    tolerance = rule.tolerance(published)
    return (rule.better == "higher" and low - tolerance > published) or (
        rule.better == "lower" and high + tolerance < published
    )


def _undecided(parts: Sequence[Compared], ours: Estimate | None) -> str:
    if ours is not None and not parts:
        return f"the interval over {ours.seeds} seeds holds the published number, but is too wide to confirm it"
    return f"the interval over {min(part.difference.seeds for part in parts)} seeds excludes neither"


def judge(claim: Claim, seeds: Seeds, conditions: Conditions) -> "Judgement":
    """The ledger's row of a claim: published, ours, verdict, reason and everything shown beside them (JSON).

    A claim about something that `params.yaml` does not ask for is not testable in this run; the reason names it.
    Raises ArtifactError, which names the claim, where an expression has no value.
    """
    judge_ = _Judge(claim, seeds, conditions)
    try:
        found = _Found(Verdict.UNTESTABLE) if isinstance(claim.rule, Table) else judge_.found()  # tables: `judge_all`
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
        "possible": possible.text if (possible := _bound(claim)) else None,
        "hypotheses": hypotheses,
        "figure": claim.figure,
        "note": claim.note,
    }


def _held(outcome: Outcome | None) -> str:
    """Whether our runs support an explanation."""
    if outcome is None:
        return "not testable"
    return {Outcome.AGREES: "supported", Outcome.UNDECIDED: "undecided"}.get(outcome, "not supported")


def _optional(judge_: _Judge, expression: str) -> Estimate | None:
    try:
        return judge_.estimate(expression)
    except (MissingMetricError, UndefinedError):
        return None


def _value(label: str, found: Estimate | None) -> "Value":
    value, low, high = _interval(found)
    return {"label": label, "value": value, "value_low": low, "value_high": high}


def _interval(found: Estimate | None) -> tuple[float | None, float | None, float | None]:
    mean, low, high = (found.mean, found.low, found.high) if found is not None else (None, None, None)
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
        reason = blocked[0]["reason"] if blocked[0]["verdict"] == Verdict.UNTESTABLE else NO_NUMBER
        return {**about, "reason": reason}
    published = [row["published"] for row in members if row["published"] is not None]  # all: their rules have one
    found = tables.agreement(published, [row["ours"] for row in members if row["ours"] is not None])
    ordered = found.correlation > 0 and found.p < tables.LEVEL
    close = found.difference <= rule.difference
    short = next((claim for claim, row in claims if not claim.decided_at(row["scale"])), None)
    if short and not ordered:  # at another scale, in another order: that says nothing
        cost = f" ({conditions.cost})" if conditions.cost else ""
        return {**about, "reason": f"needs scale: {' or '.join(short.scales())}{cost}"}
    agrees, reason = ordered and close and not short, f"at {scale} scale only the order counts" if short else ""
    verdict = Verdict.AGREES if agrees else Verdict.DIRECTION if ordered else Verdict.FAILED
    values: list[Value] = [
        {"label": "rank correlation", "value": found.correlation, "value_low": None, "value_high": None},
        {"label": "p by permutation", "value": found.p, "value_low": None, "value_high": None},
        {"label": "mean absolute difference", "value": found.difference, "value_low": None, "value_high": None},
    ]
    return {**about, "verdict": str(verdict), "reason": reason, "values": values}


def _keeps_out(claim: Claim, row: "Judgement") -> bool:
    """Whether the number of a row has no place in its table: it is untestable, and not for its scale alone.

    The order of numbers is a direction, which a shortened protocol can give.
    """
    ranked = row["scale"] == "laptop" and "paper" in claim.comparable
    stand_ins = claim.data == "published" and row["data"] == "drawn"
    return row["verdict"] == Verdict.UNTESTABLE and (stand_ins or not ranked)
