"""Recurrent layers with one bias per gate and one matrix for input and state together, as in the papers.

PyTorch's `nn.RNN`, `nn.LSTM` and `nn.GRU` have two biases, which add up: more parameters, and under gradient
descent twice the learning rate. Their GRU also applies the reset gate elsewhere. Like TensorFlow 1's `BasicRNNCell`,
`BasicLSTMCell` and `GRUCell` the layers here keep to the papers.

The products with the input are made for all steps at once, those with the state step by step, in a loop: PyTorch has
no kernel for the GRU of the paper. A training step of `recurrent` with 128 images of MNIST on one CPU thread, in ms, in
brackets with PyTorch's layer: with 128 units RNN 5.5 (6.3), LSTM 23.9 (18.5), GRU 19.6 (19.7), with 32 units 1.8 (2.4),
6.2 (3.8), 5.5 (5.9). Only the LSTM loses, and the nine cells of the study together take 1.1 times as long.
"""

import math
from typing import ClassVar, Literal

import torch
from torch import Tensor, nn
from torch.nn import functional


class Cell(nn.Module):
    """What recurrent layers share: from a sequence (N, steps, inputs) to the state after its last step, (N, units).

    Attributes:
        weight: (gates * units, inputs + units) float32: a block of rows per gate, the columns of the input first.
        bias: (gates * units,) float32.
    """

    KERNELS: ClassVar[tuple[int, ...]]  # into how many matrices, of how many gates each, TensorFlow parts the weights
    BIASES: ClassVar[tuple[float, ...]]  # the initial bias of each gate

    def __init__(self, inputs: int, units: int) -> None:
        super().__init__()
        self.inputs, self.units = inputs, units
        gates = sum(self.KERNELS)
        self.weight = nn.Parameter(torch.empty(gates * units, inputs + units))
        self.bias = nn.Parameter(torch.empty(gates * units))

    @torch.no_grad()
    def initialise_as_tensorflow(self) -> None:
        """Each of TensorFlow's matrices uniform by its own fans (Glorot & Bengio 2010, equation 16), and its biases."""
        for kernel in self.weight.split([gates * self.units for gates in self.KERNELS]):
            nn.init.xavier_uniform_(kernel)
        for bias, value in zip(self.bias.split(self.units), self.BIASES, strict=True):
            bias.fill_(value)

    def initialise_as_pytorch(self) -> None:
        """Weights and biases uniform within 1 / sqrt(units)."""
        for parameter in (self.weight, self.bias):
            nn.init.uniform_(parameter, -1 / math.sqrt(self.units), 1 / math.sqrt(self.units))

    def extra_repr(self) -> str:
        """The numbers of inputs and units, for printing."""
        return f"{self.inputs}, {self.units}"

    def _begin(self, sequence: Tensor) -> tuple[tuple[Tensor, ...], Tensor, Tensor]:
        """What the gates get from the input, the matrix for the state, and the first state.

        Returns:
            For every step (N, gates * units), biases included; (units, gates * units); zeros (N, units).
        """
        for_input, for_state = self.weight.split([self.inputs, self.units], dim=1)
        steps = functional.linear(sequence.transpose(0, 1), for_input, self.bias)
        return steps.unbind(), for_state.t(), sequence.new_zeros(len(sequence), self.units)


class SimpleCell(Cell):
    """Simple recurrent units with tanh (Elman 1990, Cognitive Science 14:179-211)."""

    KERNELS = (1,)
    BIASES = (0.0,)

    def forward(self, sequence: Tensor) -> Tensor:
        """(N, steps, inputs) -> (N, units)."""
        steps, matrix, state = self._begin(sequence)
        for step in steps:
            state = torch.tanh(torch.addmm(step, state, matrix))
        return state


class LongShortTermMemory(Cell):
    """Long short-term memory (Hochreiter & Schmidhuber 1997) with a forget gate (Gers et al. 2000), without peepholes.

    The gates are in PyTorch's order: input, forget, candidate, output. TensorFlow adds its forget bias of 1 at every
    step to a bias that starts at 0; here the bias starts at 1, which is the same network and the same training.
    """

    KERNELS = (4,)
    BIASES = (0.0, 1.0, 0.0, 0.0)

    def forward(self, sequence: Tensor) -> Tensor:
        """(N, steps, inputs) -> (N, units)."""
        steps, matrix, state = self._begin(sequence)
        memory = state
        for step in steps:
            enter, keep, candidate, leave = torch.addmm(step, state, matrix).chunk(4, dim=1)
            memory = keep.sigmoid() * memory + enter.sigmoid() * candidate.tanh()
            state = leave.sigmoid() * memory.tanh()
        return state


class GatedRecurrentUnit(Cell):
    """Gated recurrent units (Cho et al. 2014, arXiv:1406.1078, equations 5 to 8, with biases).

    The gates are in PyTorch's order: reset, update, candidate.

    Args:
        inputs: numbers per step.
        units: numbers in the state.
        reset: what the reset gate is applied to: the state "before" its product with the matrix of the candidate, as in
            the paper and in TensorFlow, or the product ("after"), as in cuDNN and PyTorch.
    """

    KERNELS = (2, 1)
    BIASES = (1.0, 1.0, 0.0)

    def __init__(self, inputs: int, units: int, reset: Literal["before", "after"]) -> None:
        super().__init__(inputs, units)
        self.reset = reset

    def forward(self, sequence: Tensor) -> Tensor:
        """(N, steps, inputs) -> (N, units)."""
        steps, matrix, state = self._begin(sequence)
        both = [2 * self.units, self.units]  # the two gates, the candidate
        for_gates, for_candidate = matrix.split(both, dim=1)
        for step in steps:
            gates, candidate = step.split(both, dim=1)
            if self.reset == "before":
                forget, update = torch.addmm(gates, state, for_gates).sigmoid().chunk(2, dim=1)
                candidate = torch.addmm(candidate, forget * state, for_candidate).tanh()
            else:
                gates_of_state, candidate_of_state = torch.mm(state, matrix).split(both, dim=1)
                forget, update = (gates + gates_of_state).sigmoid().chunk(2, dim=1)
                candidate = (candidate + forget * candidate_of_state).tanh()
            state = candidate + update * (state - candidate)  # update * state + (1 - update) * candidate
        return state

    def extra_repr(self) -> str:
        """The numbers of inputs and units and the place of the reset gate, for printing."""
        return f"{super().extra_repr()}, reset={self.reset!r}"
