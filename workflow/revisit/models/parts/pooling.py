"""Adaptive pooling whose gradient is deterministic on a GPU too."""

import torch
from torch import nn


class AdaptivePool(nn.Module):
    """Pooling over a grid of `height` x `width` windows that cover the image, what a window gives being `pooled`.

    Window i of n reaches from floor(i * size / n) to ceil((i + 1) * size / n).
    """

    def __init__(self, height: int, width: int) -> None:
        super().__init__()
        self.height, self.width = height, width

    def forward(self, images: torch.Tensor) -> torch.Tensor:
        """(N, C, H, W) -> (N, C, height, width); an input of that size already is returned as it is."""
        rows, columns = images.shape[-2:]
        if rows != self.height:
            images = torch.stack([self.pooled(images[..., a:b, :], -2) for a, b in _windows(rows, self.height)], -2)
        if columns != self.width:
            images = torch.stack([self.pooled(images[..., a:b], -1) for a, b in _windows(columns, self.width)], -1)
        return images

    @staticmethod
    def pooled(windows: torch.Tensor, dimension: int) -> torch.Tensor:
        """`windows` without `dimension`."""
        raise NotImplementedError

    def extra_repr(self) -> str:
        """The size of the grid, for printing."""
        return f"{self.height}, {self.width}"


class AdaptiveAveragePool(AdaptivePool):
    """`torch.nn.AdaptiveAvgPool2d`.

    PyTorch's own kernel adds gradients up in no fixed order on a GPU and refuses to run where results must be
    repeatable.
    """

    @staticmethod
    def pooled(windows: torch.Tensor, dimension: int) -> torch.Tensor:
        """Their mean."""
        return windows.mean(dimension)


class AdaptiveMaxPool(AdaptivePool):
    """`torch.nn.AdaptiveMaxPool2d`; equal maxima in a window share the gradient, where there the first takes it."""

    @staticmethod
    def pooled(windows: torch.Tensor, dimension: int) -> torch.Tensor:
        """Their maximum."""
        return windows.amax(dimension)


def _windows(size: int, count: int) -> list[tuple[int, int]]:
    return [(i * size // count, -((i + 1) * -size // count)) for i in range(count)]
