"""Initial weights: as the studies' protocols, the papers or torchvision have them."""

import math

import pytest
import torch
import torchvision
from torch import nn

from revisit.models import registry


def drawn(name, shape, **network):
    torch.manual_seed(0)
    built = registry.build(name, shape, 10, network)
    return {key: m for key, m in built.named_modules() if isinstance(m, nn.Conv2d | nn.Linear)}


def is_normal(layer, std):
    """Whether mean and deviation of the weights are those of N(0, std²), within five standard errors."""
    weights, count = layer.weight.double(), layer.weight.numel()
    return abs(weights.mean()) < 5 * std / math.sqrt(count) and abs(weights.std() / std - 1) < 5 / math.sqrt(2 * count)


@pytest.mark.parametrize(
    ("name", "shape", "std"),
    [("caffenet", (67, 67, 3), 0.01), ("vgg16", (32, 32, 3), 0.01), ("cifar_convnet", (32, 32, 3), 0.001)],
)
def test_normal_weights_and_no_biases(name, shape, std):
    full = name != "vgg16"  # 130 million weights take a second to draw
    layers = drawn(name, shape, width=1.0 if full else 0.25)
    for key, layer in layers.items():
        first = layer is next(iter(layers.values()))
        # A narrower layer sums over fewer inputs: its weights are larger by the square root.
        assert is_normal(layer, std if full or first else std * 2), key
        assert not layer.bias.any(), key


def test_signals_do_not_vanish_with_the_width():
    images = torch.rand(8, 3, 67, 67) - 0.5
    sizes = {}
    for width in (0.125, 1.0):
        torch.manual_seed(0)
        network = registry.build("caffenet", (67, 67, 3), 10, {"width": width}).eval()
        sizes[width] = network(images).std().item()
    assert 0.5 < sizes[0.125] / sizes[1.0] < 2


def test_xavier():
    for name in ("cifar_convnet", "siamese"):
        for key, layer in drawn(name, (32, 32, 3), initialiser="xavier").items():
            area = layer.kernel_size[0] ** 2 if isinstance(layer, nn.Conv2d) else 1
            limit = math.sqrt(6 / (area * (layer.weight.shape[0] + layer.weight.shape[1])))
            assert 0.99 * limit < layer.weight.abs().max() <= limit, (name, key)
            assert not layer.bias.any()


def test_kaiming_of_vgg():
    layers = drawn("vgg16", (32, 32, 3), width=0.125, initialiser="kaiming")
    assert is_normal(layers["features.28"], math.sqrt(2 / (9 * 64)))
    assert is_normal(layers["classifier.3"], 0.01)
    assert not any(layer.bias.any() for layer in layers.values())


def test_he_fan_in_of_densenet_and_fan_out_of_mobilenet():
    dense = drawn("densenet", (32, 32, 3), width=0.5)
    assert is_normal(dense["features.denseblock3.denselayer5.conv2"], math.sqrt(2 / (9 * 64)))
    assert not dense["classifier"].bias.any()
    mobile = drawn("mobilenet_v2", (32, 32, 3), width=0.5)
    assert is_normal(mobile["features.18.0"], math.sqrt(2 / 640))
    assert is_normal(mobile["classifier.1"], 0.01)


def test_normal_of_inception():
    layers = drawn("inception", (32, 32, 3), width=0.25)
    assert is_normal(layers["inception4e.branch2.1.conv"], 0.01)
    assert is_normal(layers["aux1.fc1"], 0.01)


def test_batch_normalisation_starts_as_the_identity():
    torch.manual_seed(0)
    for name in ("densenet", "inception", "mobilenet_v2"):
        network = registry.build(name, (32, 32, 3), 10, {"width": 0.125})
        layers = [module for module in network.modules() if isinstance(module, nn.BatchNorm2d)]
        assert layers
        for layer in layers:
            assert (layer.weight == 1).all()
            assert (layer.running_var == 1).all()
            assert not layer.bias.any()
            assert not layer.running_mean.any()
            assert layer.num_batches_tracked == 0


def test_alexnet_is_drawn_as_by_torchvision():
    torch.manual_seed(5)
    theirs = torchvision.models.alexnet(num_classes=7).state_dict()
    torch.manual_seed(5)
    ours = registry.build("alexnet", (224, 224, 3), 7, {}).state_dict()
    assert list(ours) == list(theirs)
    assert all(torch.equal(ours[key], theirs[key]) for key in theirs)


def test_a_transfer_network_has_the_backbones_weights_and_the_convnets():
    layers = drawn("transfer", (32, 32, 3), backbone_width=0.25, width=0.25)
    assert is_normal(layers["features.28"], math.sqrt(2 / (9 * 128)))
    for key in ("fc1", "fc2", "logits"):
        assert is_normal(layers[key], 0.002)
