"""Numbers of parameters: as the papers and reports give them, or computed by hand from their tables."""

from functools import cache

import pytest
import torch

from revisit.models import registry

TRUNK = 14_714_688  # the thirteen convolutions of VGG-16
CONNECTED = 102_764_544 + 16_781_312  # its first two fully connected layers
TOTALS = {
    "alexnet": 61_100_840,  # torchvision's documentation, as the next four of ImageNet
    "densenet": 7_978_856,
    "inception": 13_004_888,
    "mobilenet_v2": 3_504_872,
    "squeezenet": 1_235_496,
    "vgg16": 138_357_544,  # the paper's table 2: 138 million
    "autoencoder": (784 * 256 + 256) + (256 * 32 + 32) + (32 * 256 + 256) + (256 * 784 + 784),
    "denoising_autoencoder": (784 * 256 + 256) + (256 * 32 + 32) + (32 * 256 + 256) + (256 * 784 + 784),
    "sparse_autoencoder": (784 * 196 + 196) + (196 * 784 + 784),
    "fashion_cnn": 832 + 51_264 + 3_212_288 + 10_250,
    "lenet": 2_432 + 51_264 + 3_212_288 + 10_250,
    "simple_cnn": 2_432 + 51_264 + 205_521_920 + 20_500,
    "cifar_convnet": 4_864 + 102_464 + 1_573_248 + 73_920 + 1_930,
    # He et al. 2016, table 6: 0.27 million; 3x3 filters, two numbers per normalised channel
    "cifar_resnet": 9 * (3 * 16 + 6 * 16**2 + 16 * 32 + 5 * 32**2 + 32 * 64 + 5 * 64**2)
    + 2 * (7 * 16 + 6 * 32 + 6 * 64)
    + 650,
    # Huang et al. 2017, table 2: 1.0 million; 36 layers on 16, 28, 40, ... maps, two transitions that keep all
    "cifar_densenet": 9 * 16 * 3
    + sum(maps * (9 * 12 + 2) for maps in range(16, 16 + 36 * 12, 12))
    + sum(maps * (maps + 2) for maps in (160, 304))
    + 2 * 448
    + 4_490,
    "siamese": 4_864 + 102_464 + 1_573_248 + 73_920,
    "transfer": 14_714_688 + (512 * 384 + 384) + 73_920 + 1_930,
    "caffenet": 34_944 + 614_656 + 885_120 + 1_327_488 + 884_992 + 26_218_496 + 16_781_312 + 81_940,
    "small_convnet": 9 * (3 * 16 + 16 * 32 + 32 * 64 + 64 * 128 + 128 * 128) + 2 * 368 + 2_580,
    "localiser": TRUNK + 10_260 + (512 * 256 * 9 + 2 * 256) + (256 * 14 * 14 * 1024 + 1024) + 4_100,
    # Long et al. 2015, table 1: 134 million, without the skips
    "fcn": TRUNK + CONNECTED + 21 * 4_097 + 21 * 513 + 21 * 257,
    "rcnn": TRUNK + CONNECTED + 21 * 4_097,
    "fast_rcnn": TRUNK + CONNECTED + 21 * 4_097 + 80 * 4_097,
    "faster_rcnn": TRUNK + (512 * 512 * 9 + 512) + (9 + 36) * 513 + CONNECTED + 21 * 4_097 + 80 * 4_097,
    "yolo": TRUNK + 2 * (512 * 512 * 9 + 2 * 512) + (512 * 49 * 4096 + 4096) + 4_097 * 49 * 30,
    "recurrent": 4 * ((28 + 128) * 128 + 128) + 1_290,
}
LAYERS = {
    "lenet": {"conv1": 2_432, "conv2": 51_264, "fc1": 3_212_288, "fc2": 10_250},
    "simple_cnn": {"conv1": 2_432, "conv2": 51_264, "fc1": 205_521_920, "fc2": 20_500},
    "cifar_convnet": {"conv1": 4_864, "conv2": 102_464, "fc1": 1_573_248, "fc2": 73_920, "logits": 1_930},
    "caffenet": {
        "conv1": 34_944,
        "conv2": 614_656,
        "conv3": 885_120,
        "conv4": 1_327_488,
        "conv5": 884_992,
        "fc6": 26_218_496,
        "fc7": 16_781_312,
        "fc8": 81_940,
    },
    "vgg16": {
        "features.0": 1_792,
        "features.28": 2_359_808,
        "classifier.0": 102_764_544,
        "classifier.3": 16_781_312,
        "classifier.6": 4_097_000,
    },
    # Szegedy et al. 2015, table 1, with 3x3 for 5x5 filters: weights, and two numbers per channel normalised
    "inception": {
        "inception3a": 192 * (64 + 96 + 16 + 32) + 9 * (96 * 128 + 16 * 32) + 2 * (64 + 96 + 128 + 16 + 32 + 32),
        "aux1": (512 * 128 + 2 * 128) + (2048 * 1024 + 1024) + (1024 * 1000 + 1000),
        "fc": 1_025_000,
    },
    # Huang et al. 2017, table 1: two normalisations, a 1x1 and a 3x3 convolution
    "densenet": {
        "features.conv0": 64 * 3 * 49,
        "features.denseblock1.denselayer1": 2 * 64 + 64 * 128 + 2 * 128 + 128 * 32 * 9,
        "features.transition1.conv": 256 * 128,
        "classifier": 1_025_000,
    },
    "transfer": {"features": 14_714_688, "fc2": 73_920, "logits": 1_930},
    "siamese": {"fc2": 73_920},
    "fcn": {"features": TRUNK, "scores.fc6": 102_764_544, "scores.fc7": 16_781_312},
    "faster_rcnn": {"features": TRUNK, "rpn.conv": 2_359_808, "head.fc6": 102_764_544},
    "squeezenet": {"features.12": 512 * 64 + 64 + 64 * 256 + 256 + 9 * 64 * 256 + 256},
}


@pytest.fixture(scope="module")
def whole(layout, published):
    """The published network of a name, laid out once."""
    return cache(lambda name: layout(name, *published[name]))


def count(module):
    return sum(parameter.numel() for parameter in module.parameters())


@pytest.mark.parametrize("name", registry.available())
def test_parameters_of_the_published_network(whole, name):
    assert count(whole(name)) == TOTALS[name]


@pytest.mark.parametrize(("name", "layer"), [(name, layer) for name, layers in LAYERS.items() for layer in layers])
def test_parameters_of_a_layer(whole, name, layer):
    assert count(whole(name).get_submodule(layer)) == LAYERS[name][layer]


@pytest.mark.parametrize(
    ("depth", "millions"), [(20, 0.27), (32, 0.46), (44, 0.66), (56, 0.85), (110, 1.7), (1202, 19.4)]
)
def test_parameters_of_a_residual_network_and_of_the_plain_one(layout, depth, millions):
    """He et al. 2016, table 6; a shortcut has none."""
    found = {count(layout("cifar_resnet", (32, 32, 3), 10, depth=depth, residual=on)) for on in (True, False)}
    n = (depth - 2) // 6
    filters = 9 * (3 * 16 + 2 * n * 16**2 + 16 * 32 + (2 * n - 1) * 32**2 + 32 * 64 + (2 * n - 1) * 64**2)
    assert found == {filters + 2 * (16 + 2 * n * (16 + 32 + 64)) + 650}
    assert found.pop() / 1e6 == pytest.approx(millions, abs=0.05 if depth > 56 else 0.005)


@pytest.mark.parametrize(
    ("depth", "growth", "compression", "millions"),
    [
        (40, 12, None, 1.0),
        (100, 12, None, 7.0),
        (100, 24, None, 27.2),
        (100, 12, 0.5, 0.8),
        (250, 24, 0.5, 15.3),
        (190, 40, 0.5, 25.6),
    ],
)
def test_parameters_of_densenet_and_densenet_bc(layout, depth, growth, compression, millions):
    """Huang et al. 2017, table 2."""
    shorter = {"bottleneck": True, "compression": compression} if compression else {}
    found = count(layout("cifar_densenet", (32, 32, 3), 10, depth=depth, growth=growth, **shorter))
    maps = 2 * growth if compression else 16
    by_hand = 27 * maps
    for block in range(3):
        for _ in range((depth - 4) // (6 if compression else 3)):
            new = maps * (2 + 4 * growth) + 4 * growth * (2 + 9 * growth) if compression else maps * (2 + 9 * growth)
            by_hand, maps = by_hand + new, maps + growth
        if block < 2:
            kept = int(maps * (compression or 1))
            by_hand, maps = by_hand + 2 * maps + maps * kept, kept
    assert found == by_hand + 2 * maps + 10 * maps + 10
    assert found / 1e6 == pytest.approx(millions, abs=0.05)


@pytest.mark.parametrize("name", ["cifar_resnet", "cifar_densenet"])
def test_biases_take_the_place_of_normalisation(layout, name):
    networks = {on: layout(name, (32, 32, 3), 10, batch_norm=on) for on in (True, False)}
    layers = {on: [m for m in network.modules() if isinstance(m, torch.nn.Conv2d)] for on, network in networks.items()}
    assert not any(isinstance(module, torch.nn.BatchNorm2d) for module in networks[False].modules())
    assert all(layer.bias is None for layer in layers[True])
    weights = [sum(layer.weight.numel() for layer in found) for found in layers.values()]
    assert weights[0] == weights[1]
    assert count(networks[False]) == weights[1] + sum(layer.out_channels for layer in layers[False]) + count(
        networks[False].logits
    )


def test_parameters_of_each_cell(layout):
    """One bias per gate; the simple cell has one gate, the GRU three, the LSTM four."""
    per_gate = (28 + 64) * 64 + 64
    for cell, gates in (("rnn", 1), ("gru", 3), ("lstm", 4)):
        assert count(layout("recurrent", (28, 28, 1), 10, cell=cell, hidden=64).cell) == gates * per_gate


@pytest.mark.parametrize("reset", ["before", "after"])
def test_a_gru_has_three_quarters_of_an_lstms_parameters(layout, reset):
    lstm = layout("recurrent", (28, 28, 1), 10, cell="lstm", hidden=32).cell
    gru = layout("recurrent", (28, 28, 1), 10, cell="gru", hidden=32, reset=reset).cell
    assert count(gru) * 4 == count(lstm) * 3


def test_parameters_of_each_backbone(layout):
    convolutions = {"vgg16": 14_714_688, "alexnet": 2_469_696, "mobilenet_v2": 3_504_872 - 1_281_000}
    for backbone, expected in convolutions.items():
        assert count(layout("transfer", (64, 64, 3), 10, backbone=backbone).features) == expected
