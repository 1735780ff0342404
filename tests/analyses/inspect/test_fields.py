import dataclasses
from collections import OrderedDict

import numpy as np
import pytest
import torch
from torch import nn

from revisit.analyses.inspect import fields
from revisit.analyses.inspect.fields import Axis, Field
from revisit.errors import ArtifactError, ConfigError
from revisit.models import registry


def depends(network, layer, shape, position, lines):
    """Whether a position of the layer depends on a line of pixels: whether it is NaN when they are.

    Independent of any arithmetic on windows. Double precision, because in single precision fast convolutions
    (Winograd) mix neighbours.
    """
    probes = torch.zeros(len(lines), shape[2], *shape[:2], dtype=torch.float64)
    for probe, (axis, line) in zip(probes, lines, strict=True):
        probe.select(1 + axis, line).fill_(torch.nan)
    with torch.inference_mode():
        return fields.tapped(network, layer, probes)[(..., *position)].isnan().any(1).tolist()


NETWORKS = [
    ("fashion_cnn", (28, 28, 1), {}, ["conv1", "relu1", "pool1", "conv2", "pool2"]),
    ("lenet", (28, 28, 3), {}, ["tanh1", "pool2"]),
    ("cifar_convnet", (24, 24, 3), {}, ["pool1", "pool2"]),  # overlapping pooling that rounds up
    ("caffenet", (99, 99, 3), {"width": 0.125}, ["conv1", "pool1", "conv2", "conv5", "pool5"]),
    ("vgg16", (40, 40, 3), {"width": 0.125}, ["features.0", "features.4", "features.10", "features.30"]),
    # branches: concatenated, and added
    ("inception", (47, 47, 3), {"width": 0.125}, ["conv2", "maxpool1", "inception3a", "inception3b.branch2"]),
    ("densenet", (48, 48, 3), {"width": 0.125}, ["features.pool0", "features.denseblock1", "features.transition1"]),
    ("mobilenet_v2", (40, 40, 3), {"width": 0.125}, ["features.3", "features.6.conv.1"]),
]


@pytest.mark.parametrize(("name", "shape", "settings", "layers"), NETWORKS, ids=[case[0] for case in NETWORKS])
def test_a_position_depends_on_its_field_and_on_nothing_else(name, shape, settings, layers):
    network = registry.build(name, shape, 3, settings).double().eval()
    for module in network.modules():
        if isinstance(module, nn.BatchNorm2d | nn.Conv2d):  # branches of fresh networks may be all 0
            nn.init.constant_(module.weight, 0.01)
    image = torch.zeros(1, shape[2], *shape[:2], dtype=torch.float64)
    for layer in layers:
        field = fields.receptive_field(network, layer, image)
        height, width = fields.tapped(network, layer, image).shape[2:]
        for y, x in ((0, width - 1), (height // 2, width // 3)):
            box = field.boxes(np.array([y]), np.array([x]))[0]
            inside = [(axis, line) for axis in (0, 1) for line in (box[axis], box[axis + 2] - 1)]
            outside = [(axis, line) for axis in (0, 1) for line in (box[axis] - 1, box[axis + 2])]
            lines = [(axis, line) for axis, line in inside + outside if 0 <= line < shape[axis]]
            expected = [line in inside for line in lines]
            assert depends(network, layer, shape, (y, x), lines) == expected, (layer, y, x, field)


def test_published_sizes():
    """VGG-16's pool5 sees 212 pixels, 32 apart (Araujo et al. 2019, Distill, Computing Receptive Fields)."""
    network = registry.build("vgg16", (224, 224, 3), 3, {"width": 0.125}).eval()
    field = fields.receptive_field(network, "features.30", torch.zeros(1, 3, 224, 224))
    assert field.rows == field.columns
    assert field.rows[1:] == (32, 212)


def test_the_axes_are_not_confused():
    conv = nn.Conv2d(1, 1, kernel_size=(3, 5), stride=(2, 1), padding=(0, 2), dilation=(1, 2))
    network = nn.Sequential(OrderedDict(conv=conv, pool=nn.AvgPool2d((2, 1))))
    image = torch.zeros(1, 1, 20, 20)
    assert fields.receptive_field(network, "conv", image) == Field(Axis(0, 2, 3), Axis(-2, 1, 9))
    field = fields.receptive_field(network, "pool", image)
    assert field == Field(Axis(0, 4, 5), Axis(-2, 1, 9))
    assert field.boxes(np.array([1, 2]), np.array([0, 3])).tolist() == [[4, -2, 9, 7], [8, 1, 13, 10]]


@pytest.mark.parametrize("layer", [nn.AdaptiveAvgPool2d(2), nn.ConvTranspose2d(1, 1, 3), nn.Upsample(scale_factor=2)])
def test_behind_what_is_no_window_a_position_sees_everything(layer):
    network = nn.Sequential(OrderedDict(odd=layer, conv=nn.Conv2d(1, 1, 1)))
    field = fields.receptive_field(network, "conv", torch.zeros(1, 1, 7, 9))
    assert field.boxes(np.array([0, 1]), np.array([1, 0])).tolist() == [[0, 0, 7, 9]] * 2


def test_nothing_stays_behind(view):
    fields.receptive_field(view.network, "conv2", view.batch(np.arange(1)))
    assert not any(module._forward_hooks for module in view.network.modules())
    assert all(parameter.grad is None for parameter in view.network.parameters())


def test_a_layer_is_seen_before_the_next_one_works_in_place(view):
    images = view.batch(np.arange(3))
    output = fields.tapped(view.network, "conv2", images)  # relu2 works in place
    torch.testing.assert_close(output, view.network[:4](images))
    assert (output < 0).any()


def test_shapes_of_feature_maps(view):
    assert fields.shapes(view, "deconvnet.layers", ["pool2", "conv1"]) == {"pool2": (6, 3, 3), "conv1": (4, 12, 12)}


@pytest.mark.parametrize(
    ("layer", "message"), [("fc1", "layer 'fc1' has no feature maps"), ("conv9", "layer 'conv9' does not exist")]
)
def test_layers_without_feature_maps_are_told_with_those_that_have(view, layer, message):
    have = "layers of this network that have: conv1, relu1, pool1, conv2, relu2, pool2$"
    with pytest.raises(ConfigError, match=rf"^analyses\.inspect\.strongest\.layers: {message}; {have}"):
        fields.shapes(view, "strongest.layers", ["conv1", layer])


def test_blocks_are_layers_too(view):
    network = nn.Sequential(OrderedDict(block=nn.Sequential(nn.Conv2d(1, 2, 3), nn.ReLU()), flatten=nn.Flatten()))
    view = dataclasses.replace(view, network=network.eval())
    assert fields.shapes(view, "strongest.layers", ["block"]) == {"block": (2, 10, 10)}
    with pytest.raises(ConfigError, match=r"that have: block\.0, block\.1$"):
        fields.shapes(view, "strongest.layers", ["flatten"])


def test_a_diverged_network_is_told():
    fields.check_finite("conv1", np.ones(3))
    for value in (np.nan, np.inf):
        with pytest.raises(ArtifactError, match="'conv1' are not finite, so the training has diverged"):
            fields.check_finite("conv1", np.array([0, value]))
