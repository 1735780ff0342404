"""Layers of a network by name."""

from torch import nn

from revisit.errors import ConfigError

SHOWN = 40  # names in a message


def find(network: nn.Module, names: list[str], where: str) -> list[nn.Module]:
    """The submodules of `network` called `names`.

    Args:
        network: any.
        names: as in `named_modules`, such as `fc1` or `features.0`.
        where: the setting that holds the names, for messages.

    Raises:
        ConfigError: a name is not there.
    """
    there = {name: module for name, module in network.named_modules() if name}
    for name in names:
        if name not in there:
            with_weights = [name for name, module in there.items() if any(True for _ in module.parameters())]
            shown = [name for name in with_weights if len(with_weights) <= SHOWN or "." not in name]
            raise ConfigError(f"{where}: the network has no layer {name!r}; it has: {', '.join(shown)}")
    return [there[name] for name in names]
