"""The report's network for Fashion-MNIST: two convolutions, two fully connected layers.

S0, question 0: conv 5x5x32 same + ReLU, max-pool 2, conv 5x5x64 same + ReLU, max-pool 2, fc 1024 ReLU, dropout, fc 10.
"""

from collections import OrderedDict

from torch import nn

from revisit.models.parts import sizes
from revisit.models.parts.width import scaled

MINIMUM = 4  # pixels: two poolings


def build(shape: tuple[int, int, int], classes: int, *, dropout: float = 0.4, width: float = 1.0) -> nn.Sequential:
    """The network with PyTorch's default initialisation (the report names none).

    Args:
        shape: height, width and channels of an image; height and width are at least 4.
        classes: the number of outputs (logits).
        dropout: the probability with which a unit of fc1 is dropped in training.
        width: what the numbers of channels and units are multiplied by.

    Returns:
        A network from images (N, C, H, W) to logits (N, classes); every layer has a name and can be hooked.

    Raises:
        ConfigError: the images are too small, or the width gives no whole numbers.
    """
    sizes.check("fashion_cnn", shape, MINIMUM)
    height, breadth, channels = shape
    maps1, maps2, units = scaled(32, width), scaled(64, width), scaled(1024, width)
    return nn.Sequential(
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
