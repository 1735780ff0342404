"""The ledger of claims: what the source reports say, and the rule by which our metrics decide about it.

A claim holds expressions over our metrics. A name is an experiment, an attribute a key of its metrics:
`fashion_dynamic.inspect.parameters.fc2`, `fashion_static.statistics.roughness.raw` (see `revisit.report.statistics`).
Numbers, comparisons, arithmetic, and, or, not: nothing else; in particular no calls.
"""

import ast
from pathlib import Path
from typing import Annotated, Literal

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, ValidationError, model_validator

from revisit import reading
from revisit.errors import ConfigError

LEDGER = Path("workflow/claims.yaml")
LONGEST = 4000  # characters of an expression: bounds how deeply it nests
ALLOWED = (ast.Expression, ast.BoolOp, ast.BinOp, ast.UnaryOp, ast.Compare, ast.Name, ast.Attribute, ast.Constant)


def expression(text: str) -> str:
    """`text`, if it is an expression over metrics. Raises ValueError saying what is wrong."""
    if len(text) > LONGEST:
        raise ValueError(f"an expression of {len(text)} characters, of which {LONGEST} are allowed")
    try:
        tree = ast.parse(text, mode="eval")
    except (SyntaxError, ValueError, RecursionError, MemoryError) as error:
        raise ValueError(f"{text!r} is no expression: {error}") from None
    for node in ast.walk(tree):
        if isinstance(node, ast.expr | ast.Expression) and not isinstance(node, ALLOWED):
            raise ValueError(f"{text!r}: {type(node).__name__} is not allowed; compare, calculate, and/or/not only")
        if isinstance(node, ast.Constant) and not isinstance(node.value, int | float):
            raise ValueError(f"{text!r}: {node.value!r} is no number")
        name = node.id if isinstance(node, ast.Name) else getattr(node, "attr", "")
        if name.startswith("_"):
            raise ValueError(f"{text!r}: {name} is no metric")
    if not any(isinstance(node, ast.Name) for node in ast.walk(tree)):
        raise ValueError(f"{text!r} names no experiment")
    return text


Expression = Annotated[str, AfterValidator(expression)]
Identifier = Annotated[str, Field(pattern=r"^[a-z0-9_]+$")]


class _Entry(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True, allow_inf_nan=False)


class Rule(_Entry):
    """How the verdict comes about; `direction` is asked when the rule itself fails."""

    kind: Literal["exact", "within", "holds"]
    absolute: Annotated[float, Field(gt=0)] | None = None
    relative: Annotated[float, Field(gt=0)] | None = None
    direction: Expression | None = None
    comparable: Annotated[list[Literal["demo", "paper"]], Field(min_length=1)]
    data: Literal["any", "published"] = "any"

    @model_validator(mode="after")
    def _one_tolerance(self) -> "Rule":
        given = sum(tolerance is not None for tolerance in (self.absolute, self.relative))
        if given != (self.kind == "within"):
            raise ValueError("'within' takes one tolerance, absolute or relative; the other kinds take none")
        return self


class KnownError(_Entry):
    """Why a published value cannot be right: the value that is, or what our runs must show."""

    correct: int | float | None = None
    when: Expression | None = None
    explanation: str

    @model_validator(mode="after")
    def _one_test(self) -> "KnownError":
        if (self.correct is None) == (self.when is None):
            raise ValueError("a known error takes the correct value, or `when`, an expression that is true of it")
        return self


class Hypothesis(_Entry):
    """Our own explanation of a claim, tested beside it."""

    statement: str
    holds: Expression


class Shown(_Entry):
    """A number shown beside a verdict."""

    label: str
    value: Expression


class Claim(_Entry):
    """One number or statement of a source report."""

    id: Identifier
    study: Identifier
    source: Annotated[str, Field(pattern=r"^S[0-9]$")]
    place: str
    statement: Annotated[str, Field(min_length=1)]
    published: int | float | None
    unit: str = ""
    ours: Expression
    low: Expression | None = None
    high: Expression | None = None
    rule: Rule
    values: list[Shown] = []
    known_error: KnownError | None = None
    hypothesis: Hypothesis | None = None
    figure: Annotated[str, Field(pattern=r"^[a-z0-9_-]+$")] | None = None
    note: str = ""

    @model_validator(mode="after")
    def _comparable(self) -> "Claim":
        if (self.published is None) != (self.rule.kind == "holds"):
            raise ValueError("'exact' and 'within' compare with a published number; 'holds' has none (null)")
        if self.known_error and self.published is None:
            raise ValueError("a known error needs the published number")
        return self

    def expressions(self) -> list[str]:
        """Every expression of the claim."""
        beside = [self.low, self.high, self.hypothesis and self.hypothesis.holds]
        return self.deciding() + [text for text in beside if text] + [shown.value for shown in self.values]

    def deciding(self) -> list[str]:
        """The expressions that the verdict depends on."""
        optional = [self.rule.direction, self.known_error and self.known_error.when]
        return [self.ours, *(text for text in optional if text)]

    def experiments(self) -> set[str]:
        """The experiments that the claim speaks about; never empty."""
        return names_in(self.expressions())


def names_in(expressions: list[str]) -> set[str]:
    """The experiments that expressions name."""
    nodes = (node for text in expressions for node in ast.walk(ast.parse(text, mode="eval")))
    return {node.id for node in nodes if isinstance(node, ast.Name)}


def load(path: str | Path = LEDGER) -> list[Claim]:
    """The claims of a ledger, in its order. Raises ConfigError naming claim and field."""
    remedy = f"correct it, or restore it with `git checkout {path}`"
    try:
        entries = reading.yaml_value(path)
    except (OSError, ValueError) as error:
        raise ConfigError(f"{path} cannot be read: {error}; {remedy}") from None
    if not isinstance(entries, list):
        raise ConfigError(f"{path}: a list of claims is expected; {remedy}")
    claims: dict[str, Claim] = {}
    for number, entry in enumerate(entries, 1):
        label = entry.get("id", number) if isinstance(entry, dict) else number
        try:
            claim = Claim.model_validate(entry)
        except ValidationError as error:
            first = error.errors(include_url=False)[0]
            where = ".".join(str(key) for key in first["loc"])
            raise ConfigError(f"{path}: claim {label}: {where or 'rule'}: {first['msg']}; {remedy}") from None
        if claim.id in claims:
            raise ConfigError(f"{path}: claim {label} is there twice; {remedy}")
        claims[claim.id] = claim
    return list(claims.values())
