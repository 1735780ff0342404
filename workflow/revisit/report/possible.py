"""What any run can give: published numbers that none can are impossible, whatever was trained."""

import math
from dataclasses import dataclass
from decimal import Decimal

from revisit.analyses.precision import lowest_average_precision
from revisit.report.rules import Possible


@dataclass(frozen=True)
class Bound:
    """Whether a published number is possible, and the bound that says so in words."""

    holds: bool
    text: str


def bound(possible: Possible, published: float) -> Bound:
    """Whether a run can give the number `published`, which is rounded to the digits that it is printed with."""
    if possible.share_of is not None:
        return _share(possible.share_of, published)
    if possible.multiple_of is not None:
        whole = published % possible.multiple_of == 0
        nearest = max(1, round(published / possible.multiple_of)) * possible.multiple_of
        text = f"a multiple of {possible.multiple_of:,}, such as {nearest:,}"
        return Bound(whole, f"{'it is' if whole else 'it must be'} {text}")
    ranking = possible.average_precision
    if ranking is None:
        raise TypeError("nothing says what is possible")  # no such passes the ledger's checks
    lowest = lowest_average_precision(ranking.positives, ranking.images) or 0.0
    text = (
        f"with {ranking.positives:,} positives among {ranking.images:,} images the worst ranking there is has an "
        f"average precision of {lowest:.4f}"
    )
    return Bound(published >= lowest - _half_a_digit(published), text)


def _share(count: int, published: float) -> Bound:
    """A share of `count` images, printed with some digits."""
    nearest = min(max(round(published * count), 0), count)
    reached = abs(nearest / count - published) <= _half_a_digit(published) * (1 + 1e-9)
    if reached:
        return Bound(True, f"{nearest:,} of {count:,}")
    if not 0 <= published <= 1:
        return Bound(False, "a share lies between 0 and 1")
    below, above = math.floor(published * count), math.ceil(published * count)
    return Bound(
        False,
        f"no share of {count:,} images: {below:,} are {below / count:.{_digits(published)}f}, "
        f"{above:,} are {above / count:.{_digits(published)}f}",
    )


def _digits(published: float) -> int:
    exponent = Decimal(repr(float(published))).as_tuple().exponent
    return max(0, -exponent) if isinstance(exponent, int) else 0  # letters are those of infinity and NaN


def _half_a_digit(published: float) -> float:
    return 0.5 * 10.0 ** -_digits(published)
