"""A deep autoencoder (S3; Hinton & Salakhutdinov 2006, Science 313:504-507): an image through a short code and back.

The report describes the method and gives no sizes: a hidden layer on either side and a linear code, as in the paper.
"""

from collections import OrderedDict

from torch import nn


def build(
    shape: tuple[int, int, int],
    classes: int,  # noqa: ARG001  (the network gives images)
    *,
    hidden: int = 256,
    code: int = 32,
) -> nn.Sequential:
    """The network with PyTorch's default initialisation.

    Args:
        shape: height, width and channels of an image.
        classes: ignored.
        hidden: the number of units of the layer before the code and of the one after it. It takes the place of a width.
        code: the number of units of the code.

    Returns:
        A network from normalised images (N, C, H, W) to images (N, C, H, W) to be compared with the pixels scaled to
        0..1: values for the squared error, logits for the cross-entropy. Its layer `code` gives the code, (N, code).
    """
    return nn.Sequential(layers(shape, hidden, code))


def layers(shape: tuple[int, int, int], hidden: int, code: int) -> OrderedDict[str, nn.Module]:
    """The layers by name."""
    height, breadth, channels = shape
    pixels = height * breadth * channels
    return OrderedDict(
        flatten=nn.Flatten(),
        encoder=nn.Linear(pixels, hidden),
        relu1=nn.ReLU(),
        code=nn.Linear(hidden, code),
        decoder=nn.Linear(code, hidden),
        relu2=nn.ReLU(),
        reconstruction=nn.Linear(hidden, pixels),
        unflatten=nn.Unflatten(1, (channels, height, breadth)),
    )
