"""Findings of every training of `params.yaml`, made up: right in form, plausible in value."""

import copy
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from scipy.stats import t as student

from revisit.analyses.kinds import kinds
from revisit.params.load import load
from revisit.params.resolve import resolve
from revisit.tasks import registry

ROOT = Path(__file__).parents[3]
ANALYSES = tuple(name for name, kind in kinds().items() if kind.findings)
STEPS = 700  # of every run: more than a figure has points
Settings = dict[str, Any]


def shorten(settings: Settings) -> Settings:
    """A training's settings with a length of STEPS, in the unit of its own."""
    for protocol in (settings, *settings["runs"].values()):
        if protocol["steps"]:
            protocol |= {"steps": STEPS, "read_at": [469, STEPS] if protocol["read_at"] else []}
        protocol["evaluate_every"] = 50
    return settings


def run(protocol: Settings, number: int, diverges_at: int | None) -> tuple[pd.DataFrame, pd.DataFrame]:
    """History and evaluations of one run; `number` makes them differ."""
    facts = registry.facts(protocol["objective"]["name"])
    metric = facts.metric
    rng = np.random.default_rng(number)
    per_epoch = STEPS // protocol["epochs"] if protocol["epochs"] else 100
    steps = per_epoch * protocol["epochs"] if protocol["epochs"] else STEPS
    step = np.arange(1, steps + 1)
    speed, floor = 0.1 + 0.05 * (number % 4), 0.2 + 0.04 * (number % 5)
    level = floor + 2.0 * np.exp(-step / (speed * steps))
    rate = np.full(steps, 0.01) * (0.5 ** ((step - 1) // 200) if protocol["schedule"] else 1)
    history = pd.DataFrame({"step": step, "epoch": step / per_epoch, "learning_rate": rate})
    history["loss"] = level + 0.06 * rng.standard_normal(steps)
    read = [moment * (per_epoch if protocol["epochs"] else 1) for moment in protocol["read_at"]]
    at = np.unique([*range(50, steps, 50), *read, steps])
    rows = {
        "step": at,
        "epoch": at / per_epoch,
        "train_loss": level[at - 1],
        "test_loss": level[at - 1] + 0.1 * at / steps,
    }
    if facts.stepwise:
        history[metric] = np.clip(1 - history["loss"] / 2.6, 0, 1)
    if metric:
        test = np.clip(0.97 - rows["test_loss"] / 2.7 + 0.01 * rng.standard_normal(len(at)), 0, 1)
        rows |= {f"train_{metric}": np.clip(test + 0.05 * at / steps, 0, 1), f"test_{metric}": test}
    rows |= {f"{split}_{name}": 0.2 + 0.1 * at / steps for name in facts.beside for split in ("train", "test")}
    evaluations = pd.DataFrame(rows)
    if diverges_at:
        history = history[history["step"] <= diverges_at + 1]
        history.loc[history["step"] > diverges_at, "loss"] = np.nan
        evaluations = evaluations[evaluations["step"] <= diverges_at + 50]
        evaluations.loc[evaluations["step"] > diverges_at, ["train_loss", "test_loss"]] = np.nan
    return history, evaluations


def write_training(folder: Path, settings: Settings, diverging: dict[tuple[str, int], int] | None = None) -> None:
    """results/findings of one training; `diverging`: (variant, replicate) -> last step with a finite loss."""
    diverging = diverging or {}
    runs = {
        (variant, replicate): run(protocol, 7 * number + replicate, diverging.get((variant, replicate)))
        for number, (variant, protocol) in enumerate(settings["runs"].items())
        for replicate in range(settings["replicates"])
    }
    objective = settings["objective"]["name"]
    metric = registry.facts(objective).metric
    summary, tables = [], ([], [])
    for (variant, replicate), found in runs.items():
        diverged = (variant, replicate) in diverging
        columns = found[1].columns[2:]
        last = dict.fromkeys(columns, np.nan) if diverged else found[1][columns].iloc[-1].to_dict()
        if metric:
            last[f"best_test_{metric}"] = found[1][f"test_{metric}"].max()
        about = {"variant": variant, "replicate": replicate}
        summary.append({**about, "seed": replicate, "steps": len(found[0]), "diverged": diverged, **last})
        for table, rows in zip(tables, found, strict=True):
            table.append(rows.assign(**about)[[*about, *rows.columns]])
    (folder / "runs").mkdir(parents=True)
    frame = pd.DataFrame(summary)
    frame.to_csv(folder / "runs/summary.csv", index=False)
    kept = runs[settings["keep"], 0]
    for name, table, own in zip(("history", "evaluations"), tables, kept, strict=True):
        pd.concat(table).to_csv(folder / f"runs/{name}.csv", index=False)
        own.to_csv(folder / f"{name}.csv", index=False)
    variants = {
        variant: {"parameters": 1000, **numbers(frame[frame["variant"] == variant])} for variant in settings["runs"]
    }
    history, evaluations = kept
    per_epoch = round(history["step"].iloc[0] / history["epoch"].iloc[0])
    unit, length = ("epoch", per_epoch) if settings["epochs"] else ("step", 1)
    own = {key: value for key, value in variants[settings["keep"]].items() if not key.endswith(("_low", "_high"))}
    findings = {"objective": objective, "metric": metric, "graph": settings["graph"], "graph_backend": "eager"}
    findings |= {
        "graph_note": "",
        "parameters": 1000,
        "operations": 2000,
        "layers": 121,
        "provenance": {"data": "drawn", "weights": "drawn" if settings["weights"] else None},
        "steps": len(history),
        "steps_per_epoch": per_epoch,
        "epochs": settings["epochs"],
    }
    findings |= {key: value for key, value in own.items() if key not in ("runs", "diverged", "parameters")}
    findings |= {"diverged": (settings["keep"], 0) in diverging, "variants": variants}
    if metric:
        by_step = evaluations.set_index("step")[f"test_{metric}"]
        findings[f"{metric}_at"] = {f"{unit}_{n}": by_step.get(n * length) for n in settings["read_at"]}
    (folder / "train.json").write_text(json.dumps(findings))


def numbers(runs: pd.DataFrame) -> dict[str, float | int | None]:
    """Means of a variant's runs and their 95% intervals."""
    count = len(runs)
    found: dict[str, float | int | None] = {"runs": count, "diverged": int(runs["diverged"].sum())}
    for name in runs.columns[5:]:
        mean, half = runs[name].mean(skipna=False), None
        if count > 1:
            half = student.ppf(0.975, count - 1) * runs[name].std(ddof=1) / count**0.5
        finite = bool(np.isfinite(mean))
        found[name] = float(mean) if finite else None
        found[f"{name}_low"], found[f"{name}_high"] = (mean - half, mean + half) if finite and half else (None, None)
    return found


@pytest.fixture(scope="session")
def classes() -> dict[str, list[str]]:
    """The classes of every data set; of those whose folders name them, made up."""
    params = load(ROOT / "params.yaml")
    twelve = [f"class {number}" for number in range(12)]
    raw = {name: params.datasets[params.data_of(name)].raw for name in (*params.datasets, *params.proposals)}
    return {name: params.raw[files].classes or twelve for name, files in raw.items()}


@pytest.fixture(scope="session")
def stages() -> Settings:
    """The settings of stages study (every one), collect and report of params.yaml, at demo scale.

    And `analyses`: experiment -> kind -> settings.
    """
    found = resolve(load(ROOT / "params.yaml"))
    studies = {name: copy.deepcopy(value) for (stage, name), value in found.items() if stage == "study"}
    for study in studies.values():
        for settings in study["experiments"].values():
            shorten(settings)
    analyses: dict[str, Settings] = {}
    for kind in ANALYSES:
        for name in (name for stage, name in found if stage == kind):
            analyses.setdefault(name, {})[kind] = found[kind, name]
    return {"study": studies, "collect": found["collect", None], "report": found["report", None], "analyses": analyses}


@pytest.fixture(scope="session", name="write_training")
def _write_training() -> Callable[..., None]:
    """`write_training`, for the tests of this folder."""
    return write_training
