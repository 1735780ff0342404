import pytest
import torch

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
