"""What our run says of a claim: expressions evaluated over its metrics, and the verdict that the rule gives."""

import ast
from collections.abc import Callable, Iterable, Mapping
from enum import StrEnum
from typing import Any

from simpleeval import InvalidExpression, NameNotDefined, SimpleEval

from revisit.errors import ArtifactError
from revisit.report.claims import ALLOWED, LEDGER, Claim, names_in
from revisit.report.claims import expression as checked


class Verdict(StrEnum):
    """What our run says of a claim, in the order in which the report counts them."""

    AGREES = "agrees"
    DIRECTION = "same direction"
    FAILED = "not reproduced"
    UNTESTABLE = "not testable at this scale"
    ERROR = "published value in error"


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
        value = _Evaluator(metrics).eval(expression, ast.parse(checked(expression), mode="eval").body)
    except _UndefinedError:
        return None
    except (KeyError, NameNotDefined) as error:
        key = error.name if isinstance(error, NameNotDefined) else error.args[0]
        raise MissingMetricError(claim, key, expression) from None
    except (InvalidExpression, ValueError, TypeError, ArithmeticError, RecursionError) as error:
        raise ArtifactError(f"claim {claim}: `{expression}` has no value: {error}") from None
    if not isinstance(value, int | float):
        raise ArtifactError(f"claim {claim}: `{expression}` is no number")
    return value


def judge(claim: Claim, metrics: Mapping[str, Any], scale: str, source: str) -> dict[str, Any]:
    """The ledger's row of a claim: published, ours, verdict, reason and everything shown beside them (JSON).

    `source`: where the data of its experiments come from; `embedded` and `embedded weights` are stand-ins.
    A claim about something that `params.yaml` does not ask for is not testable in this run; the reason names it.
    """
    missing: list[str] = []

    def value(text: str | None, needed: bool = False) -> Any:
        try:
            return None if text is None else evaluate(text, metrics, claim.id)
        except MissingMetricError as error:
            if needed:
                missing.append(error.key)
            return None

    ours = value(claim.ours, needed=True)
    if isinstance(ours, bool) != (claim.rule.kind == "holds") and ours is not None:
        raise ArtifactError(f"claim {claim.id}: `{claim.ours}` must be {_TYPE[claim.rule.kind]}")
    direction = value(claim.rule.direction, needed=True)
    reason = _untestable(claim, ours, scale, source)
    verdict = Verdict.UNTESTABLE
    if not reason:
        verdict, reason = _verdict(claim, ours, direction, value)
    if missing and verdict is not Verdict.AGREES and scale in claim.rule.comparable:
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


_STAND_INS = {
    "embedded": "needs the published data set; this run used stand-ins",
    "embedded weights": "needs the published data and pretrained weights; this run used stand-ins",
}


def _untestable(claim: Claim, ours: Any, scale: str, source: str) -> str:
    """Why the numbers of this run say nothing about a claim; empty where they do."""
    if scale not in claim.rule.comparable:
        return f"needs scale: {' or '.join(claim.rule.comparable)}"
    if claim.rule.data == "published" and source in _STAND_INS:
        return _STAND_INS[source]
    return "the run was too short or diverged" if ours is None else ""


def _verdict(claim: Claim, ours: Any, direction: Any, value: Callable[[str | None], Any]) -> tuple[Verdict, str]:
    """The verdict, and why where the numbers alone do not say it."""
    rule = claim.rule
    if rule.kind == "holds":
        agrees = ours
    else:
        agrees = abs(ours - claim.published) <= (rule.absolute or (rule.relative or 0) * abs(claim.published))
    if agrees:
        return Verdict.AGREES, ""
    known = claim.known_error
    if known and (value(known.when) or ours == known.correct):
        return Verdict.ERROR, known.explanation
    return Verdict.DIRECTION if direction else Verdict.FAILED, ""


def judge_all(
    claims: Iterable[Claim], study: str, metrics: Mapping[str, Any], scale: str, sources: Mapping[str, str]
) -> list[dict[str, Any]]:
    """The rows of one study, in the ledger's order; `sources`: experiment -> where its data come from.

    A claim rests on stand-ins as soon as one of the experiments that decide about it does.
    """

    def source(claim: Claim) -> str:
        found = {sources.get(experiment, "") for experiment in names_in(claim.deciding())}
        return next((stand_in for stand_in in _STAND_INS if stand_in in found), "published")

    return [judge(claim, metrics, scale, source(claim)) for claim in claims if claim.study == study]
