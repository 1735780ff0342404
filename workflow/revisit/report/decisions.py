"""What numbers over seeds decide: the interval of a mean, and whether a comparison holds.

Runs of one seed share initial weights, batches and augmentation as far as their protocols allow, so that comparisons
are of pairs: the difference is taken seed by seed. The loss of a run that diverged is infinite.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from enum import StrEnum

import numpy as np

from revisit import intervals
from revisit.report.rules import Comparison


class Outcome(StrEnum):
    """What a comparison, or a number, comes to; from the weakest to the strongest."""

    FAILED = "failed"
    UNDECIDED = "undecided"
    DIRECTION = "direction"
    AGREES = "agrees"


WEAKEST_FIRST = list(Outcome)


@dataclass(frozen=True)
class Estimate:
    """The mean of a number over seeds, with Student's interval at 95%; without one (None) for a single seed.

    Infinite where the number of a seed is. Infinite numbers can only raise (or lower) the mean of the others, so that
    the interval reaches from the lower end of theirs to infinity.
    """

    mean: float
    low: float | None
    high: float | None
    seeds: int

    @property
    def bounds(self) -> tuple[float, float]:
        """The interval; of a single seed the number itself."""
        return (self.mean, self.mean) if self.low is None or self.high is None else (self.low, self.high)


def estimate(values: Sequence[float] | np.ndarray) -> Estimate:
    """The mean of `values`, one for each seed, and Student's interval for it."""
    finite = [value for value in values if np.isfinite(value)]
    if len(finite) == len(values):
        low, high = intervals.student(values) or (None, None)
        return Estimate(float(np.mean(values)), low, high, len(values))
    low, high = estimate(finite).bounds if finite else (np.inf, -np.inf)
    above, below = np.inf in values, -np.inf in values
    if above == below:  # of both kinds, or of pairs of which both diverged
        return Estimate(np.nan, -np.inf, np.inf, len(values))
    return Estimate(np.inf, low, np.inf, len(values)) if above else Estimate(-np.inf, -np.inf, high, len(values))


@dataclass(frozen=True)
class Compared:
    """A comparison, its two sides over the seeds, their difference, and what it comes to."""

    comparison: Comparison
    first: Estimate
    second: Estimate
    difference: Estimate
    outcome: Outcome


def compare(comparison: Comparison, value: Callable[[str | float], Sequence[float]]) -> Compared:
    """What a comparison comes to; `value` gives a side's numbers, one for each seed, equally many of both.

    - `more`, `less`: the interval of the difference must exclude 0 on the side claimed. Then it agrees if the mean
      difference is as large as claimed, and else has the same direction. It fails where the interval of what is
      claimed lies on the other side, and is undecided in between. A single seed decides by its sign and size.
    - `equal`: the whole interval must lie within the tolerance; it fails where it lies outside, and is undecided in
      between (two one-sided tests: Schuirmann 1987, J. Pharmacokinet. Biopharm. 15:657-680).
    - With an `interval` and a single seed, that interval stands for Student's.
    """
    first, second = (np.asarray(value(side), float) for side in comparison.sides)
    if comparison.interval and len(first) == 1:
        low, high = (float(value(end)[0]) for end in comparison.interval)
        own = Estimate(float(first[0]), low, high, 1)
        effect = own if comparison.more is not None else Estimate(-own.mean, -high, -low, 1)
        return Compared(comparison, own, estimate(second), effect, _ordered(effect, effect))
    larger, smaller = (second, first) if comparison.less is not None else (first, second)
    with np.errstate(invalid="ignore"):  # of two losses that diverged none is the larger
        effect = estimate(larger - smaller)
        claimed = estimate(larger - comparison.times * smaller - comparison.by)
    outcome = _ordered(effect, claimed) if comparison.within is None else _equal(effect, comparison.within)
    return Compared(comparison, estimate(first), estimate(second), effect, outcome)


def _ordered(effect: Estimate, claimed: Estimate) -> Outcome:
    if effect.bounds[0] > 0:
        return Outcome.AGREES if claimed.mean >= 0 else Outcome.DIRECTION
    if claimed.bounds[1] < 0 or effect.bounds[1] <= 0:
        return Outcome.FAILED
    return Outcome.UNDECIDED


def _equal(difference: Estimate, within: float) -> Outcome:
    low, high = difference.bounds
    if -within <= low and high <= within:
        return Outcome.AGREES
    return Outcome.FAILED if low > within or high < -within else Outcome.UNDECIDED


def near(ours: Estimate, published: float, tolerance: float) -> Outcome:
    """Whether a published number lies in the interval of ours, widened by a tolerance.

    Undecided where it does, but where half the interval is wider than the tolerance: it would hold many other numbers,
    and noisy runs would confirm whatever was published.
    """
    low, high = ours.bounds
    if not low - tolerance <= published <= high + tolerance:
        return Outcome.FAILED
    return Outcome.AGREES if high - low <= 2 * tolerance else Outcome.UNDECIDED


def weakest(outcomes: Sequence[Outcome]) -> Outcome:
    """The outcome of several that must all hold."""
    return min(outcomes, key=WEAKEST_FIRST.index)
