"""Gradients layer by layer, against hand-made ones; slopes; what is known of deep networks."""

import numpy as np
import pytest
import torch
from torch import nn
from torch.nn import functional

from revisit.analyses.costs import gradients
from revisit.models import registry
from revisit.models.output import Output

LABELS = torch.tensor([0, 1, 1, 2, 0, 2])


def test_two_layers_by_hand():
    torch.manual_seed(0)
    network, images = nn.Sequential(nn.Linear(4, 5), nn.ReLU(), nn.Linear(5, 3)), torch.randn(6, 4)
    found = gradients.flows(network, images, LABELS, 0.3, 0)
    first, last = network[0], network[2]
    hidden = (images @ first.weight.T + first.bias).clamp(min=0)
    error = ((hidden @ last.weight.T + last.bias).softmax(1) - functional.one_hot(LABELS)) / 6
    behind = (error @ last.weight) * (hidden > 0)
    assert list(found) == ["0", "2"]
    assert found["2"] == pytest.approx([t.norm().item() for t in (error.T @ hidden, error, last.weight)])
    assert found["0"] == pytest.approx([t.norm().item() for t in (behind.T @ images, behind, first.weight)])
    assert all(parameter.grad is None for parameter in network.parameters())


class Heads(nn.Module):
    """A logit layer, an auxiliary head, a layer that never runs, and a penalty."""

    def __init__(self):
        super().__init__()
        self.main, self.head, self.idle = nn.Linear(4, 3), nn.Linear(4, 3), nn.Linear(4, 3)

    def forward(self, images):
        return Output(self.main(images), (self.head(images),), self.main.weight.square().sum())


def test_heads_count_by_their_weight_and_penalties_as_they_are():
    torch.manual_seed(0)
    network, images = Heads(), torch.randn(6, 4)
    found = gradients.flows(network, images, LABELS, 0.5, 0)
    assert list(found) == ["main", "head"]
    head = functional.cross_entropy(network.head(images), LABELS)
    (alone,) = torch.autograd.grad(head, network.head.weight)
    assert found["head"].gradient == pytest.approx(0.5 * alone.norm().item())
    main = functional.cross_entropy(network.main(images), LABELS) + network.main.weight.square().sum()
    assert found["main"].gradient == pytest.approx(torch.autograd.grad(main, network.main.weight)[0].norm().item())


def test_what_the_network_draws_is_drawn_by_the_seed_and_nothing_else():
    network, images = nn.Sequential(nn.Linear(4, 50), nn.Dropout(0.5), nn.Linear(50, 3)), torch.randn(6, 4)
    before = torch.get_rng_state()
    one, two, other = (gradients.flows(network, images, LABELS, 0.3, seed) for seed in (1, 1, 2))
    assert one == two != other
    assert torch.equal(torch.get_rng_state(), before)


def test_slopes_are_powers_of_ten_per_layer_on_the_way_back():
    assert gradients.slope([1e-6, 1e-4, 1e-2, 1.0]) == pytest.approx(-2)
    assert gradients.slope([8.0, 4.0, 2.0, 1.0]) == pytest.approx(np.log10(2))
    assert gradients.first_to_last([1e-6, 1e-4, 1e-2, 1.0]) == 1e-6
    for bad in ([0.0, 1.0, 2.0], [1.0, np.inf, 1.0], [1.0], [np.nan, 1.0]):
        assert gradients.slope(bad) is None
    assert gradients.first_to_last([1.0, 0.0]) is gradients.first_to_last([np.nan, 1.0]) is None


def flows(name, **settings):
    torch.manual_seed(0)
    network = registry.build(name, (32, 32, 3), 3, settings)
    images = torch.randn(6, 3, 32, 32, generator=torch.Generator().manual_seed(1))
    return list(gradients.flows(network, images, LABELS, 0.3, 0).values())


def test_signals_vanish_in_a_deep_plain_network_and_hardly_in_a_dense_one():
    """With the initial weights of the time before He et al. 2015, and nothing that normalises."""
    old = {"batch_norm": False, "initialiser": "xavier"}
    plain = flows("cifar_resnet", depth=56, residual=False, width=0.25, **old)
    dense = flows("cifar_densenet", depth=55, growth=4, **old)
    slopes = [gradients.slope([flow.signal for flow in each]) for each in (plain, dense)]
    assert slopes[0] < 5 * slopes[1] < 0
    assert gradients.first_to_last([flow.signal for flow in plain]) < 1e-6
    smallest = [min(flow.gradient for flow in each) for each in (plain, dense)]
    assert smallest[0] < 1e-6 < 1e-3 < smallest[1]


def test_the_deeper_a_plain_network_the_less_comes_back():
    old = {"batch_norm": False, "initialiser": "xavier", "width": 0.25, "residual": False}
    shares = [
        gradients.first_to_last([flow.signal for flow in flows("cifar_resnet", depth=depth, **old)])
        for depth in (8, 20, 56)
    ]
    assert shares[0] > 10 * shares[1] > 1e4 * shares[2]


def test_with_normalisation_signals_of_a_deep_plain_network_grow_on_the_way_back():
    plain = flows("cifar_resnet", depth=56, residual=False, width=0.5)
    residual = flows("cifar_resnet", depth=56, width=0.5)
    slopes = [gradients.slope([flow.signal for flow in each]) for each in (plain, residual)]
    assert slopes[0] > 2 * slopes[1] > 0
