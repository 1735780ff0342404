"""A trained network from the inside: its parameters, and the statistics of its activations."""

from dataclasses import dataclass
from typing import Any

import numpy as np
import torch
from torch import nn

from revisit.analyses import forward
from revisit.data.tensors import Preprocessing
from revisit.errors import ConfigError

NEAR_ZERO = 0.1  # tanh hardly ever gives exactly 0


@dataclass
class Moments:
    """Mean and variance of values that come in batches, merged in double precision: numbers, or tensors (maps,).

    Chan, Golub & LeVeque 1983, The American Statistician 37:242-247.
    """

    count: int = 0
    mean: Any = 0.0
    squares: Any = 0.0  # sum of squared deviations from the mean

    def merge(self, count: int, mean: Any, squares: Any) -> None:
        """Take in a batch by its own count, mean and sum of squared deviations."""
        change, total = mean - self.mean, self.count + count
        self.squares = self.squares + (squares + change**2 * self.count * count / total)
        self.mean = self.mean + change * count / total
        self.count = total

    @property
    def variance(self) -> Any:
        """Of the values as a whole population."""
        return self.squares / self.count


@dataclass
class Statistics(Moments):
    """Mean, variance and sparsity of values that come in batches; of feature maps also map by map."""

    zeros: int = 0
    small: int = 0
    maps: "MapMoments | None" = None

    def add(self, values: torch.Tensor) -> None:
        """Take in a batch of values of any shape; (B, maps, h, w) are feature maps."""
        exact = values.double()
        count, mean = exact.numel(), exact.mean().item()
        deviations = exact - mean
        offsets = deviations.mean(dim=(0, 2, 3)) if exact.ndim == 4 else None
        squares = deviations.square_()
        self.merge(count, mean, squares.sum().item())
        if offsets is not None:
            self.maps = self.maps or MapMoments()
            self.maps.add(count // len(offsets), mean, offsets, squares.sum(dim=(0, 2, 3)))
        self.zeros += int((values == 0).count_nonzero())  # faster than counting numbers
        self.small += int((values.abs() < NEAR_ZERO).count_nonzero())

    @property
    def sparsity(self) -> float:
        """The share of values that are exactly 0."""
        return self.zeros / self.count

    @property
    def near_zero(self) -> float:
        """The share of values whose magnitude is below `NEAR_ZERO`; nan where a value is not finite."""
        return self.small / self.count if np.isfinite(self.mean) else np.nan


class MapMoments(Moments):
    """Mean and variance of each feature map, over images and places, of maps that come in batches."""

    def add(self, count: int, middle: float, offsets: torch.Tensor, squares: torch.Tensor) -> None:
        """Take in a batch that was measured from `middle`, the mean of all its maps.

        Args:
            count: of the values of each map.
            middle: what was taken off the values.
            offsets: the mean of each map after that, (maps,) float64.
            squares: the sum of its squares after that, (maps,) float64.
        """
        own = squares - count * offsets.square()
        self.merge(count, middle + offsets, own.clamp(min=0))  # rounding may leave less than nothing

    def strongest(self) -> dict[str, int | float | None]:
        """The `map` with the highest mean, of equal ones the first, its `mean` and `variance`.

        None where the activations of any map are not finite: they have no order.
        """
        if not self.squares.isfinite().all():
            return dict.fromkeys(("map", "mean", "variance"))
        number = int(self.mean.argmax())
        return {"map": number, "mean": self.mean[number].item(), "variance": self.variance[number].item()}


def parameters(network: nn.Module) -> list[dict[str, Any]]:
    """One row per layer that has trainable parameters of its own: layer, weights, biases, parameters (counts)."""
    rows = []
    for layer, module in network.named_modules():
        sizes = {name: p.numel() for name, p in module.named_parameters(recurse=False) if p.requires_grad}
        biases = sum(size for name, size in sizes.items() if name.startswith("bias"))
        if sizes:
            total = sum(sizes.values())
            rows.append({"layer": layer, "weights": total - biases, "biases": biases, "parameters": total})
    return rows


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
    network: nn.Module, images: np.ndarray, preprocessing: Preprocessing, device: torch.device
) -> tuple[dict[str, dict[str, float | None]], dict[str, dict[str, int | float | None]]]:
    """Statistics of the outputs of every layer over images (N, H, W, C) uint8, in one pass.

    Returns:
        Of every layer mean, variance, sparsity (the share of values that are 0) and near_zero (of those with a
        magnitude below `NEAR_ZERO`), None where activations are not finite (a diverged network). And of every layer
        with feature maps the strongest one, as `MapMoments.strongest` has it: report S1 gives mean and variance of
        "the feature map with highest activation".

    Raises:
        ConfigError: there are no images.
    """
    if not len(images):
        raise ConfigError("images: activations of no images have no statistics; give at least 1 in analyses.inspect")
    layers = observed_layers(network, preprocessing(torch.from_numpy(np.array(images[:1])).to(device)))
    statistics = {layer: Statistics() for layer in layers}
    for _, outputs in forward.activations(network, images, preprocessing, layers, device):
        for layer, output in outputs.items():
            statistics[layer].add(output)
    result = {}
    for layer, s in statistics.items():
        values = {"mean": s.mean, "variance": s.variance, "sparsity": s.sparsity, "near_zero": s.near_zero}
        result[layer] = {key: value if np.isfinite(value) else None for key, value in values.items()}
    return result, {layer: s.maps.strongest() for layer, s in statistics.items() if s.maps}
