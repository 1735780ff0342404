"""The report's LeNet: tanh units, two convolutions, two fully connected layers (S1, on 28x28 RGB images of CIFAR-10).

conv 5x5x32 tanh, max-pool 2, conv 5x5x64 tanh, max-pool 2, fc 1024 tanh, dropout 0.5, fc 10. Larger than LeNet-5
(LeCun et al. 1998, Proceedings of the IEEE 86:2278-2324), from which it has the order of its layers.
"""

from collections import OrderedDict
from typing import Literal

import torch
from torch import nn

from revisit.models.parts import initialise, sizes
from revisit.models.parts.width import scaled

MINIMUM = 4  # pixels: two poolings
STD, BIAS = 0.1, 0.1


def build(
    shape: tuple[int, int, int],
    classes: int,
    *,
    dropout: float = 0.5,
    width: float = 1.0,
    initialiser: Literal["truncated_normal", "pytorch"] = "truncated_normal",
) -> nn.Sequential:
    """The network, with convolutions that keep the size.

    Args:
        shape: height, width and channels of an image; height and width are at least 4.
        classes: the number of outputs (logits).
        dropout: the probability with which a unit of fc1 is dropped in training.
        width: what the numbers of channels and units are multiplied by.
        initialiser: of all layers: "truncated_normal" is that of TensorFlow's MNIST tutorial, which the starter code of
            the report's course has (Rice ELEC 677; its `weight_variable` and `bias_variable`): weights N(0, 0.1²) cut
            off at two deviations (at width 1; see `parts.initialise.truncated_normal`) and biases 0.1; "pytorch" is
            PyTorch's default.

    Returns:
        A network from images (N, C, H, W) to logits (N, classes); every layer has a name and can be hooked.

    Raises:
        ConfigError: the images are too small, or the width gives no whole numbers.
    """
    sizes.check("lenet", shape, MINIMUM)
    height, breadth, channels = shape
    maps1, maps2, units = scaled(32, width), scaled(64, width), scaled(1024, width)
    with torch.device("meta"):
        network = nn.Sequential(
            OrderedDict(
                conv1=nn.Conv2d(channels, maps1, kernel_size=5, padding="same"),
                tanh1=nn.Tanh(),
                pool1=nn.MaxPool2d(2),
                conv2=nn.Conv2d(maps1, maps2, kernel_size=5, padding="same"),
                tanh2=nn.Tanh(),
                pool2=nn.MaxPool2d(2),
                flatten=nn.Flatten(),
                fc1=nn.Linear(maps2 * (height // 4) * (breadth // 4), units),
                tanh3=nn.Tanh(),
                dropout=nn.Dropout(dropout),
                fc2=nn.Linear(units, classes),
            )
        )
    if initialiser == "pytorch":
        return initialise.materialise(network, initialise.default)
    return initialise.materialise(
        network, initialise.truncated_normal(STD, BIAS, width, first=network.get_submodule("conv1"))
    )
