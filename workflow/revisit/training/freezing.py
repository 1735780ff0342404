"""Layers that are held fixed, always or for the first steps of a training."""

from typing import TYPE_CHECKING

from torch import nn
from torch.nn.modules.batchnorm import _BatchNorm

from revisit.errors import ConfigError
from revisit.models.parts import layers

if TYPE_CHECKING:
    from revisit.training.settings import Freeze


class Freezing:
    """The frozen layers of a network.

    A frozen parameter has no gradient: autograd skips whatever only frozen layers feed, and the optimiser neither
    moves the parameter nor starts a state for it (momentum, squares and step counts begin when it thaws).

    Args:
        network: its parameters that need a gradient now are those that thaw.
        settings: `{"layers": [names], "steps": n or None}` (None: always), or None: nothing is frozen.

    Raises:
        ConfigError: a layer is not there, or nothing would be left to train.
    """

    def __init__(self, network: nn.Module, settings: "Freeze | None") -> None:
        frozen = layers.find(network, settings["layers"], "freeze.layers", weighted=True) if settings else []
        self._network, self._steps = network, settings["steps"] if settings else 0
        self._names = settings["layers"] if settings else []
        self._parameters = list({p: None for layer in frozen for p in layer.parameters() if p.requires_grad})
        self._norms = [m for layer in frozen for m in layer.modules() if isinstance(m, _BatchNorm)]
        if sum(p.requires_grad for p in network.parameters()) == len(self._parameters):
            raise ConfigError("freeze.layers: every layer is frozen, and nothing is left to train; name fewer layers")
        self._frozen = False

    def always(self, layer: str) -> bool:
        """Whether the layer of this name is held fixed throughout the training."""
        return self._steps is None and layer in self._names

    def train(self, step: int) -> None:
        """Put the network into training mode for `step` (from 1): layers frozen then are fixed, the others are not.

        Batch normalisation in a frozen layer uses the statistics that it came with and leaves them alone.
        """
        frozen = self._steps is None or step <= self._steps
        if frozen == self._frozen and self._network.training:
            return
        for parameter in self._parameters:
            parameter.requires_grad_(not frozen)
        self._network.train()
        for norm in self._norms if frozen else ():
            norm.eval()
        self._frozen = frozen
