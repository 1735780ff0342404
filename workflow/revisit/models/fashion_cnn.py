"""The report's network for Fashion-MNIST: two convolutions, two fully connected layers.

S0, question 0: conv 5x5x32 same + ReLU, max-pool 2, conv 5x5x64 same + ReLU, max-pool 2, fc 1024 ReLU, dropout, fc 10.
"""

from collections import OrderedDict
from typing import Literal

import torch
from torch import nn

from revisit.models.parts import initialise, sizes
from revisit.models.parts.width import scaled

MINIMUM = 4  # pixels: two poolings
INITIALISERS = {"xavier": initialise.xavier, "pytorch": initialise.default}


def build(
    shape: tuple[int, int, int],
    classes: int,
    *,
    dropout: float = 0.4,
    width: float = 1.0,
    initialiser: Literal["xavier", "pytorch"] = "xavier",
) -> nn.Sequential:
    """The network.

    Args:
        shape: height, width and channels of an image; height and width are at least 4.
        classes: the number of outputs (logits).
        dropout: the probability with which a unit of fc1 is dropped in training.
        width: what the numbers of channels and units are multiplied by.
        initialiser: of the weights: "xavier" is Glorot & Bengio 2010 with biases 0, the default of TensorFlow's layers
            and so what the course's script starts from (CMU 16-824, spring 2019; repository
            alasin/pascal_object_classification_tf, 01_fashion_mnist.py); "pytorch" is PyTorch's default.

    Returns:
        A network from images (N, C, H, W) to logits (N, classes); every layer has a name and can be hooked.

    Raises:
        ConfigError: the images are too small, or the width gives no whole numbers.
    """
    sizes.check("fashion_cnn", shape, MINIMUM)
    height, breadth, channels = shape
    maps1, maps2, units = scaled(32, width), scaled(64, width), scaled(1024, width)
    with torch.device("meta"):
        network = nn.Sequential(
            OrderedDict(
                # "same": zeros on both sides, as TensorFlow
                conv1=nn.Conv2d(channels, maps1, kernel_size=5, padding="same"),
                relu1=nn.ReLU(),
                pool1=nn.MaxPool2d(2),
                conv2=nn.Conv2d(maps1, maps2, kernel_size=5, padding="same"),
                relu2=nn.ReLU(),
                pool2=nn.MaxPool2d(2),
                flatten=nn.Flatten(),
                fc1=nn.Linear(maps2 * (height // 4) * (breadth // 4), units),
                relu3=nn.ReLU(),
                dropout=nn.Dropout(dropout),
                fc2=nn.Linear(units, classes),
            )
        )
    return initialise.materialise(network, INITIALISERS[initialiser])
