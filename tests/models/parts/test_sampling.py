"""Regions that are learnt from, and the losses on them, against loops."""

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from torch.nn import functional

from revisit.models.parts import mask_head, region_head, sampling
from revisit.objects.batch import Objects


def drawn(seed, proposals=30, objects=3, classes=4):
    """Proposals of two images, some of them padding, and objects, some of them padding or not to be learnt."""
    generator = torch.Generator().manual_seed(seed)
    low = torch.rand(2, objects, 2, generator=generator) * 40
    truths = torch.cat([low, low + 8 + torch.rand(2, objects, 2, generator=generator) * 24], -1)
    kinds = torch.randint(-1, classes, (2, objects), generator=generator)
    padded = (torch.rand(2, objects, generator=generator) < 0.2)[..., None]
    near = truths.repeat(1, 4, 1) + torch.randn(2, objects * 4, 4, generator=generator) * 4
    low = torch.rand(2, proposals - objects * 4, 2, generator=generator) * 50
    far = torch.cat([low, low + 4 + torch.rand(low.shape, generator=generator) * 20], -1)
    found = torch.cat([near, far], 1)
    found[:, -1] = 0
    kinds[padded[..., 0]] = -1
    return found, Objects(truths * ~padded, kinds, None)


def overlap(a, b):
    wide, high = min(a[2], b[2]) - max(a[0], b[0]), min(a[3], b[3]) - max(a[1], b[1])
    shared = max(wide, 0) * max(high, 0)
    union = (a[2] - a[0]) * (a[3] - a[1]) + (b[2] - b[0]) * (b[3] - b[1]) - shared
    return shared / union if union > 0 else 0


@settings(deadline=None)
@given(seed=st.integers(0, 10_000), background=st.sampled_from([0.0, 0.1]))
def test_labels_are_those_of_loops(seed, background):
    proposals, objects = drawn(seed)
    torch.manual_seed(seed)
    found = sampling.sample(proposals, objects, 16, background)
    assert found.boxes.shape == (2, 16, 4)
    assert found.labels.shape == found.places.shape == found.valid.shape == (2, 16)
    for image in range(2):
        truths, kinds = objects.boxes[image].tolist(), objects.kinds[image].tolist()
        learnt = [k for k, kind in enumerate(kinds) if kind >= 0]
        every = [*proposals[image].tolist(), *(truths[k] for k in learnt)]
        real = [box for box in every if box[2] > box[0] and box[3] > box[1]]
        best = [max([overlap(box, truths[k]) for k in learnt], default=0) for box in real]
        hidden = [max([overlap(box, truths[k]) for k in range(3) if k not in learnt], default=0) for box in real]
        ours = sum(share >= 0.5 for share in best)
        theirs = sum(background <= b < 0.5 and h < 0.5 for b, h in zip(best, hidden, strict=True))
        assert found.valid[image, :4].sum() == min(4, ours)
        assert found.valid[image, 4:].sum() == min(12, theirs)
        for box, label, place, valid in zip(
            found.boxes[image].tolist(),
            found.labels[image].tolist(),
            found.places[image],
            found.valid[image],
            strict=True,
        ):
            if valid:
                shares = {k: overlap(box, truths[k]) for k in learnt}
                owner = max(shares, key=shares.get, default=None)
                foreground = owner is not None and shares[owner] >= 0.5
                assert label == (kinds[owner] + 1 if foreground else 0)
                assert not foreground or shares[int(place)] == pytest.approx(shares[owner], abs=1e-6)


def test_regions_are_drawn_evenly_from_the_default_generator():
    mask = torch.tensor([[True] * 8 + [False] * 4])
    torch.manual_seed(0)
    counts = torch.zeros(12)
    for _ in range(2000):
        places, valid = sampling.drawn(mask, 2)
        assert valid.all()
        counts[places[0]] += 1
    assert not counts[8:].any()
    assert (counts[:8] - 500).abs().max() < 100  # five standard deviations
    places, valid = sampling.drawn(mask, 15)
    assert places.shape == valid.shape == (1, 15)
    assert sorted(places[valid].tolist()) == list(range(8))


@settings(deadline=None)
@given(seed=st.integers(0, 10_000))
def test_the_multi_task_loss_is_that_of_loops(seed):
    proposals, objects = drawn(seed)
    torch.manual_seed(seed)
    sample = sampling.sample(proposals, objects, 12)
    head = region_head.RegionHead(8, 16, 4, 0.0)
    pooled = torch.randn(24, 2, 2, 2)
    scores, codes = head(pooled)
    found = head.losses(pooled, sample, objects)
    wrong, off, count = 0.0, 0.0, 0
    for row in range(24):
        image, region = divmod(row, 12)
        if not sample.valid[image, region]:
            continue
        count += 1
        label = sample.labels[image, region].item()
        wrong -= scores[row].log_softmax(0)[label].item()
        if label:
            box, truth = sample.boxes[image, region], objects.boxes[image, sample.places[image, region]]
            sides, wanted = box[2:] - box[:2], truth[2:] - truth[:2]
            shift = ((truth[2:] + truth[:2]) - (box[2:] + box[:2])) / 2 / sides / 0.1
            target = torch.cat([shift, (wanted / sides).log() / 0.2])
            each = (codes[row, label - 1] - target).abs()
            off += sum(d**2 / 2 if d < 1 else d - 0.5 for d in each.tolist())
    assert found["classes"].item() == pytest.approx(wrong / max(count, 1), rel=1e-4)
    assert found["boxes"].item() == pytest.approx(off / max(count, 1), rel=1e-4, abs=1e-6)


def test_masks_within_boxes():
    masks = torch.zeros(1, 28, 28, dtype=torch.uint8)
    masks[0, 7:21, 0:14], masks[0, 0:7], masks[0, 21:] = 2, 1, 255
    boxes = torch.tensor([[[0.0, 7, 28, 21], [0, 0, 28, 28], [0, 14, 28, 28]]])
    found = mask_head.within(masks, torch.tensor([[1, 0, 1]]), boxes, 14)
    left = torch.zeros(14, 14)
    left[:, :7] = 1
    assert torch.equal(found[0, 0], left)
    top = torch.zeros(14, 14)
    top[:4] = 1  # the middle of row 3 is between pixels 6 and 7: half is enough
    assert torch.equal(found[0, 1], top)
    assert torch.equal(found[0, 2], left * (torch.arange(14) < 7)[:, None])


def test_only_the_true_classs_mask_is_learnt():
    torch.manual_seed(0)
    head = mask_head.MaskHead(4, 8, 3)
    masks = torch.zeros(1, 32, 32, dtype=torch.uint8)
    masks[0, 8:24, 8:24] = 1
    objects = Objects(torch.tensor([[[8.0, 8, 24, 24]]]), torch.tensor([[1]]), masks)
    sample = sampling.sample(torch.zeros(1, 1, 4), objects, 4)
    pooled = torch.randn(1, 4, 7, 7)
    expected = functional.binary_cross_entropy_with_logits(head(pooled)[0, 1], torch.ones(14, 14))
    loss = head.loss(pooled, sample, objects)
    torch.testing.assert_close(loss, expected)
    assert [bool(g.any()) for g in torch.autograd.grad(loss, head.mask.weight)[0]] == [False, True, False]
    with pytest.raises(ValueError, match="the objects have none"):
        head.loss(pooled, sample, objects._replace(masks=None))
