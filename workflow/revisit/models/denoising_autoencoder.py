"""A denoising autoencoder (S3; Vincent et al. 2008, ICML, section 2.3; Vincent et al. 2010, JMLR 11:3371-3408).

It sees an image of which a share is destroyed, and is to give the whole image. The noise is fresh in every pass, so
that the network cannot remember it.
"""

from collections import OrderedDict

import torch
from torch import Tensor, nn

from revisit.models.autoencoder import layers


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


def build(
    shape: tuple[int, int, int],
    classes: int,  # noqa: ARG001  (the network gives images)
    *,
    hidden: int = 256,
    code: int = 32,
    noise: float = 0.3,
) -> nn.Sequential:
    """The layers of `autoencoder` behind masking noise.

    Args:
        shape: height, width and channels of an image.
        classes: ignored.
        hidden: the number of units of the layer before the code and of the one after it. It takes the place of a width.
        code: the number of units of the code.
        noise: the share of the input that is destroyed in training.

    Returns:
        A network as of `autoencoder.build`; its first layer is `noise`.
    """
    return nn.Sequential(OrderedDict(noise=MaskingNoise(noise)) | layers(shape, hidden, code))
