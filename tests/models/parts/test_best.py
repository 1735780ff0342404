"""Detections, against torchvision's suppression class by class."""

import torch
import torchvision
from hypothesis import given, settings
from hypothesis import strategies as st

from revisit.models.parts import best


@settings(deadline=None)
@given(seed=st.integers(0, 10_000), count=st.integers(1, 30), shared=st.booleans())
def test_the_best_of_each_class_after_suppression(seed, count, shared):
    generator = torch.Generator().manual_seed(seed)
    low = torch.rand(2, 12, 1 if shared else 3, 2, generator=generator) * 20
    boxes = torch.cat([low, low + 5 + torch.rand(low.shape, generator=generator) * 20], -1)
    scores = torch.rand(2, 12, 3, generator=generator)
    scores[torch.rand(scores.shape, generator=generator) < 0.3] = 0
    found = best.best(boxes, scores, 0.4, count)
    for row in range(2):
        expected = []
        for kind in range(3):
            own, value = boxes[row, :, 0 if shared else kind], scores[row, :, kind]
            kept = torchvision.ops.nms(own, value, 0.4)
            expected += [(value[k].item(), kind, *own[k].tolist()) for k in kept if value[k] > best.LEAST]
        expected = sorted(expected, reverse=True)[:count]
        real = found.kinds[row] >= 0
        columns = found.scores[row, :, None], found.kinds[row, :, None].float(), found.boxes[row]
        assert torch.cat(columns, 1)[real].tolist() == [list(line) for line in expected]
        assert not found.scores[row][~real].any()
        assert found.scores.shape == (2, count)


def test_where_nothing_is_likely_there_is_nothing():
    found = best.best(torch.rand(2, 12, 1, 4), torch.full((2, 12, 3), best.LEAST), 0.4, 5)
    assert found.kinds.tolist() == [[-1] * 5] * 2
    assert not found.scores.any()
    assert not found.boxes.any()
