"""What each stage gets is what the TypedDict in the `settings.py` of its home says: the same keys, of these types."""

import json
from importlib import import_module
from itertools import chain
from types import NoneType, UnionType
from typing import Any, Literal, NotRequired, Union, get_args, get_origin, get_type_hints, is_typeddict

import pytest

from revisit.analyses.inspect.kinds import looks
from revisit.analyses.inspect.settings import Settings as Inspect
from revisit.analyses.kinds import kinds
from revisit.data.settings import Fetch, Prepare, Propose
from revisit.params.load import load
from revisit.params.resolve import resolve
from revisit.reference.settings import Asked
from revisit.report.settings import Collect, Report, Study
from revisit.scales import SCALES
from revisit.tasks import registry as tasks
from revisit.tasks.settings import Objective
from revisit.training.settings import Graft, Pretrain, Train


def of_kind(kind):
    return import_module(f"revisit.analyses.{kind}.settings").Settings


def of_look(look):
    return import_module(f"revisit.analyses.inspect.looks.{look}.settings").Settings


def of_tasks():
    """What tasks add to `objective`: each says it in its own folder."""
    with_settings = [name for name in tasks.available() if tasks.facts(name).settings]
    shapes = [import_module(f"revisit.tasks.{name}.settings").Settings for name in with_settings]
    return dict(chain.from_iterable(get_type_hints(shape, include_extras=True).items() for shape in shapes))


STAGES = {
    "fetch": Fetch,
    "prepare": Prepare,
    "propose": Propose,
    "train": Train,
    "finetune": Train,
    "pretrain": Pretrain,
    "graft": Graft,
    "collect": Collect,
    "study": Study,
    "report": Report,
    **{kind: of_kind(kind) for kind in kinds()},
}
FOUND_BY_NAME = {
    Objective: of_tasks(),
    Inspect: {look: of_look(look) | None for look in looks()},
    Asked: {kind: NotRequired[of_kind(kind)] for kind, described in kinds().items() if described.findings},
}


@pytest.fixture
def resolved(document, written):
    """`resolved(scale=..., source=...)`: the settings of every stage, as they come back from JSON."""

    def get(**change):
        changed = document() | change
        changed["datasets"]["voc2007"]["objects"] = "boxes"
        for method in ("selective_search", "sliding_windows"):
            changed["proposals"][f"voc_{method}"] = {"dataset": "voc2007", "method": method}
        changed["experiments"]["voc_simple_cnn"]["dataset"] = "voc_selective_search"
        params = load(written(changed))
        stages = resolve(params, params.trainings)  # as if all had reference results
        return {stage: json.loads(json.dumps(settings)) for stage, settings in stages.items()}

    return get


def misfits(value, shape, place):
    """Where `value`, of JSON, is not of the type `shape`: a line for each place."""
    origin, inside = get_origin(shape), get_args(shape)
    if shape is Any:
        return []
    if origin in (Union, UnionType):
        each = [misfits(value, choice, place) for choice in inside]
        return [] if [] in each else min(each, key=len)
    if is_typeddict(shape):
        return (
            misfits_of_keys(value, shape, place) if isinstance(value, dict) else [f"{place}: {value!r} is no mapping"]
        )
    if origin is Literal:
        fits = any(value == choice and type(value) is type(choice) for choice in inside)
        return [] if fits else [f"{place}: {value!r} is none of {inside}"]
    if origin is list and isinstance(value, list):
        return [line for i, item in enumerate(value) for line in misfits(item, inside[0], f"{place}.{i}")]
    if origin is dict and isinstance(value, dict):
        return [line for key, item in value.items() for line in misfits(item, inside[1], f"{place}.{key}")]
    wanted = NoneType if shape is None else shape
    return [] if isinstance(wanted, type) and type(value) is wanted else [f"{place}: {value!r} is no {shape}"]


def misfits_of_keys(value, shape, place):
    hints = get_type_hints(shape, include_extras=True) | FOUND_BY_NAME.get(shape, {})
    found = [f"{place}: {key} is not declared" for key in value.keys() - hints.keys()]
    for key, hint in hints.items():
        optional = get_origin(hint) is NotRequired
        if key in value:
            found += misfits(value[key], get_args(hint)[0] if optional else hint, f"{place}.{key}")
        elif not optional:
            found.append(f"{place}: {key} is missing")
    return found


@pytest.mark.parametrize("source", ["embedded", "mirror", "web"])
@pytest.mark.parametrize("scale", SCALES)
def test_stages_get_what_their_types_declare(resolved, scale, source):
    stages = resolved(scale=scale, source=source)
    assert {stage for stage, _ in stages} | {"propose"} == set(STAGES)  # no training uses given regions yet
    lines = [misfits(settings, STAGES[stage], f"{stage}@{item}") for (stage, item), settings in stages.items()]
    assert list(chain.from_iterable(lines)) == []


@pytest.mark.parametrize(
    ("change", "told"),
    [
        (lambda of: of.pop("keep"), "train: keep is missing"),
        (lambda of: of.update(colour="red"), "train: colour is not declared"),
        (lambda of: of["runs"]["base"].update(crop=2.5), "train.runs.base.crop: 2.5 is no"),
        (lambda of: of["runs"]["base"]["optimizer"].update(lr=1), "train.runs.base.optimizer.lr: 1 is no"),
        (lambda of: of["runs"]["base"]["objective"].pop("margin"), "train.runs.base.objective: margin is missing"),
        (lambda of: of["runs"]["base"].update(graph="fast"), "train.runs.base.graph: 'fast' is none of"),
        (lambda of: of["runs"]["base"]["read_at"].append(True), "train.runs.base.read_at.5: True is no"),
    ],
)
def test_what_does_not_fit_is_told(resolved, change, told):
    settings = resolved()["train", "fashion_dynamic"]
    settings["runs"]["base"]["read_at"] = [1, 2, 3, 4, 5]
    assert misfits(settings, Train, "train") == []
    change(settings)
    (line,) = misfits(settings, Train, "train")
    assert line.startswith(told)


@pytest.mark.parametrize(
    ("change", "told"),
    [
        (lambda of: of["train"].pop("keep"), "study.asked.fashion_dynamic.paper.train: keep is missing"),
        (lambda of: of.pop("prepare"), "study.asked.fashion_dynamic.paper: prepare is missing"),
        (lambda of: of["evaluate"].update(seed=0.5), "study.asked.fashion_dynamic.paper.evaluate"),
        (lambda of: of.update(colour={}), "study.asked.fashion_dynamic.paper: colour is not declared"),
    ],
)
def test_what_does_not_fit_in_a_published_protocol_is_told(resolved, change, told):
    settings = resolved()["study", "fashion"]
    change(settings["asked"]["fashion_dynamic"]["paper"])
    (line,) = misfits(settings, Study, "study")
    assert line.startswith(told)
