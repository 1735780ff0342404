"""The report's transfer network (S2): the convolutional layers of an ImageNet network, then the ConvNet's last three.

The study takes VGG-16 and CIFAR-10. With the backbone held fixed it is feature extraction, trained as a whole it is
refining.
"""

from collections import OrderedDict
from typing import Literal

import torch
from torch import nn

from revisit.errors import ConfigError
from revisit.models import alexnet, mobilenet_v2, vgg16
from revisit.models.cifar_convnet import STD
from revisit.models.parts import initialise, sizes
from revisit.models.parts.width import scaled

BACKBONES = {"vgg16": vgg16, "alexnet": alexnet, "mobilenet_v2": mobilenet_v2}


def build(
    shape: tuple[int, int, int],
    classes: int,
    *,
    backbone: Literal["vgg16", "alexnet", "mobilenet_v2"] = "vgg16",
    backbone_width: float = 1.0,
    backbone_batch_norm: bool = False,
    width: float = 1.0,
    dropout: float = 0.0,
) -> nn.Sequential:
    """The network with fresh weights: the backbone's as torchvision draws them, the others as `cifar_convnet`.

    Args:
        shape: height, width and channels of an image; height and width are at least 32 (vgg16), 63 (alexnet) or 1
            (mobilenet_v2).
        classes: the number of outputs (logits).
        backbone: the network whose convolutional layers are used.
        backbone_width: what its numbers of channels are multiplied by.
        backbone_batch_norm: with vgg16, whether batch normalisation follows each convolution.
        width: what the numbers of units of fc1 and fc2 are multiplied by.
        dropout: the probability with which a unit of fc1 or fc2 is dropped in training.

    Returns:
        A network from images (N, C, H, W) to logits (N, classes). Its layers are `features` (with torchvision's names,
        so that the backbone's weights fit), `flatten`, `fc1`, `fc2` and `logits`.

    Raises:
        ConfigError: the images are too small, a width gives no whole numbers, or another backbone than vgg16 is to have
            batch normalisation added.
    """
    if backbone_batch_norm and backbone != "vgg16":
        raise ConfigError(f"network.backbone_batch_norm: {backbone} is as it is; leave it out, or use vgg16")
    module = BACKBONES[backbone]
    with torch.device("meta"):
        # `classes` and dropout belong to the backbone's own head, which stays behind.
        extra = {"batch_norm": True} if backbone_batch_norm else {}
        features = module.layout(shape, classes, 0.0, backbone_width, **extra).features
        units1, units2 = scaled(384, width), scaled(192, width)
        network = nn.Sequential(
            OrderedDict(
                features=features,
                flatten=nn.Flatten(),
                fc1=nn.Linear(sizes.flattened(features, shape), units1),
                relu1=nn.ReLU(),
                dropout1=nn.Dropout(dropout),
                fc2=nn.Linear(units1, units2),
                relu2=nn.ReLU(),
                dropout2=nn.Dropout(dropout),
                logits=nn.Linear(units2, classes),
            )
        )
    initialise.materialise(network.get_submodule("features"), module.INITIALISER)
    initialise.materialise(network.get_submodule("fc1"), initialise.normal(STD, backbone_width))
    for layer in ("fc2", "logits"):
        initialise.materialise(network.get_submodule(layer), initialise.normal(STD, width))
    return network
