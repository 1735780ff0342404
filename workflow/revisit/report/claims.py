"""The ledger of claims: what the source reports say, and the verdict that our metrics give.

A claim holds expressions over our metrics. A name is an experiment, an attribute a key of its metrics:
`fashion_dynamic.inspect.parameters.fc2`, `fashion_static.statistics.roughness.raw` (see `revisit.report.statistics`).
Numbers, comparisons, arithmetic, and, or, not: nothing else; in particular no calls.
"""

import ast
from collections.abc import Iterable, Mapping
from enum import StrEnum
from pathlib import Path
from typing import Annotated, Any, Literal

import yaml
from pydantic import AfterValidator, BaseModel, ConfigDict, Field, ValidationError, model_validator
from simpleeval import InvalidExpression, NameNotDefined, SimpleEval

from revisit.errors import ArtifactError, ConfigError

LEDGER = Path("workflow/claims.yaml")
ALLOWED = (ast.Expression, ast.BoolOp, ast.BinOp, ast.UnaryOp, ast.Compare, ast.Name, ast.Attribute, ast.Constant)


class Verdict(StrEnum):
    """What our run says of a claim, in the order in which the report counts them."""

    AGREES = "agrees"
    DIRECTION = "same direction"
    FAILED = "not reproduced"
    UNTESTABLE = "not testable at this scale"
    ERROR = "published value in error"


def _expression(text: str) -> str:
    try:
        tree = ast.parse(text, mode="eval")
    except (SyntaxError, ValueError) as error:
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


Expression = Annotated[str, AfterValidator(_expression)]
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
    """Why a published value cannot be right, and the value that is."""

    correct: int | float
    explanation: str


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
        optional = [self.low, self.high, self.rule.direction, self.hypothesis and self.hypothesis.holds]
        return [self.ours, *(text for text in optional if text), *(shown.value for shown in self.values)]

    def experiments(self) -> set[str]:
        """The experiments that the claim speaks about; never empty."""
        return {
            node.id
            for text in self.expressions()
            for node in ast.walk(ast.parse(text, mode="eval"))
            if isinstance(node, ast.Name)
        }


def load(path: str | Path = LEDGER) -> list[Claim]:
    """The claims of a ledger, in its order. Raises ConfigError naming claim and field."""
    try:
        entries = yaml.safe_load(Path(path).read_text(encoding="utf-8"))
    except (OSError, yaml.YAMLError) as error:
        raise ConfigError(f"{path} cannot be read: {error}") from None
    if not isinstance(entries, list):
        raise ConfigError(f"{path}: a list of claims is expected")
    claims: dict[str, Claim] = {}
    for number, entry in enumerate(entries, 1):
        label = entry.get("id", number) if isinstance(entry, dict) else number
        try:
            claim = Claim.model_validate(entry)
        except ValidationError as error:
            first = error.errors(include_url=False)[0]
            where = ".".join(str(key) for key in first["loc"])
            raise ConfigError(f"{path}: claim {label}: {where or 'rule'}: {first['msg']}") from None
        if claim.id in claims:
            raise ConfigError(f"{path}: claim {label} is there twice")
        claims[claim.id] = claim
    return list(claims.values())


class _UndefinedError(Exception):
    """A metric that is there, but null: the run was too short or diverged."""


class MissingMetricError(ArtifactError):
    """A metric that no stage of this run made: its experiment, analysis or epoch is not in `params.yaml`."""

    def __init__(self, claim: str, key: str, expression: str) -> None:
        super().__init__(f"claim {claim}: there is no metric {key}; see `{expression}` in {LEDGER}")
        self.key = key


class _Evaluator(SimpleEval):
    """simpleeval, narrowed: attributes are keys of dicts, never attributes of objects."""

    def __init__(self, metrics: Mapping[str, Any]) -> None:
        super().__init__(names=dict(metrics), functions={})
        self.nodes = {kind: handler for kind, handler in self.nodes.items() if issubclass(kind, ALLOWED)}
        self.nodes[ast.Attribute] = self._key

    def _key(self, node: ast.Attribute) -> Any:
        parent = self._eval(node.value)
        key = ast.unparse(node)
        if not isinstance(parent, dict) or node.attr not in parent:
            raise KeyError(key)
        if parent[node.attr] is None:
            raise _UndefinedError(key)
        return parent[node.attr]


def evaluate(expression: str, metrics: Mapping[str, Any], claim: str) -> float | int | bool | None:
    """Value of an expression over the metrics (experiment -> nested dicts); None when a metric in it is null.

    Raises MissingMetricError naming the claim and the key when a metric does not exist, ArtifactError when the value
    is no number.
    """
    try:
        value = _Evaluator(metrics).eval(expression, ast.parse(_expression(expression), mode="eval").body)
    except _UndefinedError:
        return None
    except (KeyError, NameNotDefined) as error:
        key = error.name if isinstance(error, NameNotDefined) else error.args[0]
        raise MissingMetricError(claim, key, expression) from None
    except (InvalidExpression, ValueError, TypeError, ArithmeticError) as error:
        raise ArtifactError(f"claim {claim}: `{expression}` has no value: {error}") from None
    if not isinstance(value, int | float):
        raise ArtifactError(f"claim {claim}: `{expression}` is no number")
    return value


def judge(claim: Claim, metrics: Mapping[str, Any], scale: str, source: str) -> dict[str, Any]:
    """The ledger's row of a claim: published, ours, verdict, reason and everything shown beside them (JSON).

    A claim about something that `params.yaml` does not ask for is not testable in this run; the reason names it.
    """
    missing: list[str] = []

    def value(text: str | None) -> Any:
        try:
            return None if text is None else evaluate(text, metrics, claim.id)
        except MissingMetricError as error:
            missing.append(error.key)
            return None

    ours = value(claim.ours)
    if isinstance(ours, bool) != (claim.rule.kind == "holds") and ours is not None:
        raise ArtifactError(f"claim {claim.id}: `{claim.ours}` must be {_TYPE[claim.rule.kind]}")
    verdict, reason = _verdict(claim, ours, value(claim.rule.direction), scale, source)
    if missing and verdict is not Verdict.AGREES:
        verdict, reason = Verdict.UNTESTABLE, f"this run has no {missing[0]}"
    return {
        "id": claim.id,
        "study": claim.study,
        "source": claim.source,
        "place": claim.place,
        "statement": claim.statement,
        "published": claim.published,
        "unit": claim.unit,
        "ours": ours,
        "low": value(claim.low),
        "high": value(claim.high),
        "verdict": str(verdict),
        "test": _test(claim),
        "reason": reason,
        "values": [{"label": shown.label, "value": value(shown.value)} for shown in claim.values],
        "hypothesis": claim.hypothesis
        and {"statement": claim.hypothesis.statement, "holds": value(claim.hypothesis.holds)},
        "figure": claim.figure,
        "note": claim.note,
    }


_TYPE = {"exact": "a number", "within": "a number", "holds": "true or false"}


def _test(claim: Claim) -> str:
    """The rule in words."""
    rule = claim.rule
    if rule.kind == "holds":
        text = claim.ours
    elif rule.kind == "exact":
        text = f"{claim.ours} equals {claim.published:,}"
    else:
        tolerance = f"{rule.absolute:g}" if rule.absolute else f"{rule.relative:.0%}"
        text = f"{claim.ours} within {tolerance} of {claim.published:,}"
    return f"{text}; same direction: {rule.direction}" if rule.direction else text


def _verdict(claim: Claim, ours: Any, direction: Any, scale: str, source: str) -> tuple[Verdict, str]:
    """The verdict, and why where the numbers alone do not say it."""
    rule = claim.rule
    if scale not in rule.comparable:
        return Verdict.UNTESTABLE, f"needs scale: {' or '.join(rule.comparable)}"
    if rule.data == "published" and source == "embedded":
        return Verdict.UNTESTABLE, "needs the published data set; this run used stand-ins"
    if ours is None:
        return Verdict.UNTESTABLE, "the run was too short or diverged"
    if rule.kind == "holds":
        agrees = ours
    else:
        agrees = abs(ours - claim.published) <= (rule.absolute or (rule.relative or 0) * abs(claim.published))
    if agrees:
        return Verdict.AGREES, ""
    if claim.known_error and ours == claim.known_error.correct:
        return Verdict.ERROR, claim.known_error.explanation
    return Verdict.DIRECTION if direction else Verdict.FAILED, ""


def judge_all(
    claims: Iterable[Claim], study: str, metrics: Mapping[str, Any], scale: str, source: str
) -> list[dict[str, Any]]:
    """The rows of one study, in the ledger's order."""
    return [judge(claim, metrics, scale, source) for claim in claims if claim.study == study]
