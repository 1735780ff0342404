"""A denoising autoencoder (S3; Vincent et al. 2008, ICML, section 2.3; Vincent et al. 2010, JMLR 11:3371-3408).

It sees an image of which a share is destroyed, and is to give the whole image. The noise is fresh in every pass, so
that the network cannot remember it; frozen noise, the same for an image in every pass, is there for comparison.
"""

from collections import OrderedDict
from typing import Literal

import torch
from torch import Tensor, nn

from revisit.models.autoencoder import layers
from revisit.models.parts.hashing import WORD, drawn


class MaskingNoise(nn.Module):
    """Set a share of the numbers of each image to 0, in training mode only; the others stay as they are.

    In normalised images 0 is the channel's mean, which says as little about a pixel as can be said.
    """

    def __init__(self, share: float) -> None:
        super().__init__()
        self.share = share

    def forward(self, images: Tensor) -> Tensor:
        """(N, C, H, W) -> the same shape, with noise from PyTorch's default generator of the images' device."""
        if not self.training:
            return images
        return images * (torch.rand_like(images) >= self.share)

    def extra_repr(self) -> str:
        """The share that is destroyed, for printing."""
        return str(self.share)


class FrozenNoise(MaskingNoise):
    """Masking noise that is the same for an image in every pass, drawn once by the image's own pixels.

    They are hashed (see `parts.hashing`) with a number that is drawn with the weights, so that another seed gives other
    noise. A GPU gives the noise of a CPU.
    """

    def __init__(self, share: float) -> None:
        super().__init__(share)
        self.seed: Tensor
        self.register_buffer("seed", torch.randint(WORD, ()))

    def forward(self, images: Tensor) -> Tensor:
        """(N, C, H, W) -> the same shape."""
        if not self.training:
            return images
        numbers = drawn(images, images[0].numel(), self.seed)
        return images * (numbers >= int(self.share * WORD)).view(images.shape)


def build(
    shape: tuple[int, int, int],
    classes: int,  # noqa: ARG001  (the network gives images)
    *,
    hidden: int = 256,
    code: int = 32,
    noise: float = 0.3,
    noise_kind: Literal["fresh", "frozen"] = "fresh",
) -> nn.Sequential:
    """The layers of `autoencoder` behind masking noise.

    Args:
        shape: height, width and channels of an image.
        classes: ignored.
        hidden: the number of units of the layer before the code and of the one after it. It takes the place of a width.
        code: the number of units of the code.
        noise: the share of the input that is destroyed in training; with 0 it is `autoencoder`.
        noise_kind: "fresh" in every pass, as published, or "frozen": the same for an image in every pass.

    Returns:
        A network as of `autoencoder.build`; its first layer is `noise`.
    """
    network = layers(shape, hidden, code)
    kind = FrozenNoise if noise_kind == "frozen" else MaskingNoise  # drawn last: either has the same initial weights
    return nn.Sequential(OrderedDict[str, nn.Module](noise=kind(noise)) | network)
