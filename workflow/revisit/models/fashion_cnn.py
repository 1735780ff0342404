"""The report's network for Fashion-MNIST: two convolutions, two fully connected layers.

S0, question 0: conv 5x5x32 same + ReLU, max-pool 2, conv 5x5x64 same + ReLU, max-pool 2, fc 1024 ReLU, dropout, fc 10.
The same layers on 224x224x3 with 20 outputs are the report's SimpleCNN.
"""

from collections import OrderedDict

from torch import nn


def build(shape: tuple[int, int, int], classes: int, *, dropout: float = 0.4) -> nn.Sequential:
    """The network with PyTorch's default initialisation (the report names none).

    Args:
        shape: height, width and channels of an image; height and width are at least 4.
        classes: the number of outputs (logits).
        dropout: the probability with which a unit of fc1 is dropped in training.

    Returns:
        A network from images (N, C, H, W) to logits (N, classes); every layer has a name and can be hooked.
    """
    height, width, channels = shape
    return nn.Sequential(
        OrderedDict(
            conv1=nn.Conv2d(channels, 32, kernel_size=5, padding="same"),  # zeros on both sides, as TensorFlow's "same"
            relu1=nn.ReLU(),
            pool1=nn.MaxPool2d(2),
            conv2=nn.Conv2d(32, 64, kernel_size=5, padding="same"),
            relu2=nn.ReLU(),
            pool2=nn.MaxPool2d(2),
            flatten=nn.Flatten(),
            fc1=nn.Linear(64 * (height // 4) * (width // 4), 1024),
            relu3=nn.ReLU(),
            dropout=nn.Dropout(dropout),
            fc2=nn.Linear(1024, classes),
        )
    )
