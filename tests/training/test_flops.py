import pytest
import torch
from torch.utils.flop_counter import FlopCounterMode

from revisit.models import registry
from revisit.training import flops

GATES = {"rnn": 1, "gru": 3, "lstm": 4}


def count(name, shape, classes, **network):
    built = registry.build(name, shape, classes, network).eval()
    with torch.inference_mode():
        output, found = flops.counted(lambda: built(torch.zeros(1, shape[2], *shape[:2])))
    assert output.shape == (1, classes)
    return found


@pytest.mark.parametrize("cell", GATES)
def test_recurrent_layers_by_hand(cell):
    """28 steps, each a product of the row and one of the state with the matrices of all gates; then the classes."""
    per_step = GATES[cell] * (28 * 32 + 32 * 32)
    assert count("recurrent", (28, 28, 1), 10, cell=cell, hidden=32) == 2 * (28 * per_step + 32 * 10)


@pytest.mark.parametrize(("name", "published"), [("alexnet", 0.714e9), ("vgg16", 15.47e9)])
def test_published_networks(name, published):
    """Multiply-adds for an image of 224 pixels and 1,000 classes, as torchvision lists them with its weights."""
    assert count(name, (224, 224, 3), 1000) / 2 == pytest.approx(published, rel=0.005)


@pytest.mark.parametrize(
    ("name", "shape", "settings"),
    [("inception", (32, 32, 3), {"width": 0.25}), ("fcn", (32, 32, 3), {"backbone_width": 0.125})],
)
def test_the_number_is_that_of_pytorchs_counter(name, shape, settings):
    network = registry.build(name, shape, 4, settings).eval()
    images = torch.zeros(1, 3, *shape[:2])
    with torch.inference_mode(), FlopCounterMode(display=False) as counter:
        network(images)
    with torch.inference_mode():
        assert flops.counted(lambda: network(images))[1] == counter.get_total_flops() > 0


def test_given_regions_by_hand():
    """R-CNN shows its trunk a picture for each region, Fast R-CNN one: what a region costs is the rest.

    The few operations beside those are of non-maximum suppression, which compares the regions.
    """
    found = {}
    for name, settings in (("rcnn", {"warp": 32, "bins": 2}), ("fast_rcnn", {"stride": "8", "bins": 3})):
        built = registry.build(name, (64, 64, 3), 4, {"backbone": "small_convnet", "hidden": 10, **settings}).eval()
        trunk = built.features
        for regions in (1, 2):
            boxes = torch.tensor([[[4.0, 4, 40, 40]] * regions])
            with torch.inference_mode():
                _, found[name, regions] = flops.counted(lambda b=built, x=boxes: b(torch.zeros(1, 3, 64, 64), x))
        size = 32 if name == "rcnn" else 64
        with torch.inference_mode():
            maps, found[name, "trunk"] = flops.counted(lambda t=trunk, n=size: t(torch.zeros(1, 3, n, n)))
        found[name, "channels"] = maps.shape[1]
    of_region = {name: found[name, 2] - found[name, 1] for name in ("rcnn", "fast_rcnn")}
    connected = 2 * (found["fast_rcnn", "channels"] * 9 * 10 + 10 * 10 + 10 * 5 + 10 * 4 * 4)
    assert of_region["fast_rcnn"] == pytest.approx(connected, rel=0.003)
    assert found["fast_rcnn", 1] == pytest.approx(found["fast_rcnn", "trunk"] + connected, rel=1e-5)
    connected = 2 * (found["rcnn", "channels"] * 4 * 10 + 10 * 10 + 10 * 5)
    whole = found["rcnn", "trunk"] + connected  # the counter knows no operations of the warp
    assert of_region["rcnn"] == pytest.approx(whole, rel=1e-4)
    assert found["rcnn", 1] == pytest.approx(whole, rel=1e-4)


def test_settings_are_put_back():
    before = torch.backends.mkldnn.enabled, torch.backends.cudnn.enabled
    with pytest.raises(ZeroDivisionError):
        flops.counted(lambda: 1 / 0)
    assert (torch.backends.mkldnn.enabled, torch.backends.cudnn.enabled) == before
