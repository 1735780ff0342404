"""The metrics of a study seed by seed: what the ledger's expressions see of each replicate."""

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from revisit.report.expressions import evaluate, experiments_in
from revisit.report.runs import Run

ANALYSES = ("evaluate", "inspect", "probe")  # those that look at every replicate; the others look at the first

Metrics = Mapping[str, Any]


def metrics_of(run: Run) -> list[Metrics]:
    """The metrics of every replicate of a training, in order: `train`, `statistics` and what the analyses found."""
    return [_replicate(run, number) for number in range(run.replicates)]


def _replicate(run: Run, number: int) -> Metrics:
    found = dict(run.metrics) | {"train": run.train_of(number), "statistics": run.statistics_of(number)}
    for kind in ANALYSES:
        of_each = run.metrics.get(kind, {}).get("replicates")
        if of_each:
            found[kind] = of_each[number]
    return found


class Seeds:
    """The metrics of several trainings, seed by seed.

    Args:
        metrics: experiment -> its metrics for each replicate.
    """

    def __init__(self, metrics: Mapping[str, Sequence[Metrics]]) -> None:
        self._metrics = metrics

    def common(self, expressions: Sequence[str]) -> int:
        """How many seeds all trainings have that some expressions name; 1 where there is none of them."""
        counts = [len(self._metrics[name]) for name in experiments_in(expressions) if name in self._metrics]
        return min(counts, default=1)

    def values(self, expressions: Sequence[str]) -> Callable[[str | float], list[float]]:
        """What gives an expression's (or a fixed number's) value for each of the seeds that `expressions` have in common.

        It raises what `expressions.evaluate` does.
        """
        seeds = self.common(expressions)
        views = [{name: of[min(n, len(of) - 1)] for name, of in self._metrics.items() if of} for n in range(seeds)]

        def of(side: str | float) -> list[float]:
            return [evaluate(side, view) for view in views] if isinstance(side, str) else [float(side)] * seeds

        return of
