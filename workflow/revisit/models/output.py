"""What a network gives in training when it has more to say than its output."""

from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from torch import Tensor


class Output(NamedTuple):
    """The result of a forward pass in training mode; in evaluation mode every network gives `main` alone."""

    main: "Tensor"  # as in evaluation mode
    auxiliary: "tuple[Tensor, ...]" = ()  # logits of auxiliary heads, (N, classes) each
    penalty: "Tensor | None" = None  # a scalar to be added to the loss as it is
