"""Numbers that an image draws by its own pixels: the same ones in every pass, on every device.

All of it is arithmetic of whole numbers, in which no order of sums matters. Images that are equal draw the same; one
that is cropped or mirrored is another image.
"""

import torch
from torch import Tensor

STEPS = 256  # parts of a unit that pixels are rounded to before they are hashed: finer than 8 bits normalised
WORD = 2**32


def drawn(images: Tensor, count: int, seed: Tensor | int = 0) -> Tensor:
    """`count` numbers below `WORD` for each image, at most as many as it has pixels: (N, ...) -> (N, count) int64."""
    pixels = images.flatten(1)
    place = mixed(torch.arange(1, pixels.shape[1] + 1, device=images.device) + seed)
    key = mixed((pixels.mul(STEPS).round().long() * place).sum(1) % WORD)
    return mixed(key[:, None] ^ place[:count])


def mixed(numbers: Tensor) -> Tensor:
    """Whole numbers, int64, to others of 32 bits that look random: the finaliser of MurmurHash3 (Appleby 2011)."""
    numbers = numbers % WORD
    numbers = (numbers ^ numbers >> 16) * 0x85EBCA6B % WORD
    numbers = (numbers ^ numbers >> 13) * 0xC2B2AE35 % WORD
    return numbers ^ numbers >> 16
