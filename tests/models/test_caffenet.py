import pytest
import torch

from revisit.errors import ConfigError
from revisit.models import registry

BLOCKS = ["conv1 relu1 pool1", "conv2 relu2 pool2", "conv3 relu3", "conv4 relu4"]
HEAD = ["flatten", "fc6 relu6 dropout6", "fc7 relu7 dropout7", "fc8"]


@pytest.mark.parametrize(("settings", "last"), [({}, "conv5 pool5"), ({"relu5": True}, "conv5 relu5 pool5")])
def test_layers_are_those_of_the_hand_out_and_with_relu5_of_caffe(layout, settings, last):
    network = layout("caffenet", (224, 224, 3), 20, **settings)
    assert [name for name, _ in network.named_children()] == " ".join([*BLOCKS, last, *HEAD]).split()


@pytest.mark.parametrize("relu5", [False, True])
def test_what_fc6_sees(relu5):
    torch.manual_seed(0)
    network = registry.build("caffenet", (67, 67, 3), 4, {"width": 0.125, "relu5": relu5}).eval()
    seen = []
    network.pool5.register_forward_hook(lambda _, __, output: seen.append(output))
    with torch.inference_mode():
        network(torch.rand(8, 3, 67, 67) - 0.5)
    assert (seen[0] < 0).any() != relu5


def test_relu5_has_no_weights(layout):
    keys = [set(layout("caffenet", (67, 67, 3), 4, relu5=relu5).state_dict()) for relu5 in (False, True)]
    assert keys[0] == keys[1]


@pytest.mark.parametrize(("first_layer", "side"), [("11x11/4", 67), ("11x11/2", 63), ("7x7/4", 63), ("7x7/2", 59)])
def test_first_layers_differ_in_size_and_stride_alone(layout, first_layer, side):
    """The smallest image leaves one position behind pool5, and one pixel less leaves none."""
    kernel, stride = (int(text.split("x")[0]) for text in first_layer.split("/"))
    network = layout("caffenet", (side, side, 3), 4, first_layer=first_layer)
    assert (network.conv1.kernel_size, network.conv1.stride) == ((kernel, kernel), (stride, stride))
    assert network.conv1.stride[0] * network.conv2.stride[0] == 4  # maps behind conv2 are about as large
    assert network.fc6.in_features == network.conv5.out_channels
    published = layout("caffenet", (67, 67, 3), 4)
    others = [
        {name: each.weight.shape for name, each in net.named_children() if hasattr(each, "weight")}
        for net in (network, published)
    ]
    assert {name for name, shape in others[0].items() if shape != others[1][name]} <= {"conv1"}
    with pytest.raises(ConfigError, match=f"caffenet with first_layer {first_layer}"):
        layout("caffenet", (side - 1, side - 1, 3), 4, first_layer=first_layer)


@pytest.mark.parametrize("first_layer", ["11x11/4", "11x11/2", "7x7/4", "7x7/2"])
def test_maps_of_published_images_are_about_as_large(layout, first_layer):
    network = layout("caffenet", (224, 224, 3), 4, first_layer=first_layer)
    assert network.fc6.in_features in (256 * 5 * 5, 256 * 6 * 6)
