"""A trunk is its layers, and one that remembers gives what they give."""

import pytest
import torch
from torch import nn

from revisit.models import registry
from revisit.models.parts.trunk import Trunk, remember


def layers():
    torch.manual_seed(0)
    parts = nn.Sequential(nn.Conv2d(3, 4, 3, 2, 1), nn.BatchNorm2d(4), nn.ReLU(), nn.Conv2d(4, 5, 3, 2, 1))
    return parts.eval().requires_grad_(False)


@pytest.fixture
def images():
    return torch.rand(5, 3, 16, 16, generator=torch.Generator().manual_seed(1))


@pytest.fixture
def counted():
    """A trunk with maps from two places, and the number of images that each of its passes had."""
    trunk, passes = Trunk(layers(), (3, 4)), []
    trunk[0].register_forward_hook(lambda module, inputs, output: passes.append(len(inputs[0])))
    return trunk, passes


def test_names_and_maps_are_those_of_the_layers(images):
    plain = layers()
    trunk = Trunk(plain, (3, 4))
    assert list(trunk.state_dict()) == list(plain.state_dict())
    assert torch.equal(trunk(images), plain(images))
    middle, last = trunk.maps(images)
    assert torch.equal(middle, plain[:3](images))
    assert torch.equal(last, plain(images))


def test_an_image_is_computed_once_whatever_its_minibatch(counted, images):
    trunk, passes = counted
    trunk.remember()
    first = trunk.maps(images[:3])
    again = trunk.maps(images[[4, 2, 0]])
    assert passes == [1] * 4
    for one, two in zip(first, again, strict=True):
        assert torch.equal(two[1:], one[[2, 0]])
    for one, plain in zip(first, Trunk(layers(), (3, 4)).maps(images[:3]), strict=True):
        torch.testing.assert_close(one, plain)


def test_a_mirrored_image_is_another(counted, images):
    trunk, passes = counted
    trunk.remember()
    assert not torch.equal(trunk(images[:1]), trunk(images[:1].flip(3)))
    assert passes == [1, 1]


def test_what_was_kept_before_changes_no_bit(images):
    fresh, used = Trunk(layers()), Trunk(layers())
    fresh.remember()
    used.remember()
    used(images)
    assert torch.equal(fresh(images[[3, 1]]), used(images[[3, 1]]))


def test_beyond_the_limit_images_are_computed_anew(counted, images):
    trunk, passes = counted
    trunk.remember(limit=2 * 4 * (4 * 64 + 5 * 16))  # the maps of two images, float32
    before = trunk.maps(images)
    assert len(passes) == 5
    after = trunk.maps(images)
    assert len(passes) == 8
    assert all(torch.equal(one, two) for one, two in zip(before, after, strict=True))


def test_layers_on_top_learn_from_what_an_evaluation_kept(counted, images):
    trunk, passes = counted
    trunk.remember()
    head = nn.Conv2d(5, 2, 1)
    with torch.inference_mode():
        head(trunk(images))
    head(trunk(images)).sum().backward()
    assert head.weight.grad.any()
    assert len(passes) == 5


def test_only_a_trunk_remembers():
    yolo = registry.build("yolo", (64, 64, 3), 3, {"backbone": "small_convnet", "head": "convolutional"})
    rcnn = registry.build("rcnn", (64, 64, 3), 3, {"backbone": "small_convnet", "warp": 32, "hidden": 8})
    for network in (yolo, rcnn, nn.Linear(1, 1)):
        remember(network)
    assert yolo.features._memory is not None
    assert not isinstance(rcnn.features, Trunk)  # no two regions are alike
