"""Torchvision's VGG-16 and AlexNet by our own definitions, and batch normalisation in the first."""

import pytest
import torch
import torchvision
from torch import nn

from revisit.errors import ConfigError
from revisit.models import registry


def convolutions(features):
    return [name for name, layer in features.named_children() if isinstance(layer, nn.Conv2d)]


@pytest.mark.parametrize("name", ["vgg16", "alexnet"])
def test_the_same_weights_give_torchvisions_outputs(name):
    torch.manual_seed(0)
    theirs = getattr(torchvision.models, name)(num_classes=3).eval()
    ours = registry.build(name, (64, 64, 3), 3, {}).eval()
    ours.load_state_dict(theirs.state_dict())
    images = torch.rand(2, 3, 64, 64) - 0.5
    with torch.inference_mode():
        assert torch.allclose(ours(images), theirs(images), atol=1e-6)
    kinds = [[(key, type(layer)) for key, layer in net.features.named_children()] for net in (ours, theirs)]
    assert kinds[0] == kinds[1]


def test_batch_normalisation_changes_no_name(layout):
    plain = layout("vgg16", (32, 32, 3), 4, width=0.125)
    normalised = layout("vgg16", (32, 32, 3), 4, width=0.125, batch_norm=True)
    added = [f"norm{name}" for name in convolutions(plain.features)]
    assert len(added) == 13
    assert [name for name, _ in normalised.features.named_children() if name.startswith("norm")] == added
    kept = {key: value.shape for key, value in normalised.state_dict().items() if "norm" not in key}
    assert kept == {key: value.shape for key, value in plain.state_dict().items()}
    for name, after in zip(list(normalised.features)[:-1], list(normalised.features)[1:], strict=True):
        assert isinstance(after, nn.BatchNorm2d) == isinstance(name, nn.Conv2d)


def test_a_transfer_network_takes_the_normalised_backbone(layout):
    network = layout("transfer", (32, 32, 3), 4, backbone_width=0.125, backbone_batch_norm=True)
    backbone = layout("vgg16", (32, 32, 3), 4, width=0.125, batch_norm=True)
    assert list(network.features.state_dict()) == list(backbone.features.state_dict())
    with pytest.raises(ConfigError, match="backbone_batch_norm: alexnet is as it is"):
        registry.build("transfer", (63, 63, 3), 4, {"backbone": "alexnet", "backbone_batch_norm": True})
