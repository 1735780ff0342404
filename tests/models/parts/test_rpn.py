"""The region proposal network, against loops over anchors and torchvision's suppression."""

import pytest
import torch
import torchvision
from hypothesis import given, settings
from hypothesis import strategies as st
from torch.nn import functional

from revisit.models.parts import rpn
from revisit.objects.batch import Objects
from revisit.objects.boxes import decode

SIZE = (48, 64)


def network(inside=False, sampled=16):
    torch.manual_seed(0)
    return rpn.ProposalNetwork(8, 8, 10.0, sampled, inside)


def drawn(seed, objects=3):
    generator = torch.Generator().manual_seed(seed)
    low = torch.rand(2, objects, 2, generator=generator) * 30
    truths = torch.cat([low, low + 5 + torch.rand(2, objects, 2, generator=generator) * 20], -1)
    kinds = torch.randint(-1, 3, (2, objects), generator=generator)
    return Objects(truths * (torch.rand(2, objects, 1, generator=generator) < 0.8), kinds, None)


def overlap(a, b):
    wide, high = min(a[2], b[2]) - max(a[0], b[0]), min(a[3], b[3]) - max(a[1], b[1])
    shared = max(wide, 0) * max(high, 0)
    return shared / ((a[2] - a[0]) * (a[3] - a[1]) + (b[2] - b[0]) * (b[3] - b[1]) - shared)


@settings(deadline=None, max_examples=30)
@given(seed=st.integers(0, 10_000), inside=st.booleans())
def test_targets_are_those_of_loops(seed, inside):
    objects, model = drawn(seed), network(inside)
    anchors = model.anchors(torch.empty(2, 8, 6, 8))
    assert anchors.shape == (6 * 8 * 9, 4)
    positive, negative, places = model.targets(anchors, objects, SIZE)
    for image in range(2):
        truths, kinds = objects.boxes[image].tolist(), objects.kinds[image].tolist()
        shares = [[overlap(anchor, truth) for truth in truths] for anchor in anchors.tolist()]
        within = [
            not inside or (a[0] >= 0 and a[1] >= 0 and a[2] <= SIZE[1] and a[3] <= SIZE[0]) for a in anchors.tolist()
        ]
        best = [max([row[k] for row, ok in zip(shares, within, strict=True) if ok], default=0) for k in range(3)]
        for number, row in enumerate(shares):
            learnt = [share for share, kind in zip(row, kinds, strict=True) if kind >= 0]
            hidden = [share for share, kind in zip(row, kinds, strict=True) if kind < 0]
            chosen = any(kinds[k] >= 0 and row[k] > 0 and row[k] > best[k] - 1e-6 for k in range(3))
            ours = within[number] and (max(learnt, default=0) >= 0.7 or chosen)
            theirs = within[number] and not ours and max(learnt, default=0) < 0.3 and max(hidden, default=0) < 0.3
            assert positive[image, number] == ours
            assert negative[image, number] == theirs
            if ours:
                assert row[places[image, number]] == pytest.approx(max(learnt), abs=1e-6)


def test_losses_of_all_anchors_are_those_of_pytorch():
    """With room for every anchor nothing is left to chance."""
    objects, model = drawn(3), network(sampled=2000)
    maps = torch.randn(2, 8, 6, 8)
    logits, codes = model(maps)
    anchors = model.anchors(maps)
    found = model.losses(logits, codes, anchors, objects, SIZE)
    positive, negative, places = model.targets(anchors, objects, SIZE)
    used, count = positive | negative, (positive | negative).sum()
    said = functional.binary_cross_entropy_with_logits(logits[used], positive[used].float())
    torch.testing.assert_close(found["objectness"], said)
    off = 0.0
    for image, number in positive.nonzero().tolist():
        anchor, truth = anchors[number], objects.boxes[image, places[image, number]]
        sides = anchor[2:] - anchor[:2]
        target = torch.cat(
            [(truth[2:] + truth[:2] - anchor[2:] - anchor[:2]) / 2 / sides, ((truth[2:] - truth[:2]) / sides).log()]
        )
        off += functional.smooth_l1_loss(codes[image, number], target, reduction="sum", beta=1 / 9)
    torch.testing.assert_close(found["proposals"], off / count)


def test_at_most_half_of_the_anchors_sampled_are_objects():
    model = network(sampled=6)
    anchors = model.anchors(torch.empty(1, 8, 6, 8))
    logits = torch.zeros(1, len(anchors), requires_grad=True)
    objects = Objects(anchors[None, 200:220], torch.zeros(1, 20, dtype=torch.long), None)
    terms = model.losses(logits, torch.zeros(1, len(anchors), 4), anchors, objects, SIZE)
    gradient = torch.autograd.grad(terms["objectness"], logits)[0]
    assert (gradient < 0).sum() == 3
    assert (gradient > 0).sum() == 3


@pytest.mark.parametrize("count", [5, 400])
def test_proposals_are_what_torchvision_keeps(count):
    model = network()
    maps = torch.randn(2, 8, 6, 8) * 20
    logits, codes = model(maps)
    anchors = model.anchors(maps)
    boxes, scores = model.propose(logits, codes, anchors, SIZE, 60, count)
    assert boxes.shape == (2, count, 4)
    for image in range(2):
        top = logits[image].topk(60)
        decoded = torchvision.ops.clip_boxes_to_image(decode(codes[image, top.indices], anchors[top.indices]), SIZE)
        large = torchvision.ops.remove_small_boxes(decoded, 1)
        kept = large[torchvision.ops.nms(decoded[large], top.values[large], 0.7)][:count]
        torch.testing.assert_close(boxes[image, : len(kept)], decoded[kept])
        torch.testing.assert_close(scores[image, : len(kept)], top.values[kept].sigmoid())
        assert not boxes[image, len(kept) :].any()
