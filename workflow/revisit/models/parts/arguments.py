"""The settings of a network: the keyword arguments of its `build`, read from the source without running it.

`params.yaml` is checked against them before anything runs, and checking must not take the seconds that importing
PyTorch takes. The arguments are therefore plain: `float`, `int`, `bool`, `str` or `Literal["a", "b"]`, each with a
default, which is the published network's.
"""

import ast
import math
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

from revisit.errors import ConfigError

TYPES = {"float": (float, int), "int": (int,), "bool": (bool,), "str": (str,)}
WORDS = {"float": "a number", "int": "a whole number", "bool": "true or false", "str": "text"}


@dataclass(frozen=True)
class Limits:
    """The range of a number: `low` to `high`, without the ends that are open; a multiple of `step` if it is given."""

    low: float
    high: float
    open_low: bool = False
    open_high: bool = False
    step: float | None = None

    def hold(self, value: float) -> bool:
        """Whether `value` is within the range."""
        above = value > self.low if self.open_low else value >= self.low
        below = value < self.high if self.open_high else value <= self.high
        return above and below and (self.step is None or (value / self.step).is_integer())

    def __str__(self) -> str:
        step = f", a multiple of {self.step:g}" if self.step else ""
        return f"{'>' if self.open_low else '≥'} {self.low:g}, {'<' if self.open_high else '≤'} {self.high:g}{step}"


SHARE = Limits(0, 1, open_high=True)
WIDTH = Limits(0, 8, open_low=True, step=1 / 8)  # all published counts are multiples of 8: every layer stays whole
UNITS = Limits(1, 65_536)
COUNT = Limits(1, 100_000)
LIMITS = {
    "width": WIDTH,
    "backbone_width": WIDTH,
    "dropout": SHARE,
    "noise": SHARE,
    "hidden": UNITS,
    "code": UNITS,
    "sparsity": Limits(0, 1, open_low=True, open_high=True),
    "penalty": Limits(0, 1_000_000),
    "cells": Limits(1, 64),
    "boxes": Limits(1, 16),
    "detections": COUNT,
    "regions": COUNT,
    "background": SHARE,
    "bins": Limits(1, 64),
    "anchor": Limits(1, 1_000),
    "anchors": COUNT,
    "candidates": COUNT,
    "proposals": COUNT,
    "training_candidates": COUNT,
    "training_proposals": COUNT,
    "mask_channels": UNITS,
    "neck": UNITS,
    "warp": Limits(16, 1_000),
    "depth": Limits(7, 10_000),
    "growth": Limits(1, 1_000),
    "compression": Limits(0, 1, open_low=True),
}


@dataclass(frozen=True)
class Argument:
    """One setting of a network."""

    name: str
    type: str  # "float", "int", "bool" or "str"; a `Literal` is a "str" with choices
    choices: tuple[str, ...]  # empty: whatever the type and the limits allow
    default: Any

    @property
    def allowed(self) -> str:
        """What values it takes, in words."""
        if self.choices:
            return ", ".join(self.choices)
        limits = LIMITS.get(self.name)
        return WORDS[self.type] + (f", {limits}" if limits else "")

    def fits(self, value: Any) -> bool:
        """Whether `value`, as read from YAML or JSON, may be passed."""
        if not isinstance(value, TYPES[self.type]) or (isinstance(value, bool) and self.type != "bool"):
            return False
        if self.choices:
            return value in self.choices
        if isinstance(value, float) and not math.isfinite(value):
            return False
        limits = LIMITS.get(self.name)
        return limits is None or isinstance(value, str) or limits.hold(value)


def check(network: str, known: dict[str, Argument], settings: dict[str, Any]) -> None:
    """Raise ConfigError unless every one of `settings` is an argument of `network` and has a value that it may have."""
    for name, value in settings.items():
        if name not in known:
            there = f"it has: {', '.join(known)}" if known else "it has none"
            raise ConfigError(f"network.{name}: {network} has no such setting; {there}")
        if not known[name].fits(value):
            raise ConfigError(
                f"network.{name}: {value!r} is not allowed with {network}; allowed: {known[name].allowed}"
            )


@cache
def read(path: Path) -> dict[str, Argument]:
    """The keyword-only arguments of the function `build` in the file `path`, by name, in their order."""
    tree = ast.parse(path.read_bytes(), filename=str(path))
    build = next(node for node in tree.body if isinstance(node, ast.FunctionDef) and node.name == "build")
    defaults = zip(build.args.kwonlyargs, build.args.kw_defaults, strict=True)
    return {argument.arg: _argument(argument, default) for argument, default in defaults}


def _argument(argument: ast.arg, default: ast.expr | None) -> Argument:
    annotation = argument.annotation
    if default is None or not isinstance(annotation, ast.Name | ast.Subscript):
        raise TypeError(f"{argument.arg}: an argument of `build` has a default, and a plain type or a Literal")
    if isinstance(annotation, ast.Subscript):  # Literal["a", "b"]
        choices = ast.literal_eval(annotation.slice)
        choices = choices if isinstance(choices, tuple) else (choices,)
        return Argument(argument.arg, "str", choices, ast.literal_eval(default))
    return Argument(argument.arg, annotation.id, (), ast.literal_eval(default))
