"""What the runs of a sweep say together: means with intervals, and tables of all runs."""

from typing import Any

import numpy as np
import pandas as pd

from revisit import intervals
from revisit.training.results import Result

ROWS = 6000  # of a run's history in the table of all runs: steps of longer runs are averaged


def variants(results: list[Result]) -> dict[str, dict[str, Any]]:
    """Of each variant: how many runs it had, how many diverged, and its numbers over the replicates.

    A number is the mean of the replicates; `<number>_low` and `<number>_high` are Student's interval for the mean
    at a confidence of 95%, null for a single run. All three are null where a replicate has no finite number.
    """
    found: dict[str, dict[str, Any]] = {}
    for name in dict.fromkeys(result.variant for result in results):
        own = [result for result in results if result.variant == name]
        found[name] = {"runs": len(own), "diverged": sum(result.facts["diverged"] for result in own)}
        found[name]["parameters"] = own[0].facts["parameters"]
        rows = [result.numbers() for result in own]
        for quantity in rows[0]:
            found[name] |= _estimate(quantity, [row[quantity] for row in rows])
    return found


def _estimate(quantity: str, values: list[float | None]) -> dict[str, float | None]:
    mean = low = high = None
    known = [value for value in values if value is not None]
    if len(known) == len(values):
        mean = float(np.mean(known))
        low, high = intervals.student(known) or (None, None)
    return {quantity: mean, f"{quantity}_low": low, f"{quantity}_high": high}


def tables(results: list[Result]) -> dict[str, pd.DataFrame]:
    """`summary` (one row per run), `evaluations` and `history`: the rows of all runs, by variant and replicate."""
    summary = [
        {
            "variant": result.variant,
            "replicate": result.replicate,
            "seed": result.protocol["seed"],
            "steps": result.history.step,
            "diverged": result.facts["diverged"],
            **result.numbers(),
            "best_step": result.best_step(),
        }
        for result in results
    ]
    return {
        "summary": pd.DataFrame(summary).astype({"best_step": "Int64"}),
        "evaluations": _joined(results, [result.history.evaluations_table() for result in results]),
        "history": _joined(results, [thinned(result.history.steps_table()) for result in results]),
    }


def thinned(steps: pd.DataFrame, rows: int = ROWS) -> pd.DataFrame:
    """A table of steps with at most `rows` rows: the means of so many steps each, under the last one's number.

    A mean over steps of which one has no finite loss is none; steps at the end that fill no row are left out.
    """
    steps = steps.drop(columns=["epoch", "learning_rate"])
    each = -(-len(steps) // rows)
    if each <= 1:
        return steps
    whole = steps.iloc[: len(steps) // each * each]
    values = whole.to_numpy(float).reshape(-1, each, len(whole.columns))
    table = pd.DataFrame(values.mean(axis=1), columns=whole.columns)
    table["step"] = values[:, -1, 0].astype(np.int64)
    return table


def _joined(results: list[Result], parts: list[pd.DataFrame]) -> pd.DataFrame:
    for result, part in zip(results, parts, strict=True):
        part.insert(0, "variant", result.variant)
        part.insert(1, "replicate", result.replicate)
    return pd.concat(parts, ignore_index=True)
