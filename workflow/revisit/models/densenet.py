"""DenseNet-121 (Huang et al. 2017, arXiv:1608.06993, table 1), in torchvision's definition.

Four dense blocks of 6, 12, 24 and 16 layers; each layer adds 32 channels (the growth rate) to all that came before,
through a 1x1 bottleneck of 128. A transition between two blocks halves channels and size. The activations are kept
for the gradient; the version that computes them anew to save memory (Pleiss et al. 2017) is slower and not used.
"""

import torch
import torchvision
from torch import nn

from revisit.models.parts import initialise, sizes
from revisit.models.parts.width import rescale

MINIMUM = 29  # pixels: leaves one position in the last block


def build(shape: tuple[int, int, int], classes: int, *, width: float = 1.0) -> nn.Module:
    """The network with torchvision's initialisation, which is that of the paper's section 4.2.

    Args:
        shape: height, width and channels of an image; height and width are at least 29.
        classes: the number of outputs (logits).
        width: what the growth rate and the channels of the first convolution are multiplied by, and with them all
            numbers of channels.

    Returns:
        A network from images (N, C, H, W) to logits (N, classes) with torchvision's names: `features.denseblock1` to
        `.denseblock4`, `features.transition1` to `.transition3`, `features.norm5`, `classifier`.

    Raises:
        ConfigError: the images are too small, or the width gives no whole numbers.
    """
    sizes.check("densenet", shape, MINIMUM)
    with torch.device("meta"):
        network = torchvision.models.densenet121(num_classes=classes, memory_efficient=False)
        rescale(network, width, shape[2], outputs={"classifier"})
    return initialise.materialise(network, _initialise)


def _initialise(layer: nn.Conv2d | nn.Linear) -> None:
    """Convolutions N(0, 2 / fan-in) (He et al. 2015, equation 10), the classifier as PyTorch draws it with bias 0."""
    if isinstance(layer, nn.Conv2d):
        nn.init.kaiming_normal_(layer.weight)
    else:
        layer.reset_parameters()
        nn.init.zeros_(layer.bias)
