"""What a run minimises on a minibatch: the task's loss, with auxiliary heads, penalties and mixup."""

from collections.abc import Callable

import torch
from torch import nn

from revisit.models.output import Output
from revisit.tasks.base import Task
from revisit.training import mixup


class Criterion:
    """A network and what it is trained for.

    Args:
        network: its passes run in mixed precision (bfloat16) on a GPU.
        task: of one output; losses are computed in float32.
        mixed: whether targets come from `mixup.mix`.
        device: where the network is.
    """

    def __init__(self, network: nn.Module, task: Task, mixed: bool, device: torch.device) -> None:
        self._network, self._task, self._is_mixed, self._device = network, task, mixed, device.type

    def measure(self, inputs: torch.Tensor, *targets: torch.Tensor) -> tuple[torch.Tensor, ...]:
        """The minibatch's loss, to be differentiated, and its metric if it has one: scalars.

        The loss is that of the outputs, plus that of each auxiliary head times `objective.auxiliary` (Szegedy et
        al. 2015, section 5), plus the network's own penalty.
        """
        with self._precision():
            output = self._network(inputs)
        main, auxiliary, penalty = output if isinstance(output, Output) else (output, (), None)
        loss = self._mixed(self._task.loss, main, targets)
        for logits in auxiliary:
            loss = loss + self._task.settings["auxiliary"] * self._mixed(self._task.loss, logits, targets)
        if penalty is not None:
            loss = loss + penalty.float()
        if not self._task.facts.stepwise:
            return (loss,)
        return loss, self._mixed(self._task.accuracy, main.detach(), targets)

    def predict(self, inputs: torch.Tensor) -> torch.Tensor:
        """The network's main output, float32."""
        with self._precision():
            output = self._network(inputs)
        return (output.main if isinstance(output, Output) else output).float()

    def _mixed(self, measure: Callable, output: torch.Tensor, targets: tuple[torch.Tensor, ...]) -> torch.Tensor:
        """A measure of the outputs; after mixup that for both sets of targets, each with its share."""
        if not self._is_mixed:
            return measure(output.float(), *targets)
        share, own, others = mixup.parts(targets)
        return share * measure(output.float(), *own) + (1 - share) * measure(output.float(), *others)

    def _precision(self) -> torch.autocast:
        # On a CPU without bfloat16 units it would be 30 times as slow.
        return torch.autocast(self._device, torch.bfloat16, enabled=self._device == "cuda")
