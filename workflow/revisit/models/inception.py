"""Inception v1, GoogLeNet (Szegedy et al. 2015, arXiv:1409.4842, table 1 and figure 3), in torchvision's definition.

Nine modules of parallel 1x1, 3x3 and 5x5 filters and pooling, behind 1x1 convolutions that reduce the channels; two
auxiliary heads act as a regulariser in training. Torchvision's differs from the paper in batch normalisation behind
each convolution, in no local response normalisation, and in 3x3 filters where the paper has 5x5.
"""

import torch
from torch import Tensor, nn
from torchvision.models.googlenet import BasicConv2d, GoogLeNet, Inception, InceptionAux

from revisit.models.output import Output
from revisit.models.parts import initialise, sizes
from revisit.models.parts.pooling import AdaptiveAveragePool
from revisit.models.parts.width import rescale

MINIMUM = 15  # pixels: leaves one position in the last modules
OUTPUTS = {"fc", "aux1.fc2", "aux2.fc2"}
STD = 0.01


class InceptionNetwork(GoogLeNet):
    """GoogLeNet that gives its auxiliary logits with its own in training mode."""

    def forward(self, images: Tensor) -> Tensor | Output:
        """(N, C, H, W) -> logits (N, classes); in training an `Output` with those of aux1 (lower) and aux2."""
        if not self.training:
            return super().forward(images)
        main, upper, lower = super().forward(images)
        return Output(main, (lower, upper))


class AuxiliaryHead(InceptionAux):
    """A head on the outputs of a module, (N, C, H, W): pooling to 4x4, 1x1 convolution, fc1, dropout, fc2."""

    def __init__(self, *arguments: object, **settings: object) -> None:
        super().__init__(*arguments, **settings)
        self.avgpool = AdaptiveAveragePool(4, 4)

    def forward(self, maps: Tensor) -> Tensor:
        """The logits (N, classes)."""
        hidden = torch.relu(self.fc1(self.conv(self.avgpool(maps)).flatten(1)))
        return self.fc2(self.dropout(hidden))


def build(shape: tuple[int, int, int], classes: int, *, width: float = 1.0) -> nn.Module:
    """The network with torchvision's initialisation; its own change of the input's scale is off.

    Args:
        shape: height, width and channels of an image; height and width are at least 15.
        classes: the number of outputs (logits).
        width: what the numbers of channels and units are multiplied by.

    Returns:
        A network from images (N, C, H, W) to logits (N, classes), in training mode to an `Output` whose `auxiliary`
        are the logits of the two heads. It has torchvision's names: `inception3a` to `inception5b`, `aux1`, `aux2`,
        `avgpool`, `fc`.

    Raises:
        ConfigError: the images are too small, or the width gives no whole numbers.
    """
    sizes.check("inception", shape, MINIMUM)
    with torch.device("meta"):
        blocks = [BasicConv2d, Inception, AuxiliaryHead]
        network = InceptionNetwork(classes, transform_input=False, init_weights=False, blocks=blocks)
        rescale(network, width, shape[2], OUTPUTS)
    return initialise.materialise(network, _initialise)


def _initialise(layer: nn.Conv2d | nn.Linear) -> None:
    """Weights N(0, 0.01²), cut off at ±2 (which none reaches); biases as PyTorch draws them."""
    if isinstance(layer, nn.Linear):
        layer.reset_parameters()
    nn.init.trunc_normal_(layer.weight, std=STD)
