"""The metrics of a study seed by seed: what the ledger's expressions see of each replicate."""

import math
from collections.abc import Callable, Mapping, Sequence
from functools import partial
from itertools import takewhile
from typing import Any

from revisit.report.expressions import evaluate, metrics_in
from revisit.report.runs import Run

Metrics = Mapping[str, Any]


def metrics_of(run: Run) -> list[Metrics]:
    """The metrics of every replicate of a training, in order: `train`, `statistics` and what the analyses found.

    Raises ArtifactError where the findings are damaged.
    """
    with run.measured():
        return [_replicate(run, number) for number in range(run.replicates)]


def _replicate(run: Run, number: int) -> Metrics:
    """The metrics of one seed. What was looked at in the first replicate alone is not in those of the others."""
    train = run.train_of(number)
    metrics = {"train": train, "statistics": _diverged(run.statistics_of(number), train)}
    for kind in run.metrics.keys() - metrics.keys():
        of_each = run.metrics[kind].get("replicates")  # of kinds that look at all of them
        if isinstance(of_each, list):
            metrics[kind] = {
                part: value for part, value in of_each[number].items() if not _first_only(of_each, part, value)
            }
        elif number == 0:
            metrics[kind] = run.metrics[kind]
    return metrics


def _diverged(statistics: Metrics, train: Metrics) -> Metrics:
    """The statistics of a seed, in which a run that diverged has late losses above any number: they are infinite."""
    own = _endless(statistics) if train["diverged"] else statistics
    of_each = {
        name: _endless(of_run) if train["variants"][name]["diverged"] else of_run
        for name, of_run in statistics["variants"].items()
    }
    return {**own, "variants": of_each}


def _endless(statistics: Metrics) -> Metrics:
    late = {curve: math.inf if curve.endswith("loss") else value for curve, value in statistics["late"].items()}
    return {**statistics, "late": late}


def _first_only(of_each: Sequence[Metrics], part: str, value: Any) -> bool:
    """Whether only the first replicate could be looked at: others keep no snapshots to follow filters over."""
    return value is None and isinstance(of_each[0].get(part), Mapping)


def _there(metrics: Any, keys: Sequence[str]) -> bool:
    """Whether metrics have a key below others. One that is null is there, and so is all below it: it was measured."""
    for key in keys:
        if metrics is None:
            return True
        if not isinstance(metrics, Mapping) or key not in metrics:
            return False
        metrics = metrics[key]
    return True


class Seeds:
    """The metrics of several trainings, seed by seed.

    Args:
        metrics: experiment -> its metrics for each replicate.
    """

    def __init__(self, metrics: Mapping[str, Sequence[Metrics]]) -> None:
        self._metrics = metrics

    def common(self, expressions: Sequence[str]) -> int:
        """How many seeds, from the first on, all metrics are there of that some expressions name; 1 where none is."""
        counts = [
            len(list(takewhile(partial(_there, keys=keys), self._metrics[name])))
            for name, *keys in metrics_in(expressions)
            if name in self._metrics
        ]
        return max(1, min(counts, default=1))

    def values(self, expressions: Sequence[str]) -> Callable[[str | float], list[float]]:
        """What gives the value of an expression, or a fixed number, for each seed that `expressions` have in common.

        It raises what `expressions.evaluate` does.
        """
        seeds = self.common(expressions)
        views = [{name: of[min(n, len(of) - 1)] for name, of in self._metrics.items() if of} for n in range(seeds)]

        def of(side: str | float) -> list[float]:
            return [evaluate(side, view) for view in views] if isinstance(side, str) else [float(side)] * seeds

        return of
