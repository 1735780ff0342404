"""A sparse autoencoder (S3; Ng 2011, CS294A lecture notes, Sparse autoencoder): many hidden units, few of them active.

One hidden layer of sigmoid units. The 196 units are those of the exercise that accompanies the notes (14 x 14 of them
on handwritten digits).
"""

from collections import OrderedDict

import torch
from torch import Tensor, nn

from revisit.models.output import Output
from revisit.models.parts import initialise

LEAST = 1e-6  # of a mean activation and of its distance from 1: the penalty stays finite where units saturate


class SparseAutoencoder(nn.Module):
    """The network, with its penalty in training mode.

    Args:
        shape: height, width and channels of an image.
        code: the number of hidden units.
        sparsity: the mean activation that each of them should have (rho).
        penalty: the weight of the distance from it (beta).
    """

    def __init__(self, shape: tuple[int, int, int], code: int, sparsity: float, penalty: float) -> None:
        super().__init__()
        height, breadth, channels = shape
        self.pixels = height * breadth * channels
        self.sparsity, self.weight = sparsity, penalty
        self.flatten = nn.Flatten()
        self.code = nn.Sequential(OrderedDict(linear=nn.Linear(self.pixels, code), sigmoid=nn.Sigmoid()))
        self.reconstruction = nn.Linear(code, self.pixels)
        self.unflatten = nn.Unflatten(1, (channels, height, breadth))

    def forward(self, images: Tensor) -> Tensor | Output:
        """(N, C, H, W) -> reconstructions (N, C, H, W); in training an `Output` with the penalty of the minibatch."""
        code = self.code(self.flatten(images))
        reconstructed = self.unflatten(self.reconstruction(code))
        return Output(reconstructed, penalty=self.penalty(code)) if self.training else reconstructed

    def penalty(self, code: Tensor) -> Tensor:
        """The penalty of activations (N, code): a scalar, float32.

        The notes add beta * sum_j KL(rho || rho_j) to half the squared error summed over the pixels, where rho_j is
        the mean activation of unit j. Losses are means over the pixels here, so all is multiplied by 2 / pixels.
        """
        target = self.sparsity
        mean = code.float().mean(0).clamp(LEAST, 1 - LEAST)
        divergence = target * torch.log(target / mean) + (1 - target) * torch.log((1 - target) / (1 - mean))
        return self.weight * 2 / self.pixels * divergence.sum()


def build(
    shape: tuple[int, int, int],
    classes: int,  # noqa: ARG001  (the network gives images)
    *,
    code: int = 196,
    sparsity: float = 0.05,
    penalty: float = 3.0,
) -> nn.Module:
    """The network with the notes' initialisation, about sqrt(6 / (fan-in + fan-out)), and biases 0.

    Args:
        shape: height, width and channels of an image.
        classes: ignored.
        code: the number of hidden units. It takes the place of a width.
        sparsity: the mean activation that each of them should have.
        penalty: the weight of the sparsity penalty, in the notes' scale.

    Returns:
        A network from normalised images (N, C, H, W) to images (N, C, H, W) to be compared with the pixels scaled to
        0..1: values for the squared error, logits for the cross-entropy. In training mode it gives an `Output` with
        the `penalty`. Its layer `code` gives the hidden units' activations, (N, code).
    """
    with torch.device("meta"):
        network = SparseAutoencoder(shape, code, sparsity, penalty)
    return initialise.materialise(network, initialise.xavier)
