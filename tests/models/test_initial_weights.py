"""Initial weights: as the studies' protocols, the papers or torchvision have them."""

import math

import pytest
import torch
import torchvision
from scipy import stats
from torch import nn

from revisit.models import registry
from revisit.models.parts import initialise


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
    layers = drawn(name, shape, width=1.0 if full else 0.25, initialiser="normal")
    for key, layer in layers.items():
        first = layer is next(iter(layers.values()))
        # A narrower layer sums over fewer inputs: its weights are larger by the square root.
        assert is_normal(layer, std if full or first else std * 2), key
        assert not layer.bias.any(), key


@pytest.mark.parametrize(
    ("name", "settings"),
    [
        ("caffenet", {"initialiser": "normal"}),
        ("caffenet", {"initialiser": "xavier"}),
        ("lenet", {"initialiser": "truncated_normal"}),
    ],
)
def test_signals_do_not_vanish_with_the_width(name, settings):
    images = torch.rand(8, 3, 67, 67) - 0.5
    sizes = {}
    for width in (0.125, 1.0):
        torch.manual_seed(0)
        network = registry.build(name, (67, 67, 3), 10, {"width": width} | settings).eval()
        sizes[width] = network(images).std().item()
    assert 0.5 < sizes[0.125] / sizes[1.0] < 2


def is_uniform(values, limit):
    """Whether values lie within ±limit, nearly reach it, and have the deviation limit / sqrt(3) within 5 errors."""
    error = 5 * math.sqrt(0.2 / values.numel())
    reached = values.abs().max()
    return (1 - 20 / values.numel()) * limit < reached <= limit and abs(values.std() * math.sqrt(3) / limit - 1) < error


@pytest.mark.parametrize(
    ("name", "size", "settings"),
    [
        ("cifar_convnet", 32, {"initialiser": "xavier"}),
        ("siamese", 32, {"initialiser": "xavier"}),
        ("fashion_cnn", 28, {}),
        ("simple_cnn", 32, {}),
        ("caffenet", 67, {}),
        ("caffenet", 67, {"width": 0.125}),
        ("vgg16", 32, {"width": 0.25}),
    ],
)
def test_xavier(name, size, settings):
    for key, layer in drawn(name, (size, size, 3), **settings).items():
        area = layer.kernel_size[0] ** 2 if isinstance(layer, nn.Conv2d) else 1
        limit = math.sqrt(6 / (area * (layer.weight.shape[0] + layer.weight.shape[1])))
        assert is_uniform(layer.weight, limit), key
        assert not layer.bias.any(), key


@pytest.mark.parametrize("name", ["fashion_cnn", "simple_cnn", "lenet"])
def test_pytorchs_own(name):
    """What PyTorch's layers start from when they are made one after the other."""
    torch.manual_seed(0)
    expected = [nn.Conv2d(3, 32, 5), nn.Conv2d(32, 64, 5), nn.Linear(64 * 9, 1024), nn.Linear(1024, 10)]
    layers = drawn(name, (12, 12, 3), initialiser="pytorch").values()
    for layer, like in zip(layers, expected, strict=True):
        assert torch.equal(layer.weight, like.weight)
        assert torch.equal(layer.bias, like.bias)


def is_truncated_normal(weights, std):
    """Whether weights are N(0, std²) without what lies beyond two deviations (Kolmogorov-Smirnov, scipy)."""
    sample = weights.detach().flatten()[:100_000].double().numpy()
    fits = stats.kstest(sample, stats.truncnorm(-2, 2, scale=std).cdf).pvalue > 0.001
    return fits and weights.abs().max() <= 2 * std * (1 + 1e-6)


@pytest.mark.parametrize("width", [1.0, 0.25])
def test_lenet_starts_as_tensorflows_tutorial(width):
    for key, layer in drawn("lenet", (28, 28, 3), width=width).items():
        std = 0.1 if key == "conv1" else 0.1 / math.sqrt(width)
        assert is_truncated_normal(layer.weight, std), key
        assert (layer.bias == 0.1).all(), key


def test_a_truncated_normal_has_lost_its_tails():
    torch.manual_seed(0)
    layer = nn.Linear(1000, 100)
    initialise.truncated_normal(std=0.5, bias=-3.0)(layer)
    # The integral of x² over a standard normal cut at 2: 1 - 4 φ(2) / (2 Φ(2) - 1) = 0.7737; its root is 0.8796.
    assert layer.weight.std().item() == pytest.approx(0.8796 * 0.5, rel=0.01)
    assert 0.99 < layer.weight.abs().max() <= 1.0
    assert (layer.bias == -3.0).all()
    torch.manual_seed(0)
    again = nn.Linear(1000, 100)
    initialise.truncated_normal(std=0.5, bias=-3.0)(again)
    assert torch.equal(again.weight, layer.weight)
    initialise.truncated_normal(std=0.5, bias=1.0)(nn.Linear(3, 2, bias=False))  # nothing to fill


def recurrent(**settings):
    torch.manual_seed(0)
    return registry.build("recurrent", (28, 28, 1), 10, {"hidden": 64} | settings)


@pytest.mark.parametrize(
    ("settings", "kernels", "biases"),
    [
        ({"cell": "rnn"}, [1], [0]),
        ({"cell": "lstm"}, [4], [0, 1, 0, 0]),  # TensorFlow's forget bias
        ({"cell": "gru"}, [2, 1], [1, 1, 0]),  # TensorFlow has one matrix for both gates and one for the candidate
        ({"cell": "gru", "reset": "after"}, [2, 1], [1, 1, 0]),
    ],
)
def test_recurrent_networks_start_as_in_tensorflow(settings, kernels, biases):
    network = recurrent(**settings)
    for kernel in network.cell.weight.split([gates * 64 for gates in kernels]):
        assert is_uniform(kernel, math.sqrt(6 / (28 + 64 + len(kernel))))
    assert network.cell.bias.tolist() == [bias for bias in biases for _ in range(64)]
    assert is_normal(network.logits, 1.0)
    assert 0.3 < network.logits.bias.std() < 3


@pytest.mark.parametrize("cell", ["rnn", "lstm", "gru"])
def test_recurrent_networks_can_start_as_in_pytorch(cell):
    network = recurrent(cell=cell, initialiser="pytorch")
    for parameter in network.parameters():
        assert is_uniform(parameter, 1 / 8) or (parameter.numel() == 10 and parameter.abs().max() <= 1 / 8)


def test_kaiming_of_vgg():
    layers = drawn("vgg16", (32, 32, 3), width=0.125, initialiser="kaiming")
    assert is_normal(layers["features.28"], math.sqrt(2 / (9 * 64)))
    assert is_normal(layers["classifier.3"], 0.01)
    assert not any(layer.bias.any() for layer in layers.values())


@pytest.mark.parametrize(
    ("name", "size", "settings"), [("caffenet", 67, {"width": 0.5}), ("vgg16", 32, {"width": 0.25, "batch_norm": True})]
)
def test_he_of_all_layers(name, size, settings):
    for key, layer in drawn(name, (size, size, 3), initialiser="he", **settings).items():
        assert is_normal(layer, math.sqrt(2 / layer.weight[0].numel())), key
        assert not layer.bias.any(), key


def test_he_fan_in_of_densenet_and_fan_out_of_mobilenet():
    dense = drawn("densenet", (32, 32, 3), width=0.5)
    assert is_normal(dense["features.denseblock3.denselayer5.conv2"], math.sqrt(2 / (9 * 64)))
    assert not dense["classifier"].bias.any()
    mobile = drawn("mobilenet_v2", (32, 32, 3), width=0.5)
    assert is_normal(mobile["features.18.0"], math.sqrt(2 / 640))
    assert is_normal(mobile["classifier.1"], 0.01)


def test_he_fan_in_of_small_convnet():
    layers = drawn("small_convnet", (32, 32, 3))
    assert is_normal(layers["features.conv5"], math.sqrt(2 / (9 * 128)))
    assert is_normal(layers["logits"], math.sqrt(2 / 128))
    assert not layers["logits"].bias.any()


def test_uniform_of_squeezenet():
    layers = drawn("squeezenet", (32, 32, 3), width=0.5)
    assert is_uniform(layers["features.12.expand3x3"].weight, math.sqrt(6 / (9 * 32)))
    assert is_normal(layers["classifier.1"], 0.01)
    assert not any(layer.bias.any() for layer in layers.values())


@pytest.mark.parametrize(("name", "outputs"), [("fast_rcnn", ["head.score", "head.box"]), ("rcnn", ["score"])])
def test_a_detector_has_the_backbones_weights_he_and_small_outputs(name, outputs):
    layers = drawn(name, (32, 32, 3), backbone_width=0.25, hidden=128)
    assert is_normal(layers["features.28"], math.sqrt(2 / (9 * 128)))  # torchvision's VGG: fan-out
    assert is_normal(layers["head.fc7"], math.sqrt(2 / 128))
    assert all(is_normal(layers[key], 0.01) for key in outputs)


def test_normal_of_inception():
    layers = drawn("inception", (32, 32, 3), width=0.25)
    assert is_normal(layers["inception4e.branch2.1.conv"], 0.01)
    assert is_normal(layers["aux1.fc1"], 0.01)


def test_batch_normalisation_starts_as_the_identity():
    torch.manual_seed(0)
    for name in ("densenet", "inception", "mobilenet_v2", "vgg16"):
        settings = {"width": 0.125} | ({"batch_norm": True} if name == "vgg16" else {})
        network = registry.build(name, (32, 32, 3), 10, settings)
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


@pytest.mark.parametrize(
    ("name", "layer"), [("cifar_resnet", "stage3.block2.conv2"), ("cifar_densenet", "block2.layer9.parts.conv1")]
)
def test_deep_networks_are_drawn_by_he_or_glorot(name, layer):
    for initialiser in ("he", "xavier"):
        layers = drawn(name, (32, 32, 3), batch_norm=False, initialiser=initialiser)
        fan_in, fan_out = nn.init._calculate_fan_in_and_fan_out(layers[layer].weight)
        if initialiser == "he":
            assert is_normal(layers[layer], math.sqrt(2 / fan_in))
        else:
            assert is_uniform(layers[layer].weight, math.sqrt(6 / (fan_in + fan_out)))
        assert not any(each.bias.any() for each in layers.values())
