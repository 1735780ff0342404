import pytest
import torch

from revisit.models import fashion_cnn

LAYERS = ["conv1", "relu1", "pool1", "conv2", "relu2", "pool2", "flatten", "fc1", "relu3", "dropout", "fc2"]


@pytest.fixture(scope="module")
def network() -> torch.nn.Module:
    torch.manual_seed(0)
    return fashion_cnn.build((28, 28, 1), 10, dropout=0.25)


def test_layers_have_the_reports_names_and_order(network):
    assert [name for name, _ in network.named_children()] == LAYERS


@pytest.mark.parametrize(("layer", "count"), [("conv1", 832), ("conv2", 51_264), ("fc1", 3_212_288), ("fc2", 10_250)])
def test_parameters_per_layer(network, layer, count):
    # The report counts 11,264 for fc2; 1024 x 10 weights and 10 biases are 10,250.
    assert sum(p.numel() for p in network.get_submodule(layer).parameters()) == count


def test_shapes_on_the_way(network):
    shapes = {}
    for name, layer in network.named_children():
        layer.register_forward_hook(lambda _, __, output, name=name: shapes.update({name: tuple(output.shape)}))
    network.eval()(torch.zeros(2, 1, 28, 28))
    assert shapes["conv1"] == (2, 32, 28, 28)  # "same": the convolution keeps the size
    assert shapes["pool1"] == (2, 32, 14, 14)
    assert shapes["conv2"] == (2, 64, 14, 14)
    assert shapes["pool2"] == (2, 64, 7, 7)
    assert shapes["flatten"] == (2, 3136)
    assert shapes["fc1"] == (2, 1024)
    assert shapes["fc2"] == (2, 10)


def test_same_convolution_pads_with_zeros_on_both_sides(network):
    image = torch.rand(1, 1, 28, 28)
    padded = torch.nn.functional.pad(image, (2, 2, 2, 2))
    expected = torch.nn.functional.conv2d(padded, network.conv1.weight, network.conv1.bias)
    torch.testing.assert_close(network.conv1(image), expected)


def test_other_shapes_and_class_counts():
    network = fashion_cnn.build((30, 22, 3), 20)
    assert network.fc1.in_features == 64 * 7 * 5
    assert network.eval()(torch.zeros(1, 3, 30, 22)).shape == (1, 20)


def test_width_scales_channels_and_units():
    network = fashion_cnn.build((28, 28, 1), 10, width=0.5)
    counts = [
        network.conv1.out_channels,
        network.conv2.out_channels,
        network.fc1.out_features,
        network.fc2.out_features,
    ]
    assert counts == [16, 32, 512, 10]


def test_dropout_is_the_setting(network):
    assert network.dropout.p == 0.25
