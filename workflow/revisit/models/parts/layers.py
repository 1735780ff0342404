"""Layers of a network: by name, and the first convolution."""

from torch import nn

from revisit.errors import ConfigError

SHOWN = 40  # names in a message


def find(network: nn.Module, names: list[str], where: str, weighted: bool = False) -> list[nn.Module]:
    """The submodules of `network` called `names`.

    Args:
        network: any.
        names: as in `named_modules`, such as `fc1` or `features.0`.
        where: the setting that holds the names, for messages.
        weighted: whether only layers with weights are of use: a message then names no others, and of many only those
            on top.

    Raises:
        ConfigError: a name is not there.
    """
    there = {name: module for name, module in network.named_modules() if name}
    for name in names:
        if name not in there:
            shown = list(there)
            if weighted:
                shown = [name for name, module in there.items() if any(True for _ in module.parameters())]
                shown = [name for name in shown if len(shown) <= SHOWN or "." not in name]
            raise ConfigError(f"{where}: the network has no layer {name!r}; it has: {', '.join(shown)}")
    return [there[name] for name in names]


def first_convolution(network: nn.Module) -> str | None:
    """The name of the first convolution, in the order of the network; None without any."""
    return next((name for name, module in network.named_modules() if isinstance(module, nn.Conv2d)), None)
