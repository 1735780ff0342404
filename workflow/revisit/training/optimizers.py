"""Optimisers by name.

Fused: one pass over the parameters instead of one per operation. Measured on one CPU thread with the 3.3 million
parameters of `fashion_cnn`, per step: SGD with momentum 2.3 -> 1.7 ms, Adagrad 6.7 -> 1.7 ms, Adam 8.8 -> 2.2 ms;
the loops over parameter lists ("foreach") are no faster than the plain ones there.
"""

import inspect
from typing import TYPE_CHECKING, Any

import torch
from torch import nn

from revisit.errors import ConfigError
from revisit.models.parts import layers

if TYPE_CHECKING:
    from revisit.training.settings import Optimizer, Schedule


def _plain(optimizer: type[torch.optim.Optimizer]) -> Any:
    """The class without the wrappers that keep its methods out of compiled graphs.

    No graph here holds an optimiser, and the wrappers import the compiler, which takes a second of every training.
    """
    wrapped = ("add_param_group", "zero_grad", "state_dict", "load_state_dict")
    methods = {name: inspect.unwrap(getattr(optimizer, name)) for name in wrapped}
    step = torch.no_grad()(inspect.unwrap(optimizer.step))
    return type(optimizer.__name__, (optimizer,), {**methods, "step": step})


_CLASSES = {
    "sgd": _plain(torch.optim.SGD),
    "adagrad": _plain(torch.optim.Adagrad),
    "adam": _plain(torch.optim.Adam),
}
_FUSED_ON = {"sgd": ("cpu", "cuda"), "adagrad": ("cpu",), "adam": ("cpu", "cuda")}


def build(settings: "Optimizer", network: nn.Module) -> torch.optim.Optimizer:
    """The optimiser that `settings` describe, over the parameters of `network`, fused where PyTorch can.

    Weight decay is the gradient of an L2 penalty, `weight_decay / 2 * ||w||²`, added to the gradient of the loss
    before the update rule, also in Adam. It applies to weights (tensors of two dimensions or more), neither to
    biases nor to the scales and shifts of normalisation.

    Adagrad (Duchi et al. 2011, JMLR 12:2121-2159) divides by the root of the sum of squared gradients. Where that sum
    starts makes two algorithms of one name: at 0 (PyTorch) the first step moves every parameter by the whole learning
    rate, at 0.1 (TensorFlow 1) small gradients move it little for a long time.

    Args:
        settings: `{"name": "sgd" | "adagrad" | "adam", "lr": 0.01, "momentum": 0.5, "initial_accumulator": 0.0,
            "weight_decay": 0.0, "decay_layers": None}`; momentum is SGD's own and `initial_accumulator` Adagrad's
            (for the others they are absent or 0); `decay_layers` names the submodules whose weights decay, None: all.
        network: on one device. A parameter without a gradient is left alone, its optimiser state too.

    Raises:
        ConfigError: the optimiser is not known, or has no momentum or accumulator; or a layer is not there.
    """
    name, momentum = settings["name"], settings.get("momentum", 0)
    if name not in _CLASSES:
        raise ConfigError(f"optimizer.name: {name!r} is not known; use one of {', '.join(_CLASSES)}")
    if momentum and name != "sgd":
        raise ConfigError(f"optimizer.momentum: {momentum} is set, but {name} has none; leave it out, or use sgd")
    accumulator = settings.get("initial_accumulator", 0)
    if accumulator and name != "adagrad":
        raise ConfigError(
            f"optimizer.initial_accumulator: {accumulator} is set, but {name} has none; leave it out, or use adagrad"
        )
    arguments = {"momentum": momentum} if momentum else {}
    if accumulator:
        arguments["initial_accumulator_value"] = accumulator
    fused = next(network.parameters()).device.type in _FUSED_ON[name]
    optimizer = _CLASSES[name](_groups(settings, network), lr=settings["lr"], fused=fused, **arguments)
    if momentum:
        # PyTorch starts each momentum at its first gradient, and its fused SGD fails where some have started and some
        # have not (layers that thaw). Starting at zero gives the same numbers.
        for parameter in network.parameters():
            optimizer.state[parameter]["momentum_buffer"] = torch.zeros_like(parameter)
    return optimizer


def _groups(settings: "Optimizer", network: nn.Module) -> list[dict[str, Any]]:
    """Parameters with and without weight decay; all in one group where nothing decays."""
    decay, names = settings.get("weight_decay") or 0.0, settings.get("decay_layers")
    chosen = [network] if names is None else layers.find(network, names, "optimizer.decay_layers", weighted=True)
    decayed = {id(weight) for layer in chosen for weight in layer.parameters() if weight.dim() >= 2 and decay}
    groups = [
        {"params": [p for p in network.parameters() if id(p) in decayed], "weight_decay": decay},
        {"params": [p for p in network.parameters() if id(p) not in decayed], "weight_decay": 0.0},
    ]
    return [group for group in groups if group["params"]]


def learning_rate(lr: float, schedule: "Schedule | None", done: int) -> float:
    """The learning rate after `done` steps: `lr * factor ** (done // every)`; without a schedule, `lr`."""
    return lr if schedule is None else lr * schedule["factor"] ** (done // schedule["every"])
