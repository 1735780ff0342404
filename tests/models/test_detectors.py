"""What holds for every detector: what it takes and gives, gradients, repeatability, and that it learns."""

import pytest
import torch
from safetensors.torch import save_file

from revisit.errors import ConfigError
from revisit.models import registry, weights
from revisit.models.parts.backbones import BACKBONES
from revisit.models.rcnn import warped
from revisit.objects.batch import Detections, Objects
from revisit.objects.boxes import iou

SIZE, CLASSES, FOUND = 64, 3, 12
SMALL = {"backbone": "small_convnet", "dropout": 0.0, "detections": FOUND}
REGIONS = SMALL | {"hidden": 64, "regions": 16}
PROPOSING = REGIONS | {
    "stride": "8",
    "anchor": 14.0,
    "inside": False,
    "anchors": 32,
    "training_candidates": 60,
    "training_proposals": 20,
    "candidates": 40,
    "proposals": 15,
    "bins": 3,
}
DETECTORS = [  # network, settings, terms of its loss
    ("yolo", SMALL | {"cells": 4, "head": "convolutional"}, {"coordinates", "confidence", "background", "classes"}),
    ("yolo", SMALL | {"cells": 4, "hidden": 64}, {"coordinates", "confidence", "background", "classes"}),
    ("fast_rcnn", REGIONS | {"stride": "8", "bins": 3, "background": 0.0}, {"classes", "boxes"}),
    ("fast_rcnn", REGIONS | {"stride": "8", "bins": 3, "background": 0.0, "pooling": "align"}, {"classes", "boxes"}),
    ("faster_rcnn", PROPOSING, {"objectness", "proposals", "classes", "boxes"}),
    (
        "faster_rcnn",
        PROPOSING | {"masks": True, "mask_channels": 16},
        {"objectness", "proposals", "classes", "boxes", "masks"},
    ),
    ("rcnn", REGIONS | {"warp": 32, "bins": 2}, {"classes"}),
]
IDS = ["yolo", "yolo-connected", "fast_rcnn", "fast_rcnn-align", "faster_rcnn", "mask_rcnn", "rcnn"]
each = pytest.mark.parametrize(("name", "settings", "terms"), DETECTORS, ids=IDS)


@pytest.fixture(scope="module")
def scenes():
    """Two images with coloured rectangles, boxes to propose for them, and the objects; one is not to be learnt."""
    boxes = torch.tensor(
        [[[8.0, 8, 30, 40], [36, 20, 60, 50], [0, 0, 0, 0]], [[30.0, 6, 58, 30], [4, 36, 26, 58], [50, 50, 60, 60]]]
    )
    kinds = torch.tensor([[0, 1, -1], [2, 0, -1]])
    generator = torch.Generator().manual_seed(0)
    images = torch.rand(2, 3, SIZE, SIZE, generator=generator) * 0.4 - 0.2
    masks = torch.zeros(2, SIZE, SIZE, dtype=torch.uint8)
    for row in range(2):
        for number in range(3):
            x0, y0, x1, y1 = boxes[row, number].int().tolist()
            images[row, number if kinds[row, number] < 0 else kinds[row, number], y0:y1, x0:x1] += 2
            masks[row, y0:y1, x0:x1] = number + 1
    low = torch.rand(2, 20, 2, generator=generator) * 40
    proposals = torch.cat([low, low + 8 + torch.rand(2, 20, 2, generator=generator) * 16], -1)
    near = boxes[:, :2].repeat(1, 3, 1) + torch.randn(2, 6, 4, generator=generator)
    return images, torch.cat([near, proposals, torch.zeros(2, 2, 4)], 1).clamp(0, SIZE), Objects(boxes, kinds, masks)


def built(name, settings, seed=0):
    torch.manual_seed(seed)
    return registry.build(name, (SIZE, SIZE, 3), CLASSES, settings)


def trained(name, settings, scenes, steps, seed=0):
    """The network after so many steps, and the losses."""
    network, losses = built(name, settings, seed).train(), []
    optimizer = torch.optim.Adam(network.parameters(), 0.002)
    for _ in range(steps):
        total = sum(network(*scenes).values())
        optimizer.zero_grad()
        total.backward()
        torch.nn.utils.clip_grad_norm_(network.parameters(), 10.0)
        optimizer.step()
        losses.append(total.item())
    return network, losses


@each
def test_terms_in_training_and_detections_otherwise(name, settings, terms, scenes):
    network = built(name, settings)
    loss = network.train()(*scenes)
    assert set(loss) == terms
    assert all(term.shape == () and term.isfinite() and term > 0 for term in loss.values())
    found = network.eval()(*scenes[:2])
    assert isinstance(found, Detections)
    assert found.boxes.shape == (2, FOUND, 4)
    assert found.scores.shape == found.kinds.shape == (2, FOUND)
    assert found.boxes.dtype == found.scores.dtype == torch.float32
    assert found.kinds.dtype == torch.int64
    assert (found.masks is not None) == ("masks" in terms)
    if found.masks is not None:
        assert found.masks.shape == (2, FOUND, 14, 14)
    assert (found.scores.diff(dim=1) <= 0).all()
    real = found.kinds >= 0
    assert torch.equal(real, found.scores > 0)
    assert (found.kinds < CLASSES).all()
    assert not found.boxes[~real].any()
    assert (found.boxes >= 0).all()
    assert (found.boxes <= SIZE).all()


def test_boxes_are_found_without_masks(scenes):
    name, settings, _ = DETECTORS[IDS.index("mask_rcnn")]
    network = built(name, settings).eval()
    whole = network(*scenes[:2])
    network.masks.forward = None  # is not called
    boxes = network.without_masks(*scenes[:2])
    assert boxes.masks is None
    assert whole.masks is not None
    assert all(torch.equal(ours, theirs) for ours, theirs in zip(boxes[:3], whole[:3], strict=True))


@each
def test_every_parameter_has_a_gradient(name, settings, terms, scenes):
    network = built(name, settings).train()
    sum(network(*scenes).values()).backward()
    for key, parameter in network.named_parameters():
        assert parameter.grad is not None, key
        assert parameter.grad.isfinite().all(), key
        assert parameter.grad.any(), key


@each
def test_the_same_seed_gives_the_same_bytes(name, settings, terms, scenes):
    before = torch.are_deterministic_algorithms_enabled()
    torch.use_deterministic_algorithms(True)
    try:
        one, two = (trained(name, settings, scenes, 2)[0].state_dict() for _ in range(2))
        other = trained(name, settings, scenes, 2, seed=1)[0].state_dict()
    finally:
        torch.use_deterministic_algorithms(before)
    assert all(torch.equal(one[key], two[key]) for key in one)
    assert any(not torch.equal(one[key], other[key]) for key in one)


@each
def test_two_images_are_learnt_by_heart(name, settings, terms, scenes):
    """The best detections are the objects, and no others."""
    network, losses = trained(name, settings, scenes, 80)
    assert losses[-1] < 0.3 * losses[0]
    found, objects = network.eval()(*scenes[:2]), scenes[2]
    for row in range(2):
        overlap = iou(found.boxes[row, :2], objects.boxes[row, :2])
        whose = overlap.argmax(1)
        assert sorted(whose.tolist()) == [0, 1]
        assert (overlap.amax(1) >= 0.5).all()
        assert torch.equal(found.kinds[row, :2], objects.kinds[row, whose])
        if found.masks is not None:
            assert (found.masks[row, :2] > 0).float().mean() > 0.8  # rectangles fill their boxes


@each
def test_images_without_objects(name, settings, terms, scenes):
    images, proposals, objects = scenes
    none = Objects(torch.zeros(2, 3, 4), torch.full((2, 3), -1), torch.zeros_like(objects.masks))
    network = built(name, settings).train()
    total = sum(network(images, proposals, none).values())
    total.backward()
    assert total.isfinite()
    assert all(parameter.grad is None or parameter.grad.isfinite().all() for parameter in network.parameters())


@each
def test_channels_together_give_the_same(name, settings, terms, scenes):
    network = built(name, settings).eval()
    expected = network(*scenes[:2])
    images = scenes[0].contiguous(memory_format=torch.channels_last)
    found = network.to(memory_format=torch.channels_last)(images, scenes[1])
    torch.testing.assert_close(found.scores, expected.scores, rtol=1e-4, atol=1e-5)


@each
def test_losses_are_in_single_precision_where_convolutions_are_not(name, settings, terms, scenes):
    network = built(name, settings)
    with torch.autocast("cpu", dtype=torch.bfloat16):
        loss = network.train()(*scenes)
        found = network.eval()(*scenes[:2])
    assert {term.dtype for term in loss.values()} == {torch.float32}
    assert found.scores.dtype == found.boxes.dtype == torch.float32
    sum(loss.values()).backward()


@each
def test_objects_are_needed_in_training(name, settings, terms, scenes):
    with pytest.raises(ValueError, match="needs the objects of the images"):
        built(name, settings).train()(*scenes[:2])


@pytest.mark.parametrize("name", ["fast_rcnn", "rcnn"])
def test_proposals_are_needed(name, scenes):
    with pytest.raises(ConfigError, match="regions that are proposed"):
        built(name, REGIONS).eval()(scenes[0])


@pytest.mark.parametrize("name", ["fast_rcnn", "faster_rcnn", "fcn", "localiser", "rcnn", "yolo"])
@pytest.mark.parametrize("backbone", BACKBONES)
def test_the_layers_of_a_backbone_have_its_names_and_come_first(layout, name, backbone):
    taken = registry.arguments(name)
    widths = {"backbone_width": 0.125 if backbone in ("vgg16", "mobilenet_v2") else 1.0}
    settings = {"backbone": backbone} | widths | ({"hidden": 8} if "hidden" in taken else {})
    network = layout(name, (64, 64, 3), 5, **settings).state_dict()
    source = BACKBONES[backbone].module.__name__.rpartition(".")[2]
    given = layout(source, (64, 64, 3), 7, width=widths["backbone_width"]).state_dict()
    inside = [key for key in network if key.startswith("features.")]
    assert list(network)[: len(inside)] == inside
    assert all(network[key].shape == given[key].shape for key in inside)
    assert not {key for key in network if key not in inside} & set(given)
    assert taken["backbone"].default == "vgg16"


@pytest.mark.parametrize("name", ["fast_rcnn", "faster_rcnn", "yolo"])
def test_images_too_small_for_the_backbone_are_refused(name):
    with pytest.raises(ConfigError, match="too small for vgg16"):
        registry.build(name, (31, 64, 3), 4, {})


@pytest.mark.parametrize("name", ["fast_rcnn", "faster_rcnn", "rcnn", "yolo"])
def test_detections_at_the_published_size(layout, published, name):
    shape, classes = published[name]
    network = layout(name, shape, classes).eval()
    images, proposals = torch.empty(2, 3, *shape[:2], device="meta"), torch.empty(2, 30, 4, device="meta")
    assert network(images, proposals).boxes.shape == (2, 100, 4)


@each
def test_a_detector_starts_from_a_trained_classifier(name, settings, terms, tmp_path):
    """Every tensor of the trunk is copied, and only the heads are fresh."""
    trained = registry.build("small_convnet", (SIZE, SIZE, 3), 7, {}).state_dict()
    save_file(trained, tmp_path / "model.safetensors")
    network = built(name, settings)
    fresh = weights.start(network, tmp_path)
    after = network.state_dict()
    assert not any(layer.startswith("features.") for layer in fresh)
    assert all(torch.equal(after[key], trained[key]) for key in after if key.startswith("features."))


def test_regions_are_described_alike_in_parts(scenes, monkeypatch):
    images, proposals, _ = scenes
    network = built("rcnn", REGIONS | {"warp": 32, "bins": 2}).eval()
    whole = network.describe(images, proposals)
    assert whole.shape == (2, proposals.shape[1], 64)
    monkeypatch.setattr("revisit.models.rcnn.PART", 6)
    monkeypatch.setattr("revisit.models.rcnn.AT_ONCE", 4)
    torch.testing.assert_close(network.describe(images, proposals), whole, rtol=1e-4, atol=1e-5)
    flat = torch.cat([network.describe(images[k : k + 1], proposals[k : k + 1]) for k in range(2)])
    torch.testing.assert_close(flat, whole, rtol=1e-4, atol=1e-5)


def test_a_warped_region_has_its_context():
    """16 of 227 pixels on each side are around the box; what lies outside the image is the mean, 0."""
    images = torch.zeros(1, 1, 227, 227)
    images[..., 60:160, 60:160] = 1
    found = warped(images, torch.tensor([[[60.0, 60, 160, 160], [-200, -200, -100, -100]]]), 227)
    assert found.shape == (2, 1, 227, 227)
    inner = found[0, 0] > 0.5
    assert torch.equal(inner.any(0).nonzero().squeeze(1), torch.arange(16, 211))
    assert torch.equal(inner.any(1).nonzero().squeeze(1), torch.arange(16, 211))
    assert not found[1].any()


def test_proposals_of_the_rpn_alone(scenes):
    images = scenes[0]
    network, _ = trained("faster_rcnn", PROPOSING, scenes, 60)
    boxes, scores = network.eval().propose(images, 10)
    assert boxes.shape == (2, 10, 4)
    assert scores.shape == (2, 10)
    assert (scores.diff(dim=1) <= 0).all()
    assert (iou(boxes, scenes[2].boxes[:, :2]).amax(1) >= 0.5).all()
