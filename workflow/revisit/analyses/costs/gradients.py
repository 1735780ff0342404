"""How the gradient of a minibatch's loss comes through a network: one number per layer, and its slope over depth."""

from typing import NamedTuple

import numpy as np
import torch
from torch import nn
from torch.nn.functional import cross_entropy

from revisit.models.output import Output

WITH_WEIGHTS = (nn.Conv2d, nn.Linear)  # what papers count as the layers of a network


class Flow(NamedTuple):
    """Of a layer, norms over the whole minibatch.

    Attributes:
        gradient: of the loss by the weights.
        signal: of the loss by the layer's outputs: what comes back to it, the weights of the layers above being
            passed (Glorot & Bengio 2010, section 4.2.2, the back-propagated gradients).
        weights: of the weights themselves.
    """

    gradient: float
    signal: float
    weights: float


def flows(
    network: nn.Module, images: torch.Tensor, labels: torch.Tensor, auxiliary: float, seed: int
) -> dict[str, Flow]:
    """layer -> `Flow`, of the convolutions and linear layers that run in training; the network learns nothing.

    The loss is that of training: the mean cross-entropy, auxiliary heads by their weight, and the network's penalty.

    Args:
        network: on the CPU; left in training mode, with statistics of batch normalisation that saw the images.
        images: (N, C, H, W).
        labels: (N,) int64.
        auxiliary: the weight of auxiliary heads.
        seed: of what the network draws, such as dropout.
    """
    signals: dict[str, float] = {}
    layers = {name: module for name, module in network.named_modules() if isinstance(module, WITH_WEIGHTS)}

    def listen(name: str) -> torch.utils.hooks.RemovableHandle:
        def hear(_module: nn.Module, _inputs: tuple, output: torch.Tensor) -> None:
            output.register_hook(lambda gradient: signals.update({name: _norm(gradient)}))

        return layers[name].register_forward_hook(hear)

    hooks = [listen(name) for name in layers]
    network.train().zero_grad()
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(seed)
        try:
            given = network(images)
        finally:
            for hook in hooks:
                hook.remove()
    output = given if isinstance(given, Output) else Output(given)
    loss = cross_entropy(output.main, labels)
    for logits in output.auxiliary:
        loss = loss + auxiliary * cross_entropy(logits, labels)
    (loss if output.penalty is None else loss + output.penalty).backward()
    found = {}
    for name, layer in layers.items():
        if name in signals and layer.weight.grad is not None:
            found[name] = Flow(_norm(layer.weight.grad), signals[name], _norm(layer.weight))
    network.zero_grad()
    return found


def slope(norms: list[float]) -> float | None:
    """By how many powers of ten norms change per layer on the way back, by least squares; those of layers in order.

    Negative where they vanish towards the image, positive where they grow. None where one is 0 or not finite.
    """
    values = np.array(norms)
    if len(values) < 2 or not (np.isfinite(values).all() and (values > 0).all()):
        return None
    return -float(np.polyfit(np.arange(len(values)), np.log10(values), 1)[0])


def first_to_last(norms: list[float]) -> float | None:
    """The norm at the first layer over that at the last one. None where it is not finite."""
    share = norms[0] / norms[-1] if norms[-1] else np.nan
    return share if np.isfinite(share) else None


def _norm(tensor: torch.Tensor) -> float:
    return tensor.detach().double().norm().item()  # squares of what vanishes are too small for single precision
