"""Mistakes in `params.yaml`, told so that they can be mended: the key, the value, what is allowed."""

import difflib
from collections.abc import Iterable
from typing import Any, get_args

from pydantic import BaseModel, ValidationError

from revisit.errors import ConfigError
from revisit.models.registry import available
from revisit.params.schema import Params

TYPES = {
    "int_type": "a whole number",
    "float_type": "a number",
    "string_type": "text",
    "bool_type": "true or false",
    "list_type": "a list, like [a, b]",
    "dict_type": "a mapping of keys and values",
    "model_type": "a mapping of keys and values",
}
ABSENT = object()


class Mistakes:
    """Collects mistakes and raises them as one message."""

    def __init__(self, path: str) -> None:
        self._path = path
        self._lines: dict[str, str] = {}

    def add(self, place: Iterable[str | int], problem: str) -> None:
        """Record that the value at `place` (keys from the top) has `problem`."""
        self._lines.setdefault(".".join(map(str, place)), problem)

    def add_validation(self, error: ValidationError, demo_of: dict[str, Any] | None = None) -> None:
        """Record what the schema found; `demo_of` is the document, if its `demo:` blocks were applied."""
        for detail in error.errors(include_url=False):
            place = [key for key in detail["loc"] if key != "[key]"]
            if demo_of is not None:
                place = _within_demo(place, demo_of)
            self.add(place, _problem(detail))

    def raise_if_any(self) -> None:
        """Raise ConfigError with every recorded mistake, in the order in which they were found."""
        if self._lines:
            count = "1 mistake" if len(self._lines) == 1 else f"{len(self._lines)} mistakes"
            lines = [f"  {place}: {problem}" for place, problem in self._lines.items()]
            raise ConfigError("\n".join([f"{self._path}: {count}; nothing was run", *lines]))


def _within_demo(place: list[str | int], document: dict[str, Any]) -> list[str | int]:
    """The place of a value in the file: inside the entry's `demo:` block if the value came from there."""
    depth = 3 if place[:1] == ["analyses"] else 2
    item: Any = document
    for key in place[:depth]:
        item = item.get(key) if isinstance(item, dict) else None
    inside: Any = item.get("demo", ABSENT) if isinstance(item, dict) else ABSENT
    for key in place[depth:]:
        if isinstance(inside, list):
            break
        inside = inside.get(key, ABSENT) if isinstance(inside, dict) else ABSENT
    return place if inside is ABSENT or len(place) <= depth else [*place[:depth], "demo", *place[depth:]]


def _problem(detail: Any) -> str:
    kind, context, value = detail["type"], detail.get("ctx", {}), detail["input"]
    if kind == "missing":
        return "missing; it has no default"
    if kind == "extra_forbidden":
        known = _known_keys(detail["loc"])
        return f"unknown key{_guess(str(detail['loc'][-1]), known)}; allowed: {', '.join(sorted(known))}"
    if kind == "literal_error":
        allowed = context["expected"].replace(" or ", ", ").replace("'", "").split(", ")
        return f"{value!r} is not allowed{_guess(str(value), allowed)}; allowed: {', '.join(allowed)}"
    if kind in TYPES:
        return f"{value!r} is not allowed; it must be {TYPES[kind]}"
    if kind == "string_pattern_mismatch" and "[key]" in detail["loc"]:
        return f"{value!r} is not a name; allowed: small letters, digits and _"
    message = detail["msg"].removeprefix("Value error, ").removeprefix("Input ").removeprefix("should ")
    return f"{value!r} is not allowed; it must {message}" if kind != "value_error" else f"{value!r}: {message}"


def _known_keys(location: tuple[str | int, ...]) -> list[str]:
    """The keys that the section holding the last key of `location` knows."""
    section: Any = Params
    for key in location[:-1]:
        if isinstance(section, type) and issubclass(section, BaseModel) and key in section.model_fields:
            section = section.model_fields[key].annotation
        else:  # the name of an item: its type is the mapping's value type
            section = get_args(section)[-1]
    return [*section.model_fields, *(["demo"] if _may_have_demo(location) else [])]


def _may_have_demo(location: tuple[str | int, ...]) -> bool:
    depth = {"datasets": 3, "experiments": 3, "analyses": 4}.get(str(location[0]))
    return len(location) == depth


def _guess(word: str, known: Iterable[str]) -> str:
    close = difflib.get_close_matches(word, list(known), n=1, cutoff=0.7)
    return f" (did you mean {close[0]}?)" if close else ""


def _unknown(word: str, what: str, known: Iterable[str]) -> str:
    known = sorted(known)
    return f"unknown {what} {word!r}{_guess(word, known)}; there are: {', '.join(known)}"


def check_references(params: Params, found: Mistakes) -> None:
    """Check what no single value shows: names that must exist elsewhere, numbers that must fit each other."""
    for name, experiment in params.experiments.items():
        place = ("experiments", name)
        for key, known in (("study", params.studies), ("dataset", params.datasets), ("model", available())):
            if (word := getattr(experiment, key)) not in known:
                found.add((*place, key), _unknown(word, key if key != "dataset" else "data set", known))
        for key in ("read_at", "snapshots"):
            if late := [epoch for epoch in getattr(experiment, key) if epoch > experiment.epochs]:
                found.add((*place, key), f"{late[0]} is after the last of {experiment.epochs} epochs")
        if experiment.optimizer.momentum and experiment.optimizer.name != "sgd":
            found.add((*place, "optimizer", "momentum"), f"only sgd has momentum, not {experiment.optimizer.name}")
    for name, dataset in params.datasets.items():
        source = dataset.source or params.source
        if getattr(dataset, source) is None:
            found.add(("datasets", name, source), f"missing; its source is {source}")
        for key in ("train", "test"):
            if source == "embedded" and getattr(dataset, key) is None:
                found.add(("datasets", name, key), "embedded data need a number: how many images to draw")
    for study in params.studies:
        if not any(experiment.study == study for experiment in params.experiments.values()):
            found.add(("studies", study), "no experiment belongs to it; add one or remove the study")
    _check_analyses(params, found)


def _check_analyses(params: Params, found: Mistakes) -> None:
    analyses = params.analyses
    for kind in type(analyses).model_fields:
        for name in getattr(analyses, kind):
            if name not in params.experiments:
                found.add(("analyses", kind, name), _unknown(name, "experiment", params.experiments))
    for kind in ("probe", "embed", "neighbours"):
        for name, analysis in getattr(analyses, kind).items():
            extracted = analyses.extract.get(name)
            key = "layer" if kind == "embed" else "layers"
            wanted = [analysis.layer] if kind == "embed" else analysis.layers
            for layer in wanted:
                if extracted is None:
                    found.add(("analyses", kind, name), f"needs features: add analyses.extract.{name}")
                elif layer not in extracted.layers:
                    found.add(("analyses", kind, name, key), _unknown(layer, "extracted layer", extracted.layers))
    for name, embed in analyses.embed.items():
        if embed.points <= 3 * embed.perplexity:
            at_most = (embed.points - 1) // 3
            found.add(
                ("analyses", "embed", name, "perplexity"),
                f"{embed.perplexity} is too large for {embed.points} points; at most {at_most}",
            )
    for name, evaluate in analyses.evaluate.items():
        if (experiment := params.experiments.get(name)) and (dataset := params.datasets.get(experiment.dataset)):
            classes = len(dataset.classes)
            if max(evaluate.top_k) > classes:
                found.add(
                    ("analyses", "evaluate", name, "top_k"), f"{max(evaluate.top_k)} is more than the {classes} classes"
                )
