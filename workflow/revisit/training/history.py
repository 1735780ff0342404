"""What a training run reports: a row per step and a row per evaluation."""

from collections.abc import Iterable, Mapping
from typing import Any

import numpy as np
import pandas as pd
import torch


class History:
    """The rows of a run of `steps` steps, of which each epoch has `steps_per_epoch`.

    Step values stay on the device until somebody reads them: asking for one of them at every step would make the
    processor wait for the GPU at every step.

    Args:
        steps: how many there will be at most.
        steps_per_epoch: whole steps.
        device: where the steps' values are.
        metric: the name of what evaluations measure besides the loss; None: nothing.
        stepwise: whether every step has that metric, too.
        beside: names of what evaluations measure besides loss and metric.
    """

    def __init__(
        self,
        steps: int,
        steps_per_epoch: int,
        device: torch.device,
        metric: str | None,
        stepwise: bool,
        beside: tuple[str, ...] = (),
    ) -> None:
        self.step_columns = ("loss", metric) if metric and stepwise else ("loss",)
        measured = ("loss", *([metric] if metric else []), *beside)
        self.columns = tuple(f"{split}_{name}" for name in measured for split in ("train", "test"))
        self._values = torch.zeros((steps, len(self.step_columns)), dtype=torch.float32, device=device)
        self._rates = np.zeros(steps)
        self._steps_per_epoch = steps_per_epoch
        self.step = 0  # the last step recorded; steps count from 1
        self.evaluations: list[dict[str, Any]] = []

    def record(self, learning_rate: float, *values: torch.Tensor) -> None:
        """Add the next step: its learning rate, and the values of its minibatch (scalars on the device)."""
        for column, value in enumerate(values):
            self._values[self.step, column] = value
        self._rates[self.step] = learning_rate
        self.step += 1

    def evaluated(self, values: Mapping[str, float]) -> None:
        """Add an evaluation after the last recorded step; `values` has the keys `columns`."""
        row = {"step": self.step, "epoch": self.step / self._steps_per_epoch}
        self.evaluations.append(row | {key: float(values[key]) for key in self.columns})

    def steps_since(self, step: int) -> Iterable[tuple[int, dict[str, float]]]:
        """Each step after `step`: its number, and its values by column, the learning rate first."""
        values = self._plain(step)
        for row in range(self.step - step):
            yield step + row + 1, {name: float(column[row]) for name, column in values.items()}

    def first_divergence(self) -> int | None:
        """The first step whose loss is infinite or not a number, if there is one."""
        wrong = (~self._values[: self.step, 0].isfinite()).nonzero()
        return int(wrong[0]) + 1 if len(wrong) else None

    def cut(self, step: int) -> None:
        """Forget the steps after `step`."""
        self.step = min(self.step, step)

    def state_dict(self) -> dict[str, Any]:
        """Everything recorded so far, as tensors, numbers, lists and dicts."""
        return {
            "values": self._values[: self.step].cpu().clone(),
            "rates": torch.from_numpy(self._rates[: self.step].copy()),
            "evaluations": [dict(row) for row in self.evaluations],
        }

    def load_state_dict(self, state: dict[str, Any]) -> None:
        """Go on from what `state_dict` gave."""
        self.step = len(state["values"])
        self._values[: self.step] = state["values"].to(self._values.device)
        self._rates[: self.step] = state["rates"].numpy()
        self.evaluations = [dict(row) for row in state["evaluations"]]

    def steps_table(self) -> pd.DataFrame:
        """One row per step: step, epoch, learning_rate, loss, and the minibatch's metric if it has one."""
        steps = np.arange(1, self.step + 1)
        table = pd.DataFrame({"step": steps, "epoch": steps / self._steps_per_epoch, **self._plain(0)})
        return table.replace([np.inf, -np.inf], np.nan)

    def evaluations_table(self) -> pd.DataFrame:
        """One row per evaluation: step, epoch, train_loss, test_loss, and train_ and test_ of the metric."""
        rows = pd.DataFrame(self.evaluations, columns=["step", "epoch", *self.columns])
        types = {"step": np.int64} | dict.fromkeys(["epoch", *self.columns], np.float64)
        return rows.astype(types).replace([np.inf, -np.inf], np.nan)

    def _plain(self, step: int) -> dict[str, np.ndarray]:
        """The columns of the steps after `step`, float64: 0.11 as it is, not as 0.10999999940395355."""
        values = self._values[step : self.step].cpu().numpy().astype(str).astype(np.float64)
        return {"learning_rate": self._rates[step : self.step], **dict(zip(self.step_columns, values.T, strict=True))}
