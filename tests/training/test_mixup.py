import numpy as np
import torch
from scipy.stats import beta, kstest

from revisit.training import mixup

INPUTS = torch.randn(6, 3, 4, 4, generator=torch.Generator().manual_seed(0))
LABELS = torch.arange(6)


def mixed(step: int, alpha: float = 0.4, seed: int = 0):
    inputs, targets = mixup.mix(INPUTS, (LABELS,), alpha, seed, step)
    return inputs, *mixup.parts(targets)


def test_inputs_are_mixed_as_the_targets_say():
    inputs, share, (own,), (others,) = mixed(3)
    torch.testing.assert_close(inputs, share * INPUTS + (1 - share) * INPUTS[others])
    assert torch.equal(own, LABELS)
    assert sorted(others.tolist()) == LABELS.tolist()
    assert share.shape == ()


def test_the_share_is_beta_distributed():
    shares = [float(mixed(step)[1]) for step in range(1, 600)]
    assert kstest(shares, beta(0.4, 0.4).cdf).pvalue > 0.01
    assert not np.allclose(np.mean(shares), shares[0])


def test_draws_depend_on_seed_and_step_only():
    torch.manual_seed(5)
    first, again = mixed(3), mixed(3)
    assert torch.equal(first[0], again[0])
    assert not torch.equal(first[0], mixed(4)[0])
    assert not torch.equal(first[0], mixed(3, seed=1)[0])
