import numpy as np
import pytest
import torch
from scipy.stats import chisquare

from revisit.errors import ConfigError
from revisit.training import batches, samplers

CPU = torch.device("cpu")


def test_epochs_walk_through_every_order():
    sampler = samplers.Epochs(7, 2, 5, CPU)
    seen = torch.cat([sampler.draw(step).index for step in range(1, 7)])
    assert torch.equal(seen, torch.cat([batches.order(7, 5, epoch)[:6] for epoch in (0, 1)]))


def test_epochs_can_begin_anywhere():
    ahead, fresh = samplers.Epochs(7, 2, 5, CPU), samplers.Epochs(7, 2, 5, CPU)
    for step in range(1, 5):
        ahead.draw(step)
    assert torch.equal(ahead.draw(5).index, fresh.draw(5).index)


def test_a_fresh_batch_has_no_image_twice():
    sampler = samplers.Fresh(12, 5, 3, CPU)
    draws = [sampler.draw(step) for step in range(1, 200)]
    for draw in draws:
        assert draw.index.dtype == torch.int64
        assert draw.similar is None
        assert len(set(draw.index.tolist())) == 5
        assert set(draw.index.tolist()) <= set(range(12))
    assert len({tuple(sorted(draw.index.tolist())) for draw in draws}) > 150  # of the 792 that there are


def test_a_fresh_batch_depends_on_seed_and_step_only():
    ahead, late = samplers.Fresh(50, 10, 1, CPU), samplers.Fresh(50, 10, 1, CPU)
    for step in range(1, 7):
        ahead.draw(step)
    torch.manual_seed(9)
    seventh = late.draw(7).index
    assert torch.equal(ahead.draw(7).index, seventh)
    assert not torch.equal(late.draw(8).index, seventh)
    assert not torch.equal(samplers.Fresh(50, 10, 2, CPU).draw(7).index, seventh)


def test_fresh_batches_are_equally_likely():
    """Every ordered pair of different images out of five; an image's mean share follows from it."""
    sampler, steps = samplers.Fresh(5, 2, 0, CPU), 8000
    first, second = torch.stack([sampler.draw(step).index for step in range(1, steps + 1)]).numpy().T
    counts = np.bincount(5 * first + second, minlength=25).reshape(5, 5)
    assert (np.diag(counts) == 0).all()
    others = counts[~np.eye(5, dtype=bool)]
    assert chisquare(others).pvalue > 0.001


def test_a_fresh_batch_can_be_all_images_but_not_more():
    assert sorted(samplers.Fresh(6, 6, 0, CPU).draw(1).index.tolist()) == list(range(6))
    with pytest.raises(ConfigError, match="batch_size: 7 is more than the 6 training images"):
        samplers.Fresh(6, 7, 0, CPU)
