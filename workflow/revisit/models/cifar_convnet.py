"""The report's ConvNet for CIFAR-10 (S2): two convolutions, three fully connected layers.

conv 5x5x64, max-pool 3/2, conv 5x5x64, max-pool 3/2, fc1 384, fc2 192, logits 10, with ReLU. The report gives no layer
sizes; these are those of TensorFlow's CIFAR-10 tutorial, and like there convolutions keep the size and poolings halve
it. The tutorial's local response normalisation is left out, since the report does not mention it.
"""

from collections import OrderedDict
from typing import Literal

import torch
from torch import nn

from revisit.models.parts import initialise, sizes
from revisit.models.parts.width import scaled

MINIMUM = 4  # pixels: two poolings
STD = 0.001


def build(
    shape: tuple[int, int, int],
    classes: int,
    *,
    dropout: float = 0.0,
    width: float = 1.0,
    initialiser: Literal["normal", "xavier"] = "normal",
) -> nn.Sequential:
    """The network.

    Args:
        shape: height, width and channels of an image; height and width are at least 4.
        classes: the number of outputs (logits).
        dropout: the probability with which a unit of fc1 or fc2 is dropped in training.
        width: what the numbers of channels and units are multiplied by.
        initialiser: of the weights: "normal" is N(0, 0.001²) (at width 1; see `parts.initialise.normal`), "xavier"
            is Glorot & Bengio 2010; biases are 0.

    Returns:
        A network from images (N, C, H, W) to logits (N, classes); every layer has a name and can be hooked.

    Raises:
        ConfigError: the images are too small, or the width gives no whole numbers.
    """
    sizes.check("cifar_convnet", shape, MINIMUM)
    with torch.device("meta"):
        layers = up_to_fc2(shape, dropout, width)
        network = nn.Sequential(layers | {"logits": nn.Linear(scaled(192, width), classes)})
    return initialise.materialise(network, drawn(initialiser, network, width))


def up_to_fc2(shape: tuple[int, int, int], dropout: float, width: float) -> OrderedDict[str, nn.Module]:
    """All layers but the last, by name, on the meta device."""
    maps = scaled(64, width)
    convolutions = OrderedDict(
        conv1=nn.Conv2d(shape[2], maps, kernel_size=5, padding="same"),
        relu1=nn.ReLU(),
        pool1=nn.MaxPool2d(3, stride=2, ceil_mode=True),  # TensorFlow's "same": an even size is halved
        conv2=nn.Conv2d(maps, maps, kernel_size=5, padding="same"),
        relu2=nn.ReLU(),
        pool2=nn.MaxPool2d(3, stride=2, ceil_mode=True),
        flatten=nn.Flatten(),
    )
    inputs = sizes.flattened(nn.Sequential(convolutions), shape)
    return convolutions | OrderedDict(
        fc1=nn.Linear(inputs, scaled(384, width)),
        relu3=nn.ReLU(),
        dropout1=nn.Dropout(dropout),
        fc2=nn.Linear(scaled(384, width), scaled(192, width)),
        relu4=nn.ReLU(),
        dropout2=nn.Dropout(dropout),
    )


def drawn(initialiser: str, network: nn.Sequential, width: float) -> initialise.Initialiser:
    """How the weights of a network with these layers are drawn."""
    return (
        initialise.xavier
        if initialiser == "xavier"
        else initialise.normal(STD, width, first=network.get_submodule("conv1"))
    )
