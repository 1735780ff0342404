import math
from collections import OrderedDict

import numpy as np
import pytest
import torch
from torch import nn

from revisit.errors import ConfigError
from revisit.training import optimizers


class Scalar(nn.Module):
    """One parameter, of two dimensions so that it counts as a weight."""

    def __init__(self) -> None:
        super().__init__()
        self.weight = nn.Parameter(torch.ones(1, 1))


def step(settings: dict, gradients: list[float]) -> float:
    network = Scalar()
    optimizer = optimizers.build(settings, network)
    for gradient in gradients:
        network.weight.grad = torch.tensor([[gradient]])
        optimizer.step()
    return network.weight.item()


def test_sgd_with_momentum():
    # v1 = 2, v2 = 0.5 * 2 + 4 = 5
    moved = step({"name": "sgd", "lr": 0.1, "momentum": 0.5}, [2.0, 4.0])
    assert moved == pytest.approx(1 - 0.1 * 2 - 0.1 * 5)


def test_sgd_without_momentum():
    assert step({"name": "sgd", "lr": 0.1, "momentum": 0.0}, [2.0, 4.0]) == pytest.approx(1 - 0.1 * 6)


@pytest.mark.parametrize("start", [{}, {"initial_accumulator": 0.0}])
def test_adagrad_divides_by_the_root_of_the_summed_squares(start):
    assert step({"name": "adagrad", "lr": 0.1, **start}, [3.0, 4.0]) == pytest.approx(1 - 0.1 * 3 / 3 - 0.1 * 4 / 5)


def test_where_adagrads_sums_start_decides_how_far_small_gradients_move():
    settings = {"name": "adagrad", "lr": 0.1}
    assert step(settings, [1e-3]) == pytest.approx(0.9)
    accumulated = step(settings | {"initial_accumulator": 0.1}, [1e-3])
    assert 1 - accumulated == pytest.approx(0.1 * 1e-3 / math.sqrt(0.1 + 1e-6), rel=1e-3)  # 0.0003


@pytest.mark.parametrize("start", [0.1, 1.0])
def test_adagrad_is_tensorflows_update(start):
    """`tf.train.AdagradOptimizer` of TensorFlow 1 (kernel `ApplyAdagrad`): accum += g²; var -= lr * g / sqrt(accum)."""
    torch.manual_seed(0)
    network = nn.Linear(4, 3)
    optimizer = optimizers.build({"name": "adagrad", "lr": 0.1, "initial_accumulator": start}, network)
    random = np.random.default_rng(0)
    variables = {name: value.detach().numpy().copy() for name, value in network.named_parameters()}
    accumulators = {name: np.full_like(value, start) for name, value in variables.items()}
    for number in range(20):
        for name, parameter in network.named_parameters():
            gradient = (random.standard_normal(parameter.shape) * 10.0 ** (number % 4 - 2)).astype(np.float32)
            parameter.grad = torch.from_numpy(gradient)
            accumulators[name] += gradient**2
            variables[name] -= np.float32(0.1) * gradient / np.sqrt(accumulators[name])
        optimizer.step()
        for name, parameter in network.named_parameters():
            np.testing.assert_allclose(parameter.detach().numpy(), variables[name], rtol=1e-5, atol=1e-6)


def test_adam_first_step_is_the_learning_rate():
    assert step({"name": "adam", "lr": 0.1, "momentum": 0.0}, [123.0]) == pytest.approx(0.9)


def test_weight_decay_in_adam_is_part_of_the_gradient():
    # with a gradient of the loss of 0 the gradient is that of the penalty; decoupled decay would move by lr * 0.01
    assert step({"name": "adam", "lr": 0.1, "weight_decay": 0.01}, [0.0]) == pytest.approx(0.9, rel=1e-4)


@pytest.mark.parametrize("name", ["sgd", "adagrad", "adam"])
@pytest.mark.parametrize("chosen", [None, ["fc1"]])
def test_weight_decay_is_the_gradient_of_an_l2_penalty_on_weights(name, chosen):
    """One optimiser decays; the other is given the gradients of the penalty written out."""
    networks = []
    for _ in range(2):
        torch.manual_seed(0)
        layers = OrderedDict(norm=nn.LayerNorm(3), fc1=nn.Linear(3, 4), fc2=nn.Linear(4, 2))
        networks.append(nn.Sequential(layers))
    decaying, plain = networks
    settings = {"name": name, "lr": 0.05, "momentum": 0.5 if name == "sgd" else 0.0}
    first = optimizers.build({**settings, "weight_decay": 0.3, "decay_layers": chosen}, decaying)
    second = optimizers.build(settings, plain)
    for number in range(3):
        for network, optimizer in ((decaying, first), (plain, second)):
            optimizer.zero_grad()
            loss = network(torch.ones(5, 3) * number + torch.arange(3)).square().mean()
            if network is plain:
                loss = loss + 0.3 / 2 * network.fc1.weight.square().sum()
                loss = loss + 0.3 / 2 * network.fc2.weight.square().sum() * (chosen is None)
            loss.backward()
            optimizer.step()
    for one, other in zip(decaying.parameters(), plain.parameters(), strict=True):
        torch.testing.assert_close(one, other)


def test_unknown_layer():
    network = nn.Sequential(OrderedDict(fc1=nn.Linear(1, 1), relu=nn.ReLU(), fc2=nn.Linear(1, 1)))
    settings = {"name": "sgd", "lr": 0.1, "weight_decay": 0.1, "decay_layers": ["fc3"]}
    with pytest.raises(ConfigError, match=r"optimizer.decay_layers: the network has no layer 'fc3'; it has: fc1, fc2$"):
        optimizers.build(settings, network)


def test_a_large_network_is_described_by_its_outer_layers():
    block = nn.Sequential(*[nn.Linear(1, 1) for _ in range(50)])
    settings = {"name": "sgd", "lr": 0.1, "weight_decay": 0.1, "decay_layers": ["fc"]}
    with pytest.raises(ConfigError, match=r"it has: block$"):
        optimizers.build(settings, nn.Sequential(OrderedDict(block=block)))


@pytest.mark.parametrize("name", ["sgd", "adagrad", "adam"])
def test_fused_where_pytorch_can(name):
    assert optimizers.build({"name": name, "lr": 0.1}, Scalar()).defaults["fused"]


def test_unknown_optimizer():
    with pytest.raises(ConfigError, match="'lion' is not known; use one of sgd, adagrad, adam"):
        optimizers.build({"name": "lion", "lr": 0.1}, Scalar())


def test_momentum_of_an_optimizer_that_has_none():
    with pytest.raises(ConfigError, match=r"momentum: 0.5 is set, but adam has none"):
        optimizers.build({"name": "adam", "lr": 0.1, "momentum": 0.5}, Scalar())


@pytest.mark.parametrize("name", ["sgd", "adam"])
def test_accumulator_of_an_optimizer_that_has_none(name):
    message = f"optimizer.initial_accumulator: 0.1 is set, but {name} has none; leave it out, or use adagrad"
    with pytest.raises(ConfigError, match=message):
        optimizers.build({"name": name, "lr": 0.1, "initial_accumulator": 0.1}, Scalar())
    optimizers.build({"name": name, "lr": 0.1, "initial_accumulator": 0.0}, Scalar())


def test_step_schedule_is_pytorchs():
    optimizer = torch.optim.SGD([nn.Parameter(torch.zeros(1))], lr=0.1)
    reference = torch.optim.lr_scheduler.StepLR(optimizer, step_size=3, gamma=0.5)
    for done in range(10):
        rate = optimizers.learning_rate(0.1, {"factor": 0.5, "every": 3}, done)
        assert rate == pytest.approx(optimizer.param_groups[0]["lr"])
        optimizer.step()
        reference.step()


def test_no_schedule():
    assert optimizers.learning_rate(0.1, None, 10**6) == 0.1
