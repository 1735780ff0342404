"""A trained network from the inside: its parameters, its first filters, the statistics of its activations."""

from dataclasses import dataclass

import numpy as np
import torch
from torch import nn

from revisit.analysis import forward
from revisit.data.tensors import Inputs
from revisit.errors import ConfigError


@dataclass
class Statistics:
    """Mean, variance and sparsity of values that come in batches, merged in double precision.

    Chan, Golub & LeVeque 1983, The American Statistician 37:242-247.
    """

    count: int = 0
    mean: float = 0.0
    squares: float = 0.0  # sum of squared deviations from the mean
    zeros: int = 0

    def add(self, values: torch.Tensor) -> None:
        """Take in a batch of values of any shape."""
        values = values.double()
        count, mean = values.numel(), values.mean().item()
        change, total = mean - self.mean, self.count + count
        self.squares += (values - mean).square().sum().item() + change**2 * self.count * count / total
        self.mean += change * count / total
        self.count = total
        self.zeros += count - int(values.count_nonzero())

    @property
    def variance(self) -> float:
        """Of the values as a whole population."""
        return self.squares / self.count

    @property
    def sparsity(self) -> float:
        """The share of values that are exactly 0."""
        return self.zeros / self.count


def parameters(network: nn.Module) -> list[dict[str, str | int]]:
    """One row per layer that has trainable parameters of its own: layer, weights, biases, parameters (counts)."""
    rows = []
    for layer, module in network.named_modules():
        sizes = {name: p.numel() for name, p in module.named_parameters(recurse=False) if p.requires_grad}
        biases = sum(size for name, size in sizes.items() if name.startswith("bias"))
        if sizes:
            total = sum(sizes.values())
            rows.append({"layer": layer, "weights": total - biases, "biases": biases, "parameters": total})
    return rows


def first_filters(network: nn.Module) -> np.ndarray | None:
    """The weights of the first convolution: (out, in, height, width) float32; None where there is none."""
    for module in network.modules():
        if isinstance(module, nn.Conv2d):
            return module.weight.detach().to("cpu", torch.float32).numpy()
    return None


def observed_layers(network: nn.Module, images: torch.Tensor) -> list[str]:
    """The layers that compute something for images (B, C, h, w), in the order of the network.

    Those without submodules that run exactly once and give a tensor, but not dropout or flattening. An auxiliary head
    (Inception) runs in training only, an LSTM gives several tensors.
    """
    passive = (nn.Dropout, nn.Dropout2d, nn.Flatten, nn.Identity)
    leaves = [
        name
        for name, module in network.named_modules()
        if name and not list(module.children()) and not isinstance(module, passive)
    ]
    with forward.tapped(network, leaves) as outputs, torch.inference_mode():
        network(images)
    return [layer for layer, given in outputs.items() if len(given) == 1 and given[0] is not None]


def activation_statistics(
    network: nn.Module, images: np.ndarray, inputs: Inputs, device: torch.device
) -> dict[str, dict[str, float | None]]:
    """Mean, variance and sparsity of the outputs of every layer over images (N, H, W, C) uint8, by layer.

    None where activations are not finite (a diverged network).

    Raises:
        ConfigError: there are no images.
    """
    if not len(images):
        raise ConfigError("images: activations of no images have no statistics; give at least 1 in analyses.inspect")
    layers = observed_layers(network, inputs(torch.from_numpy(np.array(images[:1])).to(device)))
    statistics = {layer: Statistics() for layer in layers}
    for _, outputs in forward.activations(network, images, inputs, layers, device):
        for layer, output in outputs.items():
            statistics[layer].add(output)
    result = {}
    for layer, s in statistics.items():
        values = {"mean": s.mean, "variance": s.variance, "sparsity": s.sparsity}
        result[layer] = {key: value if np.isfinite(value) else None for key, value in values.items()}
    return result
