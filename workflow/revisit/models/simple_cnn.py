"""SimpleCNN: the layers of the Fashion-MNIST network on photographs (S0, question 1: 224x224x3, 20 outputs).

The logits go into a sigmoid per class, since an image of PASCAL VOC may show several.
"""

from typing import Literal

from torch import nn

from revisit.models import fashion_cnn


def build(
    shape: tuple[int, int, int],
    classes: int,
    *,
    dropout: float = 0.4,
    width: float = 1.0,
    initialiser: Literal["xavier", "pytorch"] = "xavier",
) -> nn.Sequential:
    """The network.

    At 224x224x3 nearly all of its 205.6 million parameters are in fc1, which sees 56 x 56 x 64 numbers.

    Args:
        shape: height, width and channels of an image; height and width are at least 4.
        classes: the number of outputs (logits).
        dropout: the probability with which a unit of fc1 is dropped in training.
        width: what the numbers of channels and units are multiplied by.
        initialiser: of the weights, as in `fashion_cnn`.

    Returns:
        A network from images (N, C, H, W) to logits (N, classes), with the layers of `fashion_cnn`.

    Raises:
        ConfigError: the images are too small, or the width gives no whole numbers.
    """
    return fashion_cnn.build(shape, classes, dropout=dropout, width=width, initialiser=initialiser)
