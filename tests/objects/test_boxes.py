"""Boxes, against torchvision and the formulas of the papers."""

import math

import pytest
import torch
import torchvision
from hypothesis import given
from hypothesis import strategies as st

from revisit.objects import boxes


def drawn(generator, *shape, size=80, whole=False):
    """Boxes (*shape, 4) within `size` pixels, with sides of at least two, less than 62.5 times as long as any other."""
    low = torch.rand(*shape, 2, generator=generator) * (size - 3)
    high = low + 2 + torch.rand(*shape, 2, generator=generator) * (size - 2 - low)
    found = torch.cat([low, high], -1)
    return found.round() if whole else found


@given(seed=st.integers(0, 10_000), count=st.integers(1, 12), others=st.integers(1, 12))
def test_overlaps_are_torchvisions(seed, count, others):
    generator = torch.Generator().manual_seed(seed)
    one, other = drawn(generator, 3, count), drawn(generator, 3, others)
    expected = torch.stack([torchvision.ops.box_iou(a, b) for a, b in zip(one, other, strict=True)])
    torch.testing.assert_close(boxes.iou(one, other), expected, rtol=0, atol=1e-6)


def test_boxes_of_no_area_overlap_nothing():
    nothing = torch.zeros(1, 2, 4)
    assert not boxes.iou(nothing, nothing).any()
    assert not boxes.iou(nothing, torch.tensor([[[0.0, 0, 5, 5]]])).any()


def test_clip():
    found = boxes.clip(torch.tensor([[-3.0, 2, 90, 41], [5, -1, 6, 7]]), 40, 80)
    assert found.tolist() == [[0, 2, 80, 40], [5, 0, 6, 7]]


def test_codes_of_appendix_c():
    reference, truth = torch.tensor([10.0, 20, 30, 60]), torch.tensor([14.0, 10, 54, 90])
    # centres (20, 40) and (34, 50), sides (20, 40) and (40, 80)
    expected = [14 / 20, 10 / 40, math.log(2), math.log(2)]
    assert boxes.encode(truth, reference).tolist() == pytest.approx(expected)
    scaled = [14 / 20 / 0.1, 10 / 40 / 0.1, math.log(2) / 0.2, math.log(2) / 0.2]
    assert boxes.encode(truth, reference, (0.1, 0.2)).tolist() == pytest.approx(scaled)


@given(seed=st.integers(0, 10_000))
def test_decoding_turns_encoding_back(seed):
    generator = torch.Generator().manual_seed(seed)
    reference, truth = drawn(generator, 2, 9), drawn(generator, 2, 9)
    codes = boxes.encode(truth, reference, (0.1, 0.2))
    torch.testing.assert_close(boxes.decode(codes, reference, (0.1, 0.2)), truth, rtol=0, atol=1e-3)


def test_decoding_never_overflows():
    assert boxes.decode(torch.full((1, 4), 1000.0), torch.tensor([[0.0, 0, 8, 8]])).isfinite().all()


def test_anchors():
    found = boxes.anchors(2, 3, 16, (32.0, 64.0), (0.5, 1.0, 2.0))
    assert found.shape == (2 * 3 * 6, 4)
    sides = found[:, 2:] - found[:, :2]
    torch.testing.assert_close(sides.prod(1)[:6], torch.tensor([1024.0] * 3 + [4096.0] * 3))
    torch.testing.assert_close((sides[:, 1] / sides[:, 0])[:3], torch.tensor([0.5, 1, 2]))
    centres = (found[:, 2:] + found[:, :2]) / 2
    torch.testing.assert_close(centres[::6], torch.tensor([[x, y] for y in (8.0, 24) for x in (8.0, 24, 40)]))


@given(
    seed=st.integers(0, 10_000),
    count=st.integers(1, 40),
    overlap=st.sampled_from([0.0, 0.3, 0.5, 0.7]),
    levels=st.sampled_from([3, 1_000_000]),
    whole=st.booleans(),
)
def test_suppression_keeps_what_torchvision_keeps(seed, count, overlap, levels, whole):
    generator = torch.Generator().manual_seed(seed)
    found = drawn(generator, 2, count, size=20, whole=whole)
    scores = torch.randint(levels, (2, count), generator=generator) / levels  # few levels: ties
    indices, valid = boxes.suppress(found, scores, overlap, count)
    for row in range(2):
        expected = torchvision.ops.nms(found[row], scores[row], overlap)
        assert indices[row][valid[row]].tolist() == expected.tolist()


def test_suppression_keeps_a_fixed_number_and_no_missing_box():
    found = torch.tensor([[[0.0, 0, 5, 5], [0, 0, 5, 6], [20, 20, 30, 30], [40, 40, 50, 50]]])
    scores = torch.tensor([[0.5, 0.9, -torch.inf, 0.1]])
    indices, valid = boxes.suppress(found, scores, 0.5, 3)
    assert indices.shape == valid.shape == (1, 3)
    assert valid.tolist() == [[True, True, False]]
    assert indices[0, :2].tolist() == [1, 3]
    assert boxes.suppress(found, scores, 0.5, 1)[0].tolist() == [[1]]
    assert not boxes.suppress(found, torch.full((1, 4), -torch.inf), 0.5, 9)[1].any()


def test_a_chain_of_overlaps_is_settled_from_the_best_down():
    """Each box overlaps the next alone, so every second one stays."""
    low = torch.arange(30.0) * 4
    found = torch.stack([low, torch.zeros(30), low + 10, torch.ones(30)], -1)[None]
    indices, valid = boxes.suppress(found, torch.arange(30.0, 0, -1)[None], 0.4, 30)
    assert indices[valid].tolist() == list(range(0, 30, 2))


def test_chosen():
    values = torch.arange(24.0).reshape(2, 3, 4)
    assert torch.equal(boxes.chosen(values, torch.tensor([[2], [0]])), torch.stack([values[0, 2:], values[1, :1]]))
