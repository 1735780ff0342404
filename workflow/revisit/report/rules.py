"""The rules of the ledger: what our runs must show for a claim to hold. `revisit.report.verdicts` applies them."""

from typing import Annotated, Literal

from pydantic import Field, model_validator

from revisit.report.entries import Entry
from revisit.report.expressions import Expression

Identifier = Annotated[str, Field(pattern=r"^[a-z0-9_]+$")]
Number = Annotated[int | float, Field(ge=-1e15, le=1e15)]  # a whole number without end is no float
Side = Expression | Number  # of a comparison: over our metrics, or a fixed number
Positive = Annotated[float, Field(gt=0)]


class Comparison(Entry):
    """Two numbers compared seed by seed: `more` or `less` than another, or `equal` to it.

    `by`, or `times`, is how much larger the larger one must at least be for the claim's own words ("much", "faster");
    a difference that is certain but smaller has the same direction. `within` says what still counts as equal.
    `interval` are the ends of an interval of the first side for other reasons than seeds, such as resampled images.
    """

    more: Expression | None = None
    less: Expression | None = None
    equal: Expression | None = None
    than: Side | None = None
    to: Side | None = None
    by: Annotated[float, Field(ge=0)] = 0.0
    times: Annotated[float, Field(ge=1)] = 1.0
    within: Positive | None = None
    interval: tuple[Expression, Expression] | None = None

    @model_validator(mode="after")
    def _one_form(self) -> "Comparison":
        if sum(side is not None for side in (self.more, self.less, self.equal)) != 1:
            raise ValueError("a comparison has exactly one of more, less and equal")
        if self.equal is not None:
            if self.to is None or self.within is None or self.than is not None or self.by or self.times != 1:
                raise ValueError("'equal' takes 'to' and 'within', and nothing else")
        elif self.than is None or self.to is not None or self.within is not None or (self.by and self.times != 1):
            raise ValueError("'more' and 'less' take 'than', and one of 'by' and 'times' at most")
        if self.interval and (self.than != 0 or self.by or self.times != 1):
            raise ValueError("with an 'interval' a number is 'more' or 'less' 'than: 0', and nothing else")
        return self

    @property
    def sides(self) -> tuple[str, str | float]:
        """What is compared with what."""
        first, second = self.more or self.less, self.than
        if self.equal is not None:
            first, second = self.equal, self.to
        if first is None or second is None:
            raise TypeError("a comparison with one side")  # no such passes the check above
        return first, second

    def expressions(self) -> list[str]:
        """The sides that are expressions, and the ends of the interval."""
        return [side for side in (*self.sides, *(self.interval or ())) if isinstance(side, str)]

    @property
    def is_direction(self) -> bool:
        """Whether our numbers are compared with each other, or their difference with 0: not with a fixed number."""
        second = self.sides[1]
        return isinstance(second, str) or (second == 0 and self.equal is None)

    def __str__(self) -> str:
        first, second = self.sides
        if self.equal is not None:
            return f"{first} equals {second} within {self.within:g}"
        size = f" by at least {self.by:g}" if self.by else f" at least {self.times:g} times" if self.times != 1 else ""
        return f"{first} is {'more' if self.more else 'less'} than {second}{size}"


class Exact(Entry):
    """Ours equals the published number: counts."""

    kind: Literal["exact"]


class Near(Entry):
    """Ours lies near the published number: the interval of the mean over the seeds, widened by a tolerance, holds it.

    `better`: which side of the published number exceeds it; null where there is no better one. `direction`: what must
    be true for the verdict "same direction" where the number itself is not reached.
    """

    kind: Literal["near"]
    absolute: Positive | None = None
    relative: Positive | None = None
    better: Literal["higher", "lower"] | None = None
    direction: list[Comparison] = Field([])

    @model_validator(mode="after")
    def _one_tolerance(self) -> "Near":
        if (self.absolute is None) == (self.relative is None):
            raise ValueError("'near' takes one tolerance, absolute or relative")
        return self

    def tolerance(self, published: float) -> float:
        """The tolerance as an absolute one."""
        return self.absolute or (self.relative or 0.0) * abs(published)


class Compare(Entry):
    """Every one of some comparisons holds; the verdict is that of the weakest."""

    kind: Literal["compare"]
    all: Annotated[list[Comparison], Field(min_length=1)]


class Table(Entry):
    """The numbers of a group of claims, as a whole: their order and how far ours lie from them on average."""

    kind: Literal["table"]
    group: Identifier
    difference: Positive


class Possible(Entry):
    """What any run can give. One of:

    `share_of`: the number is a share of so many images. `average_precision`: no ranking of so many images of which so
    many are positive gives less. `multiple_of`: a count that is a multiple.
    """

    share_of: Annotated[int, Field(ge=1)] | None = None
    average_precision: "Ranking | None" = None
    multiple_of: Annotated[int, Field(ge=2)] | None = None

    @model_validator(mode="after")
    def _one(self) -> "Possible":
        if sum(kind is not None for kind in (self.share_of, self.average_precision, self.multiple_of)) != 1:
            raise ValueError("'possible' takes one of share_of, average_precision and multiple_of")
        return self


class Ranking(Entry):
    """Images that a class is ranked in."""

    positives: Annotated[int, Field(ge=1)]
    images: Annotated[int, Field(ge=1)]

    @model_validator(mode="after")
    def _others(self) -> "Ranking":
        if self.positives >= self.images:
            raise ValueError("a class is ranked before images that do not show it: fewer positives than images")
        return self


class KnownError(Entry):
    """Why a published value cannot be right: the value that is, or what our runs must show."""

    correct: Number | None = None
    when: list[Comparison] = Field([])
    explanation: str

    @model_validator(mode="after")
    def _one_test(self) -> "KnownError":
        if (self.correct is None) == (not self.when):
            raise ValueError("a known error takes the correct value, or `when`: comparisons that are true of it")
        return self


class Hypothesis(Entry):
    """An explanation of a claim, tested beside it."""

    statement: str
    holds: Annotated[list[Comparison], Field(min_length=1)]


Possible.model_rebuild()
Rule = Annotated[Exact | Near | Compare | Table, Field(discriminator="kind")]
