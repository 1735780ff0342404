"""Adaptive average pooling whose gradient is deterministic on a GPU too."""

import torch
from torch import nn


class AdaptiveAveragePool(nn.Module):
    """`torch.nn.AdaptiveAvgPool2d`: averages over a grid of `height` x `width` windows that cover the image.

    PyTorch's own kernel adds gradients up in no fixed order on a GPU and refuses to run where results must be
    repeatable. Window i of n reaches from floor(i * size / n) to ceil((i + 1) * size / n), as there.
    """

    def __init__(self, height: int, width: int) -> None:
        super().__init__()
        self.height, self.width = height, width

    def forward(self, images: torch.Tensor) -> torch.Tensor:
        """(N, C, H, W) -> (N, C, height, width); an input of that size already is returned as it is."""
        rows, columns = images.shape[-2:]
        if rows != self.height:
            images = torch.stack([images[..., a:b, :].mean(-2) for a, b in _windows(rows, self.height)], -2)
        if columns != self.width:
            images = torch.stack([images[..., a:b].mean(-1) for a, b in _windows(columns, self.width)], -1)
        return images

    def extra_repr(self) -> str:
        """The size of the grid, for printing."""
        return f"{self.height}, {self.width}"


def _windows(size: int, count: int) -> list[tuple[int, int]]:
    return [(i * size // count, -((i + 1) * -size // count)) for i in range(count)]
