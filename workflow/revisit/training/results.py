"""What one finished run of a sweep has to say."""

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import torch

from revisit.training.history import History

if TYPE_CHECKING:
    from revisit.training.settings import Protocol


@dataclass(frozen=True)
class Result:
    """A finished run.

    Attributes:
        variant: its name in the sweep.
        replicate: counted from 0.
        protocol: its settings, with its own seed.
        history: its rows.
        metric: the name of its metric; None: it has none.
        steps_per_epoch: whole steps.
        facts: what else is reported of it: `graph_backend`, `graph_note`, `device`, `parameters`, `operations`,
            `layers`, `diverged`, `fresh_layers`.
        statistics: `mean` and `std` of each channel that its inputs were normalised with.
        channels: the order of its inputs' channels.
        weights: the network's state, of runs whose network the sweep leaves behind.
        scores: the outputs for the test set, (N, K) float32, of the same runs where the task is scored.
    """

    variant: str
    replicate: int
    protocol: "Protocol"
    history: History
    metric: str | None
    steps_per_epoch: int
    facts: dict[str, Any]
    statistics: dict[str, list[float]]
    channels: str
    weights: dict[str, torch.Tensor] | None
    scores: torch.Tensor | None

    @property
    def measure(self) -> str:
        """What is best and read: the metric, or the loss where there is none."""
        return self.metric or "loss"

    def numbers(self) -> dict[str, float | None]:
        """The numbers after the last step and the best one on the test set; null where not finite.

        A run that diverged has no last numbers; its best is that of the evaluations before.
        """
        rows = self.history.evaluations
        last = rows[-1] if rows and not self.facts["diverged"] else {}
        best, row = f"best_test_{self.measure}", self._best()
        return {name: _finite(last.get(name)) for name in self.history.columns} | {
            best: row[f"test_{self.measure}"] if row else None
        }

    def best_step(self) -> int | None:
        """The step of the best evaluation, the first of equals."""
        row = self._best()
        return row["step"] if row else None

    def read(self) -> dict[str, float | None]:
        """The measure on the test set at the epochs or steps `read_at`; null where the run did not get there."""
        per, unit = (self.steps_per_epoch, "epoch") if self.protocol["epochs"] else (1, "step")
        found = {row["step"]: row[f"test_{self.measure}"] for row in self.history.evaluations}
        return {f"{unit}_{moment}": _finite(found.get(moment * per)) for moment in self.protocol["read_at"]}

    def _best(self) -> dict[str, Any] | None:
        key = f"test_{self.measure}"
        rows = [row for row in self.history.evaluations if math.isfinite(row[key])]
        choose = max if self.metric else min
        return choose(rows, key=lambda row: row[key], default=None)


def _finite(value: float | None) -> float | None:
    return value if value is not None and math.isfinite(value) else None
