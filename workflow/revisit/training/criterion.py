"""What a run minimises on a minibatch: the task's loss, with auxiliary heads, penalties and mixup."""

from collections.abc import Callable
from typing import Any

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
        self._network, self._task, self._is_mixed, self._device = network, task, mixed, device

    def measure(self, inputs: torch.Tensor, *targets: torch.Tensor) -> tuple[torch.Tensor, ...]:
        """The minibatch's loss, to be differentiated, and its metric if it has one: scalars.

        The loss is that of the outputs, plus that of each auxiliary head times `objective.auxiliary` (Szegedy et
        al. 2015, section 5), plus the network's own penalty.
        """
        with self._precision():
            output = self._task.forward(self._network, inputs, targets)
        main, auxiliary, penalty = output if isinstance(output, Output) else (output, (), None)
        loss = self._mixed(self._task.loss, main, targets)
        for logits in auxiliary:
            loss = loss + self._task.settings["auxiliary"] * self._mixed(self._task.loss, logits, targets)
        if penalty is not None:
            loss = loss + penalty.float()
        if not self._task.facts.stepwise:
            return (loss,)
        return loss, self._mixed(self._task.accuracy, main.detach(), targets)

    def __call__(self, inputs: torch.Tensor, *more: torch.Tensor) -> Any:
        """The network's main output, a tensor float32, or what a detector finds."""
        with self._precision():
            output = self._network(inputs, *more)
        main = output.main if isinstance(output, Output) else output
        return main.float() if isinstance(main, torch.Tensor) else main

    def boxes(self, inputs: torch.Tensor, *more: torch.Tensor) -> Any:
        """`Network.boxes`: by the network's method `without_masks`, where it has one."""
        without_masks = getattr(self._network, "without_masks", None)
        if without_masks is None:
            return self(inputs, *more)
        with self._precision():
            return without_masks(inputs, *more)

    def loss(self, inputs: torch.Tensor, *targets: torch.Tensor) -> torch.Tensor:
        """`Network.loss`: in training mode is the network as a whole alone, not its layers.

        What it draws at random is drawn alike each time, and the generators go on as if nothing had been drawn.
        """
        generators = [self._device] if self._device.type == "cuda" else []
        with torch.random.fork_rng(generators):
            torch.manual_seed(0)
            self._network.training = True
            try:
                return self.measure(inputs, *targets)[0]
            finally:
                self._network.training = False

    def _mixed(self, measure: Callable, output: torch.Tensor, targets: tuple[torch.Tensor, ...]) -> torch.Tensor:
        """A measure of the outputs; after mixup that for both sets of targets, each with its share."""
        if not self._is_mixed:
            return measure(output.float(), *targets)
        share, own, others = mixup.parts(targets)
        return share * measure(output.float(), *own) + (1 - share) * measure(output.float(), *others)

    def _precision(self) -> torch.autocast:
        # On a CPU without bfloat16 units it would be 30 times as slow.
        return torch.autocast(self._device.type, torch.bfloat16, enabled=self._device.type == "cuda")
