from collections import OrderedDict

import pytest
import torch
from torch import nn

from revisit.errors import ConfigError
from revisit.training import optimizers
from revisit.training.freezing import Freezing


@pytest.fixture
def network() -> nn.Sequential:
    torch.manual_seed(0)
    body = nn.Sequential(OrderedDict(conv=nn.Conv2d(1, 2, 3), norm=nn.BatchNorm2d(2), drop=nn.Dropout(0.5)))
    return nn.Sequential(OrderedDict(body=body, flatten=nn.Flatten(), norm=nn.BatchNorm1d(8), fc=nn.Linear(8, 3)))


def step(network: nn.Module, freezing: Freezing, optimizer: torch.optim.Optimizer, number: int) -> torch.Tensor:
    freezing.train(number)
    optimizer.zero_grad()
    output = network(torch.randn(5, 1, 4, 4, generator=torch.Generator().manual_seed(number)))
    output.square().mean().backward()
    optimizer.step()
    return output


def test_frozen_layers_stay_then_thaw(network):
    freezing = Freezing(network, {"layers": ["body"], "steps": 2})
    optimizer = torch.optim.SGD(network.parameters(), lr=0.1)
    before = {name: value.clone() for name, value in network.state_dict().items()}
    for number in (1, 2):
        step(network, freezing, optimizer, number)
    for name, value in network.state_dict().items():
        assert torch.equal(value, before[name]) == name.startswith("body"), name
    step(network, freezing, optimizer, 3)
    assert not torch.equal(network.body.conv.weight, before["body.conv.weight"])
    assert not torch.equal(network.body.norm.running_mean, before["body.norm.running_mean"])


def test_always(network):
    freezing = Freezing(network, {"layers": ["body"], "steps": None})
    before = network.body.conv.weight.clone()
    step(network, freezing, torch.optim.SGD(network.parameters(), lr=0.1), 1_000_000)
    assert torch.equal(network.body.conv.weight, before)


def test_modes_come_back_after_an_evaluation(network):
    freezing = Freezing(network, {"layers": ["body"], "steps": 2})
    for number, expected in ((1, False), (2, False), (3, True), (4, True)):
        freezing.train(number)
        assert network.body.norm.training is expected
        assert network.body.drop.training  # a regulariser of what follows, not a parameter
        assert network.norm.training
        network.eval()


def test_what_only_frozen_layers_feed_is_computed_without_autograd(network):
    seen = []
    network.body.register_forward_hook(lambda module, inputs, output: seen.append(output.requires_grad))
    freezing = Freezing(network, {"layers": ["body"], "steps": 1})
    for number in (1, 2):
        freezing.train(number)
        network(torch.zeros(2, 1, 4, 4))
    assert seen == [False, True]


@pytest.mark.parametrize(
    "settings",
    [
        {"name": "sgd", "momentum": 0.9},
        {"name": "adam", "weight_decay": 0.1},
        {"name": "adagrad"},
        {"name": "adagrad", "initial_accumulator": 0.1},
    ],
)
def test_an_optimiser_starts_afresh_on_what_thaws(settings):
    """After thawing, the updates of a layer are those of an optimiser that has never seen another gradient."""
    torch.manual_seed(0)
    network = nn.Sequential(OrderedDict(first=nn.Linear(2, 2), second=nn.Linear(2, 2)))
    optimizer = optimizers.build({"lr": 0.1, **settings}, network)
    freezing = Freezing(network, {"layers": ["first"], "steps": 3})
    twin = nn.Sequential(OrderedDict(first=nn.Linear(2, 2)))
    twin.load_state_dict({f"first.{name}": value for name, value in network.first.state_dict().items()})
    alone = optimizers.build({"lr": 0.1, **settings}, twin)
    for number in range(1, 7):
        freezing.train(number)
        optimizer.zero_grad()
        network(torch.ones(4, 2) * number).square().sum().backward()
        optimizer.step()
        if number > 3:
            for mine, other in zip(twin.parameters(), network.first.parameters(), strict=True):
                mine.grad = other.grad.clone()
            alone.step()
            torch.testing.assert_close(twin.first.weight, network.first.weight)


def test_parameters_that_never_train_stay_so(network):
    network.fc.weight.requires_grad_(False)
    Freezing(network, {"layers": ["fc"], "steps": 1}).train(2)
    assert not network.fc.weight.requires_grad
    assert network.fc.bias.requires_grad


def test_unknown_layer(network):
    with pytest.raises(ConfigError, match=r"freeze.layers: the network has no layer 'conv'; it has: body, body.conv, "):
        Freezing(network, {"layers": ["conv"], "steps": 1})


def test_nothing_left_to_train(network):
    with pytest.raises(ConfigError, match="every layer is frozen"):
        Freezing(network, {"layers": ["body", "norm", "fc"], "steps": 1})


def test_nothing_frozen(network):
    Freezing(network, None).train(1)
    assert all(parameter.requires_grad for parameter in network.parameters())
