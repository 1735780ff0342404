"""Expressions over metrics, as the ledger of claims holds them: checked when it is read, evaluated without trust.

A name is an experiment, an attribute a key of its metrics: `fashion_dynamic.inspect.parameters.fc2`. Numbers and
arithmetic, nothing else; in particular no calls.
"""

import ast
import math
import sys
from collections.abc import Iterable, Mapping
from functools import cache
from typing import Annotated, Any

from pydantic import AfterValidator
from simpleeval import InvalidExpression, NameNotDefined, SimpleEval

from revisit.errors import ArtifactError

LONGEST = 4000  # characters of an expression: bounds how deeply it nests
ALLOWED = (ast.Expression, ast.BinOp, ast.UnaryOp, ast.Name, ast.Attribute, ast.Constant)
ARITHMETIC = (ast.Add, ast.Sub, ast.Mult, ast.Div, ast.Pow, ast.UAdd, ast.USub)


@cache
def _parsed(text: str) -> ast.expr:
    """The tree of an expression, which is evaluated for each seed and side. Raises ValueError saying what is wrong."""
    if len(text) > LONGEST:
        raise ValueError(f"an expression of {len(text)} characters, of which {LONGEST} are allowed")
    try:
        tree = ast.parse(text, mode="eval")
    except (SyntaxError, ValueError, RecursionError, MemoryError) as error:
        raise ValueError(f"{text!r} is not a valid expression: {error}") from None
    for node in ast.walk(tree):
        if isinstance(node, ast.expr | ast.Expression) and not isinstance(node, ALLOWED):
            raise ValueError(f"{text!r}: {type(node).__name__} is not allowed, only names, numbers and arithmetic")
        if isinstance(node, ast.operator | ast.unaryop) and not isinstance(node, ARITHMETIC):
            raise ValueError(f"{text!r}: {type(node).__name__} is not allowed, only + - * / **")
        if isinstance(node, ast.Constant) and (not isinstance(node.value, int | float) or isinstance(node.value, bool)):
            raise ValueError(f"{text!r}: {node.value!r} is not a number")
        name = node.id if isinstance(node, ast.Name) else getattr(node, "attr", "")
        if name.startswith("_"):
            raise ValueError(f"{text!r}: {name} is not a metric")
    if not any(isinstance(node, ast.Name) for node in ast.walk(tree)):
        raise ValueError(f"{text!r} names no experiment")
    return tree.body


def checked(text: str) -> str:
    """`text`, if it is an expression over metrics. Raises ValueError saying what is wrong."""
    _parsed(text)
    return text


Expression = Annotated[str, AfterValidator(checked)]


def experiments_in(expressions: Iterable[str]) -> set[str]:
    """The experiments that expressions name."""
    nodes = (node for text in expressions for node in ast.walk(_parsed(text)))
    return {node.id for node in nodes if isinstance(node, ast.Name)}


def metrics_in(expressions: Iterable[str]) -> list[list[str]]:
    """The metrics that expressions name, and what they lie in: each as its experiment and the keys below it."""
    metrics = []
    for outer in (node for text in expressions for node in ast.walk(_parsed(text))):
        node: ast.AST = outer
        keys: list[str] = []
        while isinstance(node, ast.Attribute):  # not `ast.unparse`, which gives up on long chains
            keys = [node.attr, *keys]
            node = node.value
        if isinstance(node, ast.Name):
            metrics.append([node.id, *keys])
    return metrics


class UndefinedError(Exception):
    """A metric that is there, but has no value: the run was too short or diverged."""


class MissingMetricError(ArtifactError):
    """A metric that no stage of this run made: its experiment, analysis or epoch is not in `params.yaml`."""

    def __init__(self, key: str, expression: str) -> None:
        super().__init__(f"there is no metric {key}; see `{expression}` in the ledger of claims")
        self.key = key


class _Evaluator(SimpleEval):
    """simpleeval, narrowed: attributes are keys of dicts, never attributes of objects."""

    nodes: dict[type[ast.AST], Any]  # what evaluates a node of this kind

    def __init__(self, metrics: Mapping[str, Any]) -> None:
        super().__init__(names=dict(metrics), functions={})
        self.nodes = {kind: handler for kind, handler in self.nodes.items() if issubclass(kind, ALLOWED)}
        self.nodes[ast.Attribute] = self._key
        self.diverged = False

    def _key(self, node: ast.Attribute) -> Any:
        inner = node.value
        if isinstance(inner, ast.Attribute):  # not by `_eval`, which looks through all that lies below each key
            parent = self._key(inner)
        else:
            parent = self._eval_name(inner) if isinstance(inner, ast.Name) else self._eval(inner)
        if not isinstance(parent, dict) or node.attr not in parent:
            raise KeyError(ast.unparse(node))
        value = parent[node.attr]
        if value is None:
            raise UndefinedError(ast.unparse(node))
        if isinstance(value, str):
            raise TypeError(f"{ast.unparse(node)} is {value[:40]!r}, no number")
        self.diverged |= value == math.inf
        return value


def evaluate(expression: str, metrics: Mapping[str, Any]) -> float:
    """Value of an expression over the metrics (experiment -> nested dicts); infinite only where a metric in it is.

    Raises:
        UndefinedError: a metric in it is null, or what comes of infinite ones is no number.
        MissingMetricError: a metric in it does not exist.
        ArtifactError: the value is no number, or too large for one.
    """
    evaluator = _Evaluator(metrics)
    try:
        value = evaluator.eval(expression, _parsed(expression))
    except (KeyError, NameNotDefined) as error:
        key = error.name if isinstance(error, NameNotDefined) else error.args[0]
        raise MissingMetricError(key, expression) from None
    except (InvalidExpression, ValueError, TypeError, ArithmeticError, RecursionError) as error:
        raise ArtifactError(f"`{expression}` has no value: {error}") from None
    if evaluator.diverged and isinstance(value, float) and not math.isfinite(value):
        if math.isnan(value):
            raise UndefinedError(expression)
        return value
    if not isinstance(value, int | float) or not abs(value) <= sys.float_info.max:
        raise ArtifactError(f"`{expression}` is not a number")
    return float(value) if isinstance(value, bool) else value
