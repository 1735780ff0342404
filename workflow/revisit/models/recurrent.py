"""The report's recurrent networks (S1): an image is read row by row, and its class is told from the last state.

Simple units, LSTM and GRU, as in `parts.cells`. On MNIST: 28 steps of 28 pixels, 128, 64 or 32 units.
"""

from collections import OrderedDict
from typing import Literal

import torch
from torch import Tensor, nn

from revisit.errors import ConfigError
from revisit.models.parts import hashing, initialise
from revisit.models.parts.cells import GatedRecurrentUnit, LongShortTermMemory, SimpleCell

STD = 1.0  # of the output layer
CELLS = {"rnn": SimpleCell, "lstm": LongShortTermMemory}


class Rows(nn.Module):
    """An image as a sequence of its rows: (N, C, H, W) -> (N, H, W * C)."""

    def forward(self, images: Tensor) -> Tensor:
        """The rows from top to bottom, in each the pixels from left to right."""
        return images.permute(0, 2, 3, 1).flatten(2)


class ShuffledRows(Rows):
    """The same rows, those of every image in an order of its own, which its pixels draw: the same in every pass."""

    def forward(self, images: Tensor) -> Tensor:
        """The rows in that order, in each the pixels from left to right."""
        rows = super().forward(images)
        order = hashing.drawn(images, rows.shape[1]).argsort(dim=1, stable=True)
        return rows.gather(1, order[:, :, None].expand_as(rows))


ORDERS = {"from_top": Rows, "shuffled": ShuffledRows}


def build(
    shape: tuple[int, int, int],
    classes: int,
    *,
    cell: Literal["rnn", "lstm", "gru"] = "lstm",
    hidden: int = 128,
    reset: Literal["before", "after"] = "before",
    order: Literal["from_top", "shuffled"] = "from_top",
    initialiser: Literal["tensorflow", "pytorch"] = "tensorflow",
) -> nn.Sequential:
    """The network, by default with the cells and initial weights of the report's course (Rice ELEC 677, TensorFlow 1).

    Args:
        shape: height (the number of steps), width and channels of an image.
        classes: the number of outputs (logits).
        cell: simple units, LSTM or GRU.
        hidden: the number of units. It takes the place of a width.
        reset: where the GRU has its reset gate (see `parts.cells.GatedRecurrentUnit`); leave it out for the others.
        order: of the rows: from top to bottom, or those of every image in an order of its own (see `ShuffledRows`).
        initialiser: "tensorflow": weights of the cell as Glorot & Bengio 2010, biases 0, but 1 for the LSTM's forget
            gate and both gates of the GRU; weights and biases of the output layer N(0, 1), as the course's code draws
            them. "pytorch": everything uniform within 1 / sqrt(hidden).

    Returns:
        A network from images (N, C, H, W) to logits (N, classes). Its layers are `rows`, `cell` (the state after the
        last row, (N, hidden)) and `logits`.

    Raises:
        ConfigError: `reset` is "after", but the cell has no reset gate.
    """
    if cell != "gru" and reset != "before":
        raise ConfigError(f"network.reset: {reset!r} is set, but {cell} has no reset gate; leave it out, or use gru")
    _, breadth, channels = shape
    inputs = breadth * channels
    with torch.device("meta"):
        layer = GatedRecurrentUnit(inputs, hidden, reset) if cell == "gru" else CELLS[cell](inputs, hidden)
        logits = nn.Linear(hidden, classes)
        network = nn.Sequential(OrderedDict(rows=ORDERS[order](), cell=layer, logits=logits))
    network.to_empty(device=torch.get_default_device())
    if initialiser == "pytorch":
        layer.initialise_as_pytorch()
        initialise.default(logits)
    else:
        layer.initialise_as_tensorflow()
        nn.init.normal_(logits.weight, std=STD)
        nn.init.normal_(logits.bias, std=STD)
    return network
