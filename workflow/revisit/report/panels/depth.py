"""Whether more layers bring more: the accuracy of the variants of sweeps over their depth."""

import json
from collections.abc import Mapping
from typing import Any

import pandas as pd

from revisit.metrics import METRICS
from revisit.report import figures
from revisit.report.numbers import formatted
from revisit.report.panel import panel
from revisit.report.runs import Run
from revisit.report.study_writer import Section, StudyWriter, row, section

SPLITS = {"test": "test set", "train": "training set"}
Rows = list[dict[str, Any]]


@panel("depth", order=24)
def depth(writer: StudyWriter) -> Section | None:
    """Test and training metric over the number of layers: a line for variants that differ in nothing but that."""
    datasets: dict[str, list[Run]] = {}
    for run in writer.having("train"):
        if run.metric and any(_depths(run).values()):
            datasets.setdefault(run.settings["dataset"], []).append(run)
    drawn = [one for dataset, runs in datasets.items() if (one := _dataset(writer, dataset, runs))]
    text = (
        "At the end of training. Where a deeper network is worse on the training set, too, it does not overfit, but "
        "learns less. Vertical lines: intervals of the mean over several runs by Student's t."
    )
    return section("What depth brings", text, drawn) if drawn else None


def _dataset(writer: StudyWriter, dataset: str, runs: list[Run]) -> dict[str, Any] | None:
    """The figures of test and training set beside each other, of trainings on one data set."""
    rows = [one for run in runs for one in _rows(run)]
    if not rows:
        return None
    frame, made_by = pd.DataFrame(rows), [stage for run in runs for stage in run.made_by]
    label = METRICS[runs[0].metric or ""].label
    data = writer.data(f"depths_{dataset}", frame)
    drawn = []
    for split, name in SPLITS.items():
        kinds: dict[str, dict[int, tuple[float, float, float]]] = {}
        for one in rows:
            kinds.setdefault(one["kind"], {})[one["layers"]] = one[split], one[f"{split}_low"], one[f"{split}_high"]
        title = f"{label[0].upper()}{label[1:]} over depth, {name} of {dataset}"
        told = (
            f"{kind}: " + ", ".join(f"{formatted(points[x][0], '.1%')} with {x} layers" for x in sorted(points))
            for kind, points in kinds.items()
        )
        drawing = figures.shares(kinds, f"{label}, {name}", "layers with weights")
        alt = f"{title}. {'; '.join(told)}."
        drawn.append(writer.figure(f"depth-{dataset}-{split}", drawing, title, "", alt, made_by, data=data))
    return row(*drawn)


def _depths(run: Run) -> Mapping[str, int | None]:
    """The depth that each variant of a sweep sets, if they have several depths; of the layers that papers count."""
    found = {variant: protocol["network"].get("depth") for variant, protocol in run.settings["runs"].items()}
    return found if len({value for value in found.values() if value}) > 1 else {}


def _rows(run: Run) -> Rows:
    """A row for each variant with a depth and a number at the end."""
    kinds: dict[str, list[str]] = {}
    for variant, layers in _depths(run).items():
        if layers:
            kinds.setdefault(_but_depth(run, variant), []).append(variant)
    rows: Rows = []
    for variants in kinds.values():
        kind = _common(variants)
        for variant in variants:
            numbers = run.train["variants"][variant]
            found = {"experiment": run.name, "kind": kind, "variant": variant, "layers": _depths(run)[variant]}
            for split in SPLITS:
                key = f"{split}_{run.metric}"
                mean = numbers[key]
                ends = {end: mean if (at := numbers[f"{key}_{end}"]) is None else at for end in ("low", "high")}
                found |= {split: mean, **{f"{split}_{end}": at for end, at in ends.items()}}
            if found["test"] is not None:
                rows.append(found)
    return rows


def _but_depth(run: Run, variant: str) -> str:
    """All settings of a variant but its depth, as text."""
    protocol = run.settings["runs"][variant]
    network = {key: value for key, value in protocol["network"].items() if key != "depth"}
    return json.dumps({**protocol, "network": network}, sort_keys=True)


def _common(names: list[str]) -> str:
    """What names have in common at their beginnings, in words: `plain_20` and `plain_56` are `plain`."""
    words = zip(*(name.split("_") for name in names), strict=False)
    shared = []
    for each in words:
        if len(set(each)) > 1 or each[0].isdigit():
            break
        shared.append(each[0])
    return " ".join(shared) or ", ".join(names)
