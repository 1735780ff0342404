"""The localiser and the fully convolutional network: what is not true of every network."""

import pytest
import torch
from torch.nn import functional

from revisit.models import registry
from revisit.models.parts.backbones import BACKBONES

SIZE = 48


@pytest.fixture(scope="module")
def scenes():
    """Four images with one bright rectangle each in a colour of its class: images, boxes in 0..1, kinds, class maps."""
    generator = torch.Generator().manual_seed(0)
    boxes = torch.tensor([[4, 6, 28, 30], [20, 10, 44, 40], [8, 20, 40, 44], [2, 2, 20, 40]])
    kinds = torch.tensor([0, 1, 2, 0])
    images = torch.rand(4, 3, SIZE, SIZE, generator=generator) - 0.5
    maps = torch.zeros(4, SIZE, SIZE, dtype=torch.long)
    for image, (x0, y0, x1, y1), kind, classes in zip(images, boxes.tolist(), kinds.tolist(), maps, strict=True):
        image[kind, y0:y1, x0:x1] += 2
        classes[y0:y1, x0:x1] = kind + 1
    return images, boxes / SIZE, kinds, maps


def learnt(name, network, images, objective, steps):
    torch.manual_seed(0)
    model = registry.build(name, (SIZE, SIZE, 3), 3, {"backbone": "small_convnet", "dropout": 0.0} | network).train()
    optimizer = torch.optim.Adam(model.parameters(), 0.003)
    for _ in range(steps):
        optimizer.zero_grad()
        objective(model(images)).backward()
        optimizer.step()
    with torch.no_grad():
        return model.eval()(images)


def test_a_localiser_learns_classes_and_boxes(scenes):
    images, boxes, kinds, _ = scenes

    def objective(output):
        return functional.cross_entropy(output[:, :3], kinds) + 10 * functional.smooth_l1_loss(output[:, 3:], boxes)

    output = learnt("localiser", {"hidden": 32}, images, objective, 100)
    assert torch.equal(output[:, :3].argmax(1), kinds)
    assert (output[:, 3:] - boxes).abs().max() < 0.1


@pytest.mark.parametrize(("stride", "reached"), [("32s", 0.5), ("16s", 0.7), ("8s", 0.85)])
def test_finer_strides_follow_outlines_more_closely(scenes, stride, reached):
    images, _, _, maps = scenes

    def objective(output):
        return functional.cross_entropy(output.permute(0, 2, 3, 1).reshape(-1, 4), maps.flatten())

    found = learnt("fcn", {"stride": stride}, images, objective, 100).argmax(1)
    shares = [((found == k) & (maps == k)).sum() / ((found == k) | (maps == k)).sum() for k in range(4)]
    assert sum(shares) / 4 > reached


@pytest.mark.parametrize("backbone", BACKBONES)
@pytest.mark.parametrize(("stride", "skips"), [("32s", 0), ("16s", 1), ("8s", 2)])
def test_every_backbone_and_stride(layout, backbone, stride, skips):
    width = 0.125 if backbone in ("vgg16", "mobilenet_v2") else 1.0
    network = layout("fcn", (64, 64, 3), 5, backbone=backbone, backbone_width=width, stride=stride).eval()
    assert len(network.skips) == skips
    for size in ((64, 64), (90, 71)):
        assert network(torch.empty(2, 3, *size, device="meta")).shape == (2, 6, *size)
    finer = 32 if backbone in ("vgg16", "mobilenet_v2") else 16
    seen = []
    network.scores.register_forward_hook(lambda _m, _i, output: seen.append(output.shape[2]))
    for skip in network.skips:
        skip.register_forward_hook(lambda _m, _i, output: seen.append(output.shape[2]))
    network(torch.empty(2, 3, 64, 64, device="meta"))
    unpadded = backbone == "squeezenet"  # its first convolution and its poolings lose a position
    assert seen == [64 // (finer >> number) - unpadded for number in range(skips + 1)]


def test_scores_start_at_nothing():
    torch.manual_seed(0)
    network = registry.build("fcn", (32, 32, 3), 5, {"backbone": "small_convnet"}).eval()
    assert not network(torch.rand(2, 3, 32, 32)).any()


def test_a_box_is_within_the_image():
    torch.manual_seed(0)
    network = registry.build("localiser", (32, 32, 3), 5, {"backbone": "small_convnet", "hidden": 8}).eval()
    box = network(torch.randn(2, 3, 32, 32) * 100)[:, 5:]
    assert ((box >= 0) & (box <= 1)).all()


def test_boxes_start_in_the_middle_where_the_sigmoid_is_steep():
    torch.manual_seed(0)
    network = registry.build("localiser", (64, 64, 3), 5, {"backbone": "small_convnet", "hidden": 128}).eval()
    assert (network(torch.randn(8, 3, 64, 64))[:, 5:] - 0.5).abs().max() < 0.1
