"""The convolutional layers of classification networks, for networks that find objects.

They are always the submodule `features`, with the names of the network that they come from: its weights fit, ImageNet's
or those of a training. Further layers must not be called as a layer of those networks (`classifier`, `logits`).
"""

from typing import Any, NamedTuple

from torch import nn

from revisit.errors import ConfigError
from revisit.models import mobilenet_v2, small_convnet, squeezenet, vgg16
from revisit.models.parts import initialise, sizes

leaving = sizes.leaving
OUTPUT_STD = 0.01  # of the last layers' weights (Girshick 2015, section 4.1; Ren et al. 2015, section 3.1.3)


class Backbone(NamedTuple):
    """A network and where its strides end."""

    module: Any  # its file, with `layout` and `INITIALISER`
    layers: dict[int, int]  # stride in pixels -> how many layers of `features` reach to the last one of that stride


BACKBONES = {
    "small_convnet": Backbone(small_convnet, {4: 9, 8: 13, 16: 17}),
    "mobilenet_v2": Backbone(mobilenet_v2, {4: 4, 8: 7, 16: 14, 32: 18}),  # up to the last block; then come 1280 maps
    "squeezenet": Backbone(squeezenet, {4: 5, 8: 8, 16: 13}),  # unpadded: positions lie half a stride further on
    "vgg16": Backbone(vgg16, {4: 16, 8: 23, 16: 30, 32: 31}),  # conv3_3, conv4_3, conv5_3 and their ReLUs; pool5
}


def trunk(backbone: str, shape: tuple[int, int, int], width: float, stride: int = 16) -> nn.Sequential:
    """The layers of a backbone up to the last one of a stride, on the meta device, without weights.

    Args:
        backbone: a key of `BACKBONES`.
        shape: height, width and channels of an image.
        width: what the numbers of channels are multiplied by.
        stride: in pixels.

    Raises:
        ConfigError: the images are too small, the width gives no whole numbers, or the backbone has no such stride.
    """
    features, layers = whole(backbone, shape, width), BACKBONES[backbone].layers
    if stride not in layers:
        raise ConfigError(
            f"network.stride: {backbone} has no layers of stride {stride}; use one of {', '.join(map(str, layers))}"
        )
    return features[: layers[stride]]


def whole(backbone: str, shape: tuple[int, int, int], width: float) -> nn.Sequential:
    """All convolutional layers of a backbone, as `trunk`; of vgg16 that includes the last pooling."""
    features: nn.Sequential = BACKBONES[backbone].module.layout(shape, 1, 0.0, width).features
    return features


def block(entering: int, leaving: int, slope: float = 0.0) -> nn.Sequential:
    """A 3x3 convolution with batch normalisation and a ReLU, of slope `slope` below 0."""
    return nn.Sequential(
        nn.Conv2d(entering, leaving, 3, padding=1, bias=False), nn.BatchNorm2d(leaving), nn.LeakyReLU(slope)
    )


def materialise(
    network: nn.Module, backbone: str, outputs: list[nn.Module | None], output: initialise.Initialiser | None = None
) -> nn.Module:
    """`network`, laid out on the meta device, with weights; returns it.

    Args:
        network: has the submodule `features`, whose weights are drawn as the backbone's.
        backbone: a key of `BACKBONES`.
        outputs: the network's last layers, drawn by `output`, or None; every other layer is drawn by `initialise.he`.
        output: N(0, 0.01²) where it is None.
    """
    inside, last = set(network.get_submodule("features").modules()), set(outputs)
    own, output = BACKBONES[backbone].module.INITIALISER, output or initialise.normal(OUTPUT_STD)

    def draw(layer: nn.Conv2d | nn.Linear) -> None:
        (own if layer in inside else output if layer in last else initialise.he)(layer)

    return initialise.materialise(network, draw)
