"""The weights of a run at chosen moments of its training."""

from pathlib import Path

from torch import nn

from revisit.training import outputs, state


class Snapshots:
    """Files `<unit>_<moment>.safetensors`, written as the training passes the moments.

    Args:
        folder: where they go.
        unit: `"epoch"` or `"step"`.
        steps: how many steps a unit has.
        moments: when to write one, in units; 0 is before the first step.
    """

    def __init__(self, folder: Path, unit: str, steps: int, moments: list[int]) -> None:
        self._paths = {moment * steps: folder / f"{unit}_{moment}.safetensors" for moment in moments}

    def write(self, step: int, network: nn.Module) -> None:
        """Write the weights after `step`, if that is one of the moments; the file is on disk on return."""
        if step in self._paths:
            state.write(self._paths[step], outputs.weights(network.state_dict()))

    def present(self, step: int) -> bool:
        """Whether all those due up to `step` are there."""
        return all(path.exists() for due, path in self._paths.items() if due <= step)
