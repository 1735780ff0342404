"""From stored pixels to the input of a network: the one place that normalises."""

import torch


class Normalise:
    """(x / 255 - mean) / std, per channel, in one multiplication and one subtraction.

    Args:
        mean: one number per channel, for images scaled to 0..1.
        std: likewise.
        device: where the images are.
    """

    def __init__(self, mean: list[float], std: list[float], device: torch.device) -> None:
        scale = [1 / (255 * s) for s in std]
        shift = [m / s for m, s in zip(mean, std, strict=True)]
        self._scale = torch.tensor(scale, dtype=torch.float32, device=device).view(1, -1, 1, 1)
        self._shift = torch.tensor(shift, dtype=torch.float32, device=device).view(1, -1, 1, 1)
        # Measured: channels_last gains nothing on a CPU; tensor cores want it.
        self._format = torch.channels_last if device.type == "cuda" else torch.contiguous_format

    def __call__(self, pixels: torch.Tensor) -> torch.Tensor:
        """(B, H, W, C) uint8 -> (B, C, H, W) float32, both on the device."""
        values = pixels.permute(0, 3, 1, 2).to(torch.float32, memory_format=self._format)
        return values.mul_(self._scale).sub_(self._shift)
