"""What a training run reports: a row per step and a row per evaluation."""

from collections.abc import Iterable, Mapping
from typing import Any

import numpy as np
import pandas as pd
import torch

EVALUATION = ("train_loss", "train_accuracy", "test_loss", "test_accuracy")


class History:
    """The rows of a run of `steps` steps, of which each epoch has `steps_per_epoch`.

    Step values stay on the device until somebody reads them: asking for one of them at every step would make the
    processor wait for the GPU at every step.
    """

    def __init__(self, steps: int, steps_per_epoch: int, device: torch.device) -> None:
        self._values = torch.zeros((steps, 2), dtype=torch.float32, device=device)  # loss, accuracy
        self._rates = np.zeros(steps)
        self._steps_per_epoch = steps_per_epoch
        self.step = 0  # the last step recorded; steps count from 1
        self.evaluations: list[dict[str, Any]] = []

    def record(self, learning_rate: float, loss: torch.Tensor, accuracy: torch.Tensor) -> None:
        """Add the next step: its learning rate, and loss and accuracy of its minibatch (scalars on the device)."""
        self._values[self.step, 0] = loss
        self._values[self.step, 1] = accuracy
        self._rates[self.step] = learning_rate
        self.step += 1

    def evaluated(self, metrics: Mapping[str, float]) -> None:
        """Add an evaluation after the last recorded step; `metrics` has the keys `EVALUATION`."""
        row = {"step": self.step, "epoch": self.step / self._steps_per_epoch}
        self.evaluations.append(row | {key: float(metrics[key]) for key in EVALUATION})

    def steps_since(self, step: int) -> Iterable[tuple[int, float, float, float]]:
        """(step, learning rate, loss, accuracy) of each step after `step`."""
        for offset, row in enumerate(self._values[step : self.step].cpu().numpy()):
            loss, accuracy = (float(str(value)) for value in row)  # 0.11, not 0.10999999940395355
            yield step + offset + 1, float(self._rates[step + offset]), loss, accuracy

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
            "values": self._values[: self.step].cpu(),
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
        """One row per step: step, epoch, learning_rate, loss, accuracy (of the minibatch, 0..1)."""
        rows = pd.DataFrame(self.steps_since(0), columns=["step", "learning_rate", "loss", "accuracy"])
        rows.insert(1, "epoch", rows["step"] / self._steps_per_epoch)
        return rows.replace([np.inf, -np.inf], np.nan)

    def evaluations_table(self) -> pd.DataFrame:
        """One row per evaluation: step, epoch, train_loss, train_accuracy, test_loss, test_accuracy."""
        rows = pd.DataFrame(self.evaluations, columns=["step", "epoch", *EVALUATION])
        return rows.replace([np.inf, -np.inf], np.nan)
