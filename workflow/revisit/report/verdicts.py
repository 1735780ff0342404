"""What our runs say of a claim: the numbers of every seed, what its rule makes of them, and what stands in the way.

`revisit.report.judgements` writes the ledger's rows from it.
"""

import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum

from revisit.report import decisions
from revisit.report.claims import Claim
from revisit.report.decisions import Compared, Estimate, Outcome
from revisit.report.expressions import MissingMetricError, UndefinedError, experiments_in
from revisit.report.possible import Bound, bound
from revisit.report.rules import Comparison, Near
from revisit.report.seeds import Seeds
from revisit.scales import smallest


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
DATA = ("published", "copy", "drawn")  # whose data and weights a run had, the best first


@dataclass(frozen=True)
class Conditions:
    """Under which a study was run.

    Attributes:
        scale: of its experiments, one of `revisit.scales.SCALES`.
        data: experiment -> whose its data and starting weights are, one of `DATA`.
        cost: what the study takes at paper scale, for readers.
        scales: experiment -> its scale, where it is another one.
        has: whose numbers they are, with the verb, for readers.
    """

    scale: str
    data: Mapping[str, str]
    cost: str = ""
    scales: Mapping[str, str] = field(default_factory=dict)
    has: str = "this run has"

    def scale_of(self, expressions: Iterable[str]) -> str:
        """The smallest scale of the experiments that expressions name."""
        return smallest((self.scales.get(name, self.scale) for name in experiments_in(expressions)), self.scale)

    def worst(self, expressions: Iterable[str]) -> str:
        """The worst of what the experiments had that expressions name."""
        whose = {self.data.get(name, "published") for name in experiments_in(expressions)}
        return max(whose, key=DATA.index, default="published")


@dataclass(frozen=True)
class Found:
    """What the rule of a claim comes to."""

    verdict: Verdict
    reason: str = ""
    ours: Estimate | None = None
    parts: Sequence[Compared] = ()


class Judge:
    """A claim before the metrics of its study."""

    def __init__(self, claim: Claim, seeds: Seeds, conditions: Conditions) -> None:
        self.claim, self.seeds, self.conditions = claim, seeds, conditions
        self.scale = conditions.scale_of(claim.deciding())

    def found(self) -> Found:
        """What the rule comes to, once nothing stands in its way."""
        claim = self.claim
        possible = bound_of(claim)
        reason = self._obstacle()
        try:
            ours, parts = self.ours(), [self.compared(part) for part in claim.comparisons()]
        except MissingMetricError as error:
            missing = f"{self.conditions.has} no {error.key}"
            ours, parts, reason = None, [], missing if "." not in error.key else reason or missing  # a whole experiment
        except UndefinedError:
            ours, parts, reason = None, [], reason or "a run was too short, or it diverged"
        if possible is not None and not possible.holds:
            return Found(Verdict.IMPOSSIBLE, possible.text, ours, parts)
        if reason:
            return Found(Verdict.UNTESTABLE, reason, ours, parts)
        verdict, reason = self._verdict(ours, parts)
        if ours is not None and not math.isfinite(ours.mean):
            reason = reason or "a run diverged"
        return Found(verdict, reason, ours, parts)

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


def bound_of(claim: Claim) -> Bound | None:
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
