"""The report's recurrent networks (S1): an image is read row by row, and its class is told from the last state.

Simple units (Elman 1990), LSTM (Hochreiter & Schmidhuber 1997, with the forget gate of Gers et al. 2000) and GRU
(Cho et al. 2014, arXiv:1406.1078). On MNIST: 28 steps of 28 pixels, 128, 64 or 32 units.
"""

from collections import OrderedDict
from typing import Literal

from torch import Tensor, nn


class Rows(nn.Module):
    """An image as a sequence of its rows: (N, C, H, W) -> (N, H, W * C)."""

    def forward(self, images: Tensor) -> Tensor:
        """The rows from top to bottom, in each the pixels from left to right."""
        return images.permute(0, 2, 3, 1).flatten(2)


class _LastState:
    """Gives the state after the last step alone, (N, hidden): a tensor, which can be hooked like any layer's output."""

    def forward(self, sequence: Tensor) -> Tensor:
        """(N, steps, inputs) -> (N, hidden)."""
        states, _ = super().forward(sequence)
        return states[:, -1]


class SimpleCell(_LastState, nn.RNN):
    """Simple recurrent units with tanh."""


class LongShortTermMemory(_LastState, nn.LSTM):
    """Long short-term memory."""


class GatedRecurrentUnit(_LastState, nn.GRU):
    """Gated recurrent units."""


CELLS = {"rnn": SimpleCell, "lstm": LongShortTermMemory, "gru": GatedRecurrentUnit}


def build(
    shape: tuple[int, int, int],
    classes: int,
    *,
    cell: Literal["rnn", "lstm", "gru"] = "lstm",
    hidden: int = 128,
) -> nn.Sequential:
    """The network with PyTorch's default initialisation, uniform within 1 / sqrt(hidden) (the report names none).

    PyTorch's cells have two biases per gate, one with the input and one with the state, where the papers have one.

    Args:
        shape: height (the number of steps), width and channels of an image.
        classes: the number of outputs (logits).
        cell: simple units, LSTM or GRU.
        hidden: the number of units. It takes the place of a width.

    Returns:
        A network from images (N, C, H, W) to logits (N, classes). Its layers are `rows`, `cell` (the state after the
        last row, (N, hidden)) and `logits`.
    """
    _, breadth, channels = shape
    return nn.Sequential(
        OrderedDict(
            rows=Rows(),
            cell=CELLS[cell](breadth * channels, hidden, batch_first=True),
            logits=nn.Linear(hidden, classes),
        )
    )
